#!/bin/sh
# SPDX-License-Identifier: EUPL-1.2
# The command line without a daemon: a region of three from nothing to a
# signed book, what must be refused, and the exit codes of overstap(1).
#
# usage: cli_offline.sh BIN    (directory of the programs)
set -eu
bin=$1
ov="$bin/overstap"
w=$(mktemp -d /tmp/ov-cli-XXXXXX)
trap 'rm -rf "$w"' EXIT
cd "$w"
unset OVERSTAP_INSTANCE
n=0

fail() {
	echo "FAIL: $*" >&2
	exit 1
}

# expect CODE command...
expect() {
	want=$1
	shift
	got=0
	"$@" >out 2>err || got=$?
	[ "$got" = "$want" ] || {
		cat out err >&2
		fail "exit $got, not $want: $*"
	}
	n=$((n + 1))
}

has() {
	grep -q -- "$1" out err || {
		cat out err >&2
		fail "no \"$1\""
	}
}

field() { # a member of the JSON in out
	python3 -c 'import json,sys;print(json.load(open("out"))[sys.argv[1]])' "$1"
}

organisation() { # DIR OIN ROLE PORT
	expect 0 "$ov" init "./$1" --naam "Organisatie $1" --oin "$2" \
	    --regio voorbeeld --rol "$3" --url "https://localhost:$4" \
	    --listen "127.0.0.1:$4" --logdomein overstap.example --json
	field vingerafdruk >"$1.vinger"
}

# --- usage ---
expect 2 "$ov"
expect 0 "$ov" --help
has 'region create DIR'
for c in 'region sign' 'init' 'import' 'export receipt' 'drafts print' check; do
	# shellcheck disable=SC2086
	expect 0 "$ov" $c --help
	has 'usage: overstap'
done
expect 0 "$ov" region
has 'region diff'
expect 2 "$ov" nonsense
expect 2 "$ov" region nonsense
expect 2 "$ov" drafts list --nonsense
expect 2 "$ov" region show
expect 2 "$ov" outbox show abc -i ./vo
expect 2 "$ov" drafts
has 'which instance'
expect 2 "$ov" -i ../ join
expect 2 "$ov" --json drafts
field fout >/dev/null

# --- organisations and the region ---
organisation vo 00000099000000001000 vo 18441
organisation mbo 00000099000000002000 mbo 18442
organisation gem 00000099000000003000 leerplicht,doorstroompunt 18443
for f in identity log witness kek-root; do
	[ "$(stat -c %a:%s "vo/credentials/vault/$f")" = 400:32 ] || fail "$f"
done
[ "$(stat -c %a vo)" = 700 ] || fail 'mode of the instance'
expect 1 "$ov" init ./vo --naam x --oin 00000099000000001000 \
    --regio voorbeeld --rol vo --url https://localhost:1 \
    --logdomein overstap.example
expect 4 "$ov" init ./bad --naam x --oin 123 --regio voorbeeld --rol vo \
    --url https://localhost:1 --logdomein overstap.example
expect 4 "$ov" init ./bad --naam x --oin 00000099000000009000 \
    --regio voorbeeld --rol koning --url https://localhost:1 \
    --logdomein overstap.example

expect 4 "$ov" init ./bad --naam x --oin 00000099000000009000 \
    --regio voorbeeld --rol vo --url https://127.0.0.1:18444 \
    --logdomein overstap.example
! [ -e bad ] || fail 'a refused init made something'
mkdir -p half/credentials/vault && : >half/credentials/vault/identity
expect 1 "$ov" init ./half --naam x --oin 00000099000000009000 \
    --regio voorbeeld --rol vo --url https://localhost:1 \
    --logdomein overstap.example

expect 4 "$ov" region create reg --regio voorbeeld \
    --logdomein overstap.example --drempel 4 --beheerder a,b,c
# What is refused leaves nothing behind, and takes nothing away.
mkdir outer
expect 4 "$ov" region create outer/in/deep --regio voorbeeld \
    --logdomein overstap.example --beheerder a,B@
expect 4 "$ov" region create outer/in//deep/ --regio voorbeeld \
    --logdomein 'over stap' --beheerder a,b
