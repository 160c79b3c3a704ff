/* SPDX-License-Identifier: EUPL-1.2 */
/* tests/fuzz/fuzz_conf.c - configuration files, against a table with every
 * type of value: what loads is printed to a file that loads to the same.
 */
#include "tests/fuzz/fuzz.h"

#include <stddef.h>

#include "base/conf.h"

struct all {
	char *tekst, *leeg, *pad;
	int64_t getal, duur;
	bool ja;
	struct ov_conf_oins oins;
};

#define AT(m) offsetof(struct all, m)

static const struct ov_conf_key table[] = {{"tekst", OV_CONF_STR, AT(tekst),
                                               "x", 0, 0},
    {"leeg", OV_CONF_STR, AT(leeg), "", 0, 0},
    {"pad", OV_CONF_PATH, AT(pad), "", 0, 0},
    {"getal", OV_CONF_INT, AT(getal), "5", 1, 50000},
    {"duur", OV_CONF_DURATION, AT(duur), "10s", 1, 864000000},
    {"ja", OV_CONF_BOOL, AT(ja), "no", 0, 0},
    {"oins", OV_CONF_OINS, AT(oins), "", 0, 0}, {NULL, 0, 0, NULL, 0, 0}};

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct all none;
	struct all a = {0}, b = {0};
	OV_BUF one = {0}, two = {0};

	if (ov_conf_parse("fuzz", p, n, table, &a, NULL) != OV_OK) {
		must(a.tekst == NULL && a.leeg == NULL && a.pad == NULL &&
		         a.oins.v == NULL,
		    "nothing to free");
		return 0;
	}
	must(a.tekst != NULL && a.getal >= 1 && a.getal <= 50000 &&
	         a.duur >= 1 && a.duur <= 864000000 &&
	         a.oins.n <= OV_CONF_OINS_MAX,
	    "within its bounds");
	must(a.pad == NULL || a.pad[0] == '/', "a whole path");
	ov_conf_print(table, &a, &one);
	must(ov_conf_parse("again", one.p, one.n, table, &b, NULL) == OV_OK,
	    "it loads again");
	ov_conf_print(table, &b, &two);
	must(same(&one, &two), "the same file");
	ov_conf_free(table, &a);
	ov_conf_free(table, &b);
	must(memcmp(&a.oins, &none.oins, sizeof(a.oins)) == 0, "freed");
	return 0;
}
