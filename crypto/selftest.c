/* SPDX-License-Identifier: EUPL-1.2 */
/* Known answers that must come out before a role serves anybody.  The figures
 * are those of RFC 9497 A.1.2 and of docs/protocol.md, "Vectors". */
#include "crypto/selftest.h"

#include <string.h>

#include <sodium.h>

#include "crypto/jose.h"
#include "crypto/oprf.h"
#include "crypto/pid.h"
#include "crypto/record.h"
#include "protocol/b64.h"

#define OIN_A "00000099000000001000"
#define OIN_B "00000099000000002000"

static const char jws_a2[] =
    "eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiRTBDU2ItdzE1Y1VISlBTRk1JTnJwMmVEcURIMF"
    "FMejlpamotc3FVTnNTVSIsInR5cCI6Im92ZXJzdGFwLWJlcmljaHQrandzIn0.eyJ2Ijox"
    "LCJpc3MiOiIwMDAwMDA5OTAwMDAwMDAwMTAwMCIsImF1ZCI6IjAwMDAwMDk5MDAwMDAwMD"
    "AyMDAwIiwianRpIjoiY1hGeGNYRnhjWEZ4Y1hGeGNYRnhjUSIsImlhdCI6MTc4ODI0OTYw"
    "MCwiZXhwIjoxNzg4ODU0NDAwLCJzZXEiOjEsImVwIjoxLCJwaWQiOiJKU05wa0lreHhCZn"
    "ZRelBSTzVwcjNaWjRBNW9qT004akptYXVSWjJaRjdJIiwic3J0Ijoib3ZlcnN0YXBkb3Nz"
    "aWVyIiwiaW5ob3VkIjp7ImdlYm9vcnRlZGF0dW0iOiIyMDA5LTA0LTE3In0sImJpamxhZ2"
    "VuIjpbXX0.8oYbLaxj5j5PzSi6y00qguHRb0GlycJvFmB8_OiIfNhyfE1d_sFtn9mXZqES"
    "w_aP8sTnXLeaGudY-PRyJy2lDQ";

static const char jwe_a2[] =
    "eyJhbGciOiJFQ0RILUVTIiwiYXB1IjoiTURBd01EQXdPVGt3TURBd01EQXdNREV3TURBIi"
    "wiYXB2IjoiTURBd01EQXdPVGt3TURBd01EQXdNREl3TURBIiwiY3R5Ijoib3ZlcnN0YXAt"
    "YmVyaWNodCtqd3MiLCJlbmMiOiJBMjU2R0NNIiwiZXBrIjp7ImNydiI6IlgyNTUxOSIsIm"
    "t0eSI6Ik9LUCIsIngiOiJRRWxRTGJrc29qUXNQNUxheGRiZWZJWGJYZlZBZWx0SmxzNDU4"
    "dS0zNkNjIn0sImtpZCI6Ik51ekVhZENUdG13UE5JNExSbk1rdFFHR0I4ZVhWQUJxdTItQV"
    "htLU1SUlEiLCJ0eXAiOiJvdmVyc3RhcC1iZXJpY2h0K2p3ZSJ9..gYGBgYGBgYGBgYGB.9"
    "6oCEIf_I0V1VsBzD8ODzgQxHf9xw51B6gzH_Mg2GGFW_CqTh5W2gdO3DvvCIzuFFxfKgDf"
    "9UJo3RUOCBkSpjrbU6n0g5HoEmulBwUVhVhDEjeJNp23nqVbs1SOORVwduuHXBtpiuB1XF"
    "fvqX18pJY-UkOZq806MEbwLsZcan20Jkzy9uOtcHGtUuUo_2kgCX-Dp8KUI1Tkeas-ReSv"
    "59GYBeOvh7Rd_gA67301MskYBOXQgRt-1mqF_ngZv_7xmIfwMy0AYhy0Y9GGOUTciW1BhE"
    "c5DAFgirU5uODDe4epayKucvA0v4kpgb2Vah2TUaue7hvubaMkXOkGRABkHvWRKO5prSSt"
    "7k_dV_1r2mhDnKcfDY1jirI8fREmF20Fr1EEbKm0irNN_uLyqtU8eB18XWk0HPIXXHwMPk"
    "l4YqCT2SxEE3cskuXs5SBJnedC9m38tyMJXyalJT1zWYpwfKdcAKrN_PNI3jbGIiQehg5s"
    "_yU4XoUDAAdda7ubhnIGEMfw00B4Rr7ajLzHhb-KGn40usAyKhX4ae7bPbTEFlzqJCGLJC"
    "-XgiT3tlJSEyWT7ikdPaJa4hU9L7XWSGRp9gSFM29kS2KW8MOG83UxKAnL6zRRkPmITf7A"
    "v-4L4Lec3nBDVh3LtrXCoY69zv98ioyNcCQRaZ89yxVmUUzR0iv8gezpK01xB2Fl8bPT51"
    "TcqOu9F2dBg1pVKge2eNhWjfDyxlxH7bKQqKXWEZfcIIFv5DnmboiO8W48n98VA48gkEfl"
    "QRm8NdIopiw.DOpmzN5QR-RVWOmmfhMLxw";