has 'log domain'
[ -z "$(ls -A outer)" ] || fail 'a refused region create made something'
# Neither does what fails halfway: no file may be written.
got=0
(trap '' XFSZ && ulimit -f 0 && exec "$ov" region create outer/in//deep/ \
    --regio voorbeeld --logdomein overstap.example --beheerder a,b) || got=$?
[ "$got" = 5 ] || fail "exit $got, not 5, when nothing can be written"
[ -z "$(ls -A outer)" ] || fail 'a failed region create left something'
mkdir -p outer/beheer && : >outer/beheer/a.key
expect 1 "$ov" region create outer --regio voorbeeld \
    --logdomein overstap.example --beheerder a,b
[ -e outer/beheer/a.key ] || fail 'a key of somebody else is gone'
expect 0 "$ov" region create reg --regio voorbeeld \
    --logdomein overstap.example --drempel 2 --beheerder a,b,c
[ "$(stat -c %a reg/beheer/a.key)" = 600 ] || fail 'mode of a.key'
expect 1 "$ov" region sign reg --key reg/beheer/a.key

expect 2 "$ov" region add reg --card vo/kaart.txt
expect 1 "$ov" region add reg --card vo/kaart.txt --csr vo/tls.csr \
    --fingerprint "$(cat mbo.vinger)"
has 'do not add it'
expect 1 "$ov" region add reg --card vo/kaart.txt --csr mbo/tls.csr \
    --fingerprint "$(cat vo.vinger)"
sed 's/Organisatie vo/Organisatie VO/' vo/kaart.txt >forged.txt
expect 4 "$ov" region add reg --card forged.txt \
    --fingerprint "$(cat vo.vinger)"
for o in vo mbo gem; do
	# As somebody types it: small letters, blanks.
	expect 0 "$ov" region add reg --card "$o/kaart.txt" \
	    --csr "$o/tls.csr" --mag-naar alle -o "$o/tls.crt" \
	    --fingerprint "$(tr 'A-Z-' 'a-z ' <"$o.vinger")"
	openssl verify -CAfile reg/ca.crt "$o/tls.crt" >/dev/null ||
	    fail "certificate of $o"
	openssl verify -purpose sslclient -CAfile reg/ca.crt "$o/tls.crt" \
	    >/dev/null || fail "client certificate of $o"
	openssl verify -purpose sslserver -verify_hostname localhost \
	    -CAfile reg/ca.crt "$o/tls.crt" >/dev/null ||
	    fail "server certificate of $o"
done
expect 0 "$ov" region epoch reg --ep 1 --status actief \
    --houder1 'Organisatie mbo' --houder2 00000099000000003000
expect 1 "$ov" region epoch reg --ep 2 --houder1 00000099000000003000 \
    --houder2 00000099000000003000
expect 0 "$ov" region budget reg --leerlingen 00000099000000002000=20000 \
    --verwacht 00000099000000001000:00000099000000002000=3100
has 25500
# A cap per day above the year's: refused, and nothing is changed.
expect 1 "$ov" region budget reg \
    --dag 00000099000000001000:00000099000000002000=7000
has '7000 a day is above its 6200 a school year; lower --dag'
expect 0 "$ov" region budget reg \
    --dag 00000099000000001000:00000099000000002000=7000 \
    --jaar 00000099000000001000:00000099000000002000=7000
has 7000
expect 1 "$ov" region budget reg \
    --jaar 00000099000000001000:00000099000000002000=6999
expect 0 "$ov" region budget reg --json
has '"jaar": *7000'
expect 0 "$ov" region budget reg \
    --dag 00000099000000001000:00000099000000002000=1550 \
    --jaar 00000099000000001000:00000099000000002000=6200

# --- signing ---
expect 1 "$ov" region sign reg --key mbo/credentials/vault/identity
expect 2 "$ov" region sign reg --key reg/beheer/a.key --days 61
expect 0 "$ov" region sign reg --key reg/beheer/a.key
has '1 of 2 needed'
expect 0 "$ov" region sign reg --key reg/beheer/a.key
has '1 of 2 needed'
expect 0 "$ov" region sign reg --key reg/beheer/c.key --json
[ "$(field compleet)" = True ] || fail 'version 1 is not complete'
field vingerafdruk >one
expect 0 "$ov" region show reg
has "$(cat one)"
expect 0 "$ov" region show reg/versies/1.txt
has "$(cat one)"
awk 'length($0) > 90' out | grep -q . && fail 'a line is too wide'