static enum ov_rc
broken(struct ov_err *e, const char *what)
{
	return ov_fail(e, OV_DAMAGED, "self-test: %s", what);
}

/* Hexadecimal of a constant in this file. */
static bool
hex(const char *text, void *out, size_t n)
{
	size_t got = 0;

	return sodium_hex2bin(out, n, text, strlen(text), NULL, &got, NULL) ==
	           0 &&
	       got == n;
}

static bool
is_hex(const void *p, size_t n, const char *text)
{
	uint8_t want[128];

	return n <= sizeof(want) && hex(text, want, n) &&
	       sodium_memcmp(p, want, n) == 0;
}

static bool
b64u(const char *text, size_t chars, void *out, size_t n)
{
	const struct ov_view v = {(const uint8_t *)text, chars};

	return ov_b64u_exact(v, out, n) == OV_OK;
}

/* RFC 9497 A.1.2, vector 3: a batch of two under one proof. */
static const char v_seed[] =
    "a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3";
static const char v_pk[] =
    "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e";
static const char v_b[] =
    "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945"
    "90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654";
static const char v_e[] =
    "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e"
    "cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a";
static const char v_blind[] =
    "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e";
static const char v_nonce[] =
    "419c4f4f5052c53c45f3da494d2b67b220d02118e0857cdbcf037f9ea84bbe0c";
static const char v_proof[] =
    "cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a"
    "5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08";
static const char v_out[] =
    "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60"
    "356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6";

static bool
test_oprf(void)
{
	struct ov_secret32 seed, k, r, nonce;
	uint8_t pk[32], b[64], ev[64], proof[64], y[64], x[17];

	memset(x, 0x5a, sizeof(x));
	return hex(v_seed, seed.b, 32) && hex(v_blind, r.b, 32) &&
	       hex(v_nonce, nonce.b, 32) && hex(v_b, b, 64) &&
	       ov_oprf_derive(OV_OPRF_VERIFIABLE, &seed, "test key", 8, &k, pk,
	           NULL) == OV_OK &&
	       is_hex(pk, 32, v_pk) &&
	       ov_oprf_blind(OV_OPRF_VERIFIABLE, x, sizeof(x), &r, y, NULL) ==
	           OV_OK &&
	       sodium_memcmp(y, b + 32, 32) == 0 &&
	       ov_oprf_evaluate(&k, b, 2, ev, NULL, NULL) == OV_OK &&
	       is_hex(ev, 64, v_e) &&
	       ov_oprf_prove_nonce(&k, pk, b, ev, 2, &nonce, proof, NULL) ==
	           OV_OK &&
	       is_hex(proof, 64, v_proof) &&
	       ov_oprf_verify(pk, b, ev, 2, proof, NULL) == OV_OK &&
	       ov_oprf_finish(x, sizeof(x), &r, ev + 32, 1, y, NULL) == OV_OK &&
	       is_hex(y, 64, v_out);
}

/* s + L must not verify, nor may the identity be an element anywhere. */
static bool
test_refusals(void)
{
	static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63,
	    0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10};
	struct ov_secret32 k;
	uint8_t pk[32], b[64], ev[64], proof[64], zero[32] = {0}, out[32];

	if (!hex(v_pk, pk, 32) || !hex(v_b, b, 64) || !hex(v_e, ev, 64) ||
	    !hex(v_proof, proof, 64) || !hex(v_nonce, k.b, 32))
		return false;
	sodium_add(proof + 32, order, 32);
	if (ov_oprf_verify(pk, b, ev, 2, proof, NULL) == OV_OK)
		return false;
	if (!hex(v_proof, proof, 64))
		return false;
	memset(ev, 0, 32);
	return ov_oprf_verify(pk, b, ev, 2, proof, NULL) != OV_OK &&
	       ov_oprf_evaluate(&k, zero, 1, out, NULL, NULL) == OV_BADMSG &&
	       !ov_oprf_element_ok(zero);
}

static bool
test_pid(struct ov_crypto *c)
{
	struct ov_secret32 a, k;
	uint8_t pk_a[32], pk_b[32], y[64], pid[32];
	const struct ov_link_party own = {OIN_A, pk_a}, peer = {OIN_B, pk_b};

	memset(a.b, 0x31, sizeof(a.b));
	return ov_x25519_public(&a, pk_a, NULL) == OV_OK &&
	       hex("59d9225473451efffe6b36dbcaefdbf7b1895de62084509a7f5b58bf01d"
	           "064"
	           "18",
	           pk_b, 32) &&
	       hex("78bdfd3075b7b80a9c1efedd0ce7351ba101a2ba9016b72b464659bd2ed"
	           "3a7"
	           "e353a53ad3f8396e3faeaac39cab9b437a6c266be9bc3d674738706b71f"
	           "277"
	           "5d21",
	           y, 64) &&
	       ov_link_key(c, &a, own, peer, 1, &k, NULL) == OV_OK &&
	       is_hex(k.b, 32,
	           "88edee94a1b4d73f52209f7c518ee9cde1f4f688032e8b7d20eaf3c7c4a"
	           "9ab"
	           "68") &&
	       ov_pid(&k, OIN_A, OIN_B, 1, y, pid, NULL) == OV_OK &&
	       is_hex(pid, 32,
	           "252369908931c417ef4333d13b9a6bdd9678039a2338cf232666ae459d9"
	           "917"
	           "b2");
}

/* Splits the constant above; the lengths of its parts are known. */
#define JWE_HEADER 400
#define JWE_CT 782

static bool
test_jwe(struct ov_crypto *c)
{
	OV_BUF again = {0};
	struct ov_os1_sealed s = {.from = {0}};
	struct ov_secret32 sk, epk;
	uint8_t ct[sizeof(jws_a2) - 1], pk[32], plain[sizeof(jws_a2) - 1];
	const char *at = jwe_a2 + JWE_HEADER + 2;

	memset(sk.b, 0x52, 32);
	memset(epk.b, 0x61, 32);
	memcpy(s.from, OIN_A, 20);
	memcpy(s.to, OIN_B, 20);
	s.aad = (const uint8_t *)jwe_a2;
	s.naad = JWE_HEADER;
	s.ct = ct;
	s.n = sizeof(ct);
	if (!b64u(at, 16, s.iv, 12) || !b64u(at + 17, JWE_CT, ct, sizeof(ct)) ||
	    !b64u(at + 18 + JWE_CT, 22, s.tag, 16) ||
	    ov_x25519_public(&epk, s.epk, NULL) != OV_OK ||
	    ov_os1_open(c, &sk, &s, plain, NULL) != OV_OK ||
	    sodium_memcmp(plain, jws_a2, sizeof(plain)) != 0)
		return false;
	ct[100] ^= 1;
	if (ov_os1_open(c, &sk, &s, plain, NULL) != OV_BADSIG)
		return false;
	return ov_x25519_public(&sk, pk, NULL) == OV_OK &&
	       ov_os1_seal_with(c, &epk, s.iv, pk, OIN_A, OIN_B, jws_a2,
	           sizeof(jws_a2) - 1, &again, NULL) == OV_OK &&
	       again.n == sizeof(jwe_a2) - 1 &&
	       memcmp(again.p, jwe_a2, again.n) == 0;
}

static bool
ed25519_ok(const void *msg, size_t n, const uint8_t sig[64], uint8_t seed_byte)
{
	struct ov_secret32 seed;
	struct ov_secret64 sk;
	uint8_t pk[32], bad[64];

	memset(seed.b, seed_byte, 32);
	if (ov_ed25519_keys(&seed, &sk, pk, NULL) != OV_OK)
		return false;
	memcpy(bad, sig, 64);
	bad[0] ^= 1;
	return crypto_sign_verify_detached(sig, msg, n, pk) == 0 &&
	       crypto_sign_verify_detached(bad, msg, n, pk) != 0;
}

static bool
test_jws(void)
{
	const size_t n = sizeof(jws_a2) - 1 - 87; /* without ".signature" */
	uint8_t sig[64];

	return b64u(jws_a2 + n + 1, 86, sig, 64) &&
	       ed25519_ok(jws_a2, n, sig, 0x41);
}