expect 0 "$ov" region budget reg \
    --dag 00000099000000001000:00000099000000002000=1600
expect 0 "$ov" region diff reg
has 'budget of 00000099000000001000 for 00000099000000002000 changed'
has 'dag     1550 -> 1600'
grep -q jaar out && fail 'what did not change is not told'
awk 'length($0) > 80' out | grep -q . && fail 'a line is too wide'
expect 0 "$ov" region diff reg --json
has '1550 -> 1600'
expect 0 "$ov" region remove reg 'Organisatie vo' --suspend
expect 0 "$ov" region diff reg
has 'geschorst, was actief'
expect 0 "$ov" region sign reg --key reg/beheer/b.key --days 20
expect 0 "$ov" region sign reg --key reg/beheer/c.key
expect 0 "$ov" region diff reg/versies/1.txt reg/versies/2.txt
has 'geschorst, was actief'
expect 0 "$ov" region show reg
has 'warning: version 2 expires in'

# The chain: version 2 names the hash of the text of version 1.
python3 - <<'PY' || fail 'hash chain'
import base64, hashlib, json
one, two = (open(f"reg/versies/{n}.txt", "rb").read().split(b"\n\n")[0] + b"\n"
            for n in (1, 2))
assert json.loads(two)["vorige"] == base64.b64encode(
    hashlib.sha256(one).digest()).decode()
PY

# --- holder, template, no daemon ---
expect 0 "$ov" -i ./mbo holder init --ep 1 --share 1
[ "$(stat -c %a:%s mbo/credentials/houder/oprf.1.1)" = 400:32 ] || fail seed
expect 1 "$ov" -i ./mbo holder init --ep 1 --share 1
expect 0 "$ov" import --template overstapdossier
has eigenReferentie
expect 2 "$ov" import --template nonsense
expect 3 "$ov" -i ./mbo drafts
expect 3 "$ov" -i ./mbo drafts --json
[ "$(python3 -c 'import json;print(json.load(open("out"))["fout"]["code"])')" = \
    dienst-onbereikbaar ] || fail 'code without a daemon'
expect 3 "$ov" -i ./mbo check
has overstapd
has 'ok    overstap.conf'
# What would keep the daemon down is said before it is started.
cp mbo/overstap.conf kept.conf
lines=$(wc -l <kept.conf)
echo 'lisen = 127.0.0.1:1' >>mbo/overstap.conf
expect 3 "$ov" -i ./mbo check
has 'FAIL  overstap.conf'
expect 3 "$ov" -i ./mbo check --json
has "overstap.conf:$((lines + 1)): unknown key lisen"
cp kept.conf mbo/overstap.conf
chmod 0755 mbo/state
expect 3 "$ov" -i ./mbo check
has 'FAIL  state'
has 'is mode 0755'
[ "$(wc -L <out)" -le 80 ] || fail 'a line of check is too wide'
chmod 0700 mbo/state
printf 'eigenReferentie;onzin\nA;B\n' >bad.csv
expect 4 "$ov" -i ./mbo import overstapdossier bad.csv
has 'Niets is ingelezen'
: >empty.csv
expect 4 "$ov" -i ./mbo import overstapdossier empty.csv
printf 'nonsense\n' >nonsense
expect 4 "$ov" receipt verify nonsense

# A full disk is told, not hidden.
if [ -w /dev/full ]; then
	got=0
	"$ov" --help >/dev/full 2>err || got=$?
	[ "$got" = 5 ] || fail "a full disk gives exit $got"
	n=$((n + 1))
fi

# No secret of anybody in what was printed or published.
for k in reg/beheer/a.key vo/credentials/vault/identity; do
	hex=$(od -An -tx1 "$k" | tr -d ' \n')
	for f in reg/versies/1.txt vo/kaart.txt vo/tls.csr out; do
		od -An -v -tx1 "$f" | tr -d ' \n' | grep -q "$hex" &&
		    fail "$k stands in $f"
	done
done
echo "cli_offline: $n commands as expected"