static bool
test_record(struct ov_crypto *c)
{
	static const char blob_hex[] = "01a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a"
	                               "1a1a1a1a1a1048cd4a40b338b5c1"
	                               "680d28101f95ceef25bdb554a8794c0";
	struct ov_secret32 dek;
	uint8_t id[16], nonce[24], blob[8 + OV_SEAL_MORE], plain[8], salt[32];
	struct ov_rec_at at = {"dossier", id, 1, 1};

	memset(dek.b, 0x91, 32);
	memset(id, 0x95, sizeof(id));
	memset(nonce, 0xa1, sizeof(nonce));
	if (ov_rec_seal_nonce(&dek, &at, nonce, "overstap", 8, blob, NULL) !=
	        OV_OK ||
	    !is_hex(blob, sizeof(blob), blob_hex) ||
	    ov_rec_open(&dek, &at, blob, sizeof(blob), plain, NULL) != OV_OK ||
	    memcmp(plain, "overstap", 8) != 0)
		return false;
	at.version = 2;
	return ov_rec_open(&dek, &at, blob, sizeof(blob), plain, NULL) ==
	           OV_BADSIG &&
	       ov_log_salt(c, &dek, salt, NULL) == OV_OK &&
	       is_hex(salt, 32,
	           "d7cec85fd9eedabec0af224e4a992af3e41569c1f29f962e2e4d67a5426"
	           "a55"
	           "46");
}

/* A checkpoint signed by a log key, and its cosignature by a witness. */
static bool
test_checkpoint(void)
{
	static const char cosigned[] =
	    "cosignature/v1\ntime 1788249660\n"
	    "overstap.nl/regio/voorbeeld/log/00000099000000002000\n2\n"
	    "7hXDodbYXuaRWpB2VaxC3jRj34CaMD8m8QaC0oVwuk4=\n";
	static const size_t text = sizeof("cosignature/v1\ntime 1788249660\n") -
	                           1;
	uint8_t sig[64];

	return hex("a6653b088747352713978083cee21a963d7f2cc20daecd1cd9f32a38da7"
	           "f1e80"
	           "65cda621f878de4a5b65550ed8eff114dae28242b1ebfdbefb9b4b4adce"
	           "eb703",
	           sig, 64) &&
	       ed25519_ok(cosigned + text, sizeof(cosigned) - 1 - text, sig,
	           0xa2) &&
	       hex("be5a2f64ad35d8a773b78045e78bb500508c64244990f449889643fe384"
	           "ffa92"
	           "d40310bd25ff73eb05e56bff4ea00f70eb62add0d8e170f0b310832a2c4"
	           "04100",
	           sig, 64) &&
	       ed25519_ok(cosigned, sizeof(cosigned) - 1, sig, 0xb1);
}

/* A generator that is stuck or unseeded shows in 64 draws. */
static bool
test_random(void)
{
	uint8_t b[64][32], any[32] = {0}, all[32];
	size_t i, j;

	memset(all, 0xff, sizeof(all));
	for (i = 0; i < 64; i++) {
		ov_random(b[i], sizeof(b[i]));
		for (j = 0; j < i; j++) {
			if (memcmp(b[i], b[j], sizeof(b[i])) == 0)
				return false;
		}
		for (j = 0; j < sizeof(any); j++) {
			any[j] |= b[i][j];
			all[j] &= b[i][j];
		}
	}
	/* Every bit position was once 1 and once 0: fails by chance once in
	 * 2^55 starts. */
	for (j = 0; j < sizeof(any); j++) {
		if (any[j] != 0xff || all[j] != 0)
			return false;
	}
	return true;
}

static enum ov_rc
with_context(struct ov_crypto *c, struct ov_err *e)
{
	if (!test_oprf())
		return broken(e, "pseudonym function");
	if (!test_refusals())
		return broken(e, "a bad scalar or element was taken");
	if (!test_pid(c))
		return broken(e, "pseudonym");
	if (!test_jwe(c))
		return broken(e, "opening a message");
	if (!test_jws())
		return broken(e, "signature of a message");
	if (!test_record(c))
		return broken(e, "sealing a record");
	if (!test_checkpoint())
		return broken(e, "checkpoint");
	if (!test_random())
		return broken(e, "random generator");
	return OV_OK;
}

enum ov_rc
ov_crypto_selftest(struct ov_err *e)
{
	struct ov_crypto *c;
	enum ov_rc rc;

	if ((rc = ov_crypto_new(&c, e)) != OV_OK)
		return rc;
	rc = with_context(c, e);
	ov_crypto_free(c);
	return rc;
}
