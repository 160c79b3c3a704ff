/* SPDX-License-Identifier: EUPL-1.2 */
/* tools/generate.c - overstap-generate: the files that the organisations of an
 * invented region would export in a school year, and what must come of them.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol/json.h"
#include "tools/generate_region.h"

#define PUPILS_MAX 1000000
#define SMALL_PUPILS 3100

static int
usage(FILE *f)
{
	(void)fputs(
	    "usage: overstap-generate [--seed N] [--pupils N] [--date D] "
	    "--table FILE DIR\n"
	    "       overstap-generate --region [--seed N] [--pupils N] "
	    "[--date D]\n"
	    "           [--return FILE] [--goals FILE] [--faults LIST] "
	    "--table FILE DIR\n"
	    "\n"
	    "  --seed N      another invented region (1)\n"
	    "  --pupils N    pupils who go to the mbo (3100, or as --goals "
	    "says)\n"
	    "  --date D      the day to count from, YYYY-MM-DD (today)\n"
	    "  --table FILE  published participants and early school leavers, "
	    "CSV\n"
	    "  --region      nine organisations and a whole school year\n"
	    "  --return FILE leavers one year later, CSV\n"
	    "  --goals FILE  size and goals of a region, CSV\n"
	    "  --faults LIST mix in faults: birth-dates, late, two-numbers,\n"
	    "                unasked, with commas between, or all\n"
	    "\n"
	    "A table has one of two shapes, told apart by its first column:\n"
	    "  normcategorie,leerweg,deelnemers,vsv[,vsv_pct[,...]]\n"
	    "    per norm category and track; a row TOTAAL after each "
	    "category,\n"
	    "    rows VO,TOTAAL and MBO,TOTAAL, and last TOTAAL,TOTAAL\n"
	    "  gemeente,naam,sector,deelnemers,vsv[,vsv_pct]\n"
	    "    per municipality and sector vo or mbo (only with --region); "
	    "rows\n"
	    "    TOTAAL,,vo and TOTAAL,,mbo, and last TOTAAL,,TOTAAL\n"
	    "Each total and percentage must follow from the rows, or the "
	    "table is\n"
	    "refused with the row that does not add up.\n"
	    "\n"
	    "Writes a folder per organisation and manifest.json below DIR; "
	    "what is in\n"
	    "them is told in overstap-generate(1).\n",
	    f);
	return f == stderr ? 2 : 0;
}

static bool
number(const char *s, uint64_t max, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(s, &end, 10);
	return s[0] >= '0' && s[0] <= '9' && *end == '\0' && errno == 0 &&
	       *out <= max;
}

static bool
faults(const char *s, unsigned *out)
{
	static const struct {
		const char *name;
		unsigned bits;
	} known[] = {{"birth-dates", OV_GEN_BIRTH}, {"late", OV_GEN_LATE},
	    {"two-numbers", OV_GEN_NUMBERS}, {"unasked", OV_GEN_UNASKED},
	    {"all",
	        OV_GEN_BIRTH | OV_GEN_LATE | OV_GEN_NUMBERS | OV_GEN_UNASKED}};
	size_t i, n;

	for (;; s += n + 1) {
		n = strcspn(s, ",");
		for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (strlen(known[i].name) == n &&
			    strncmp(known[i].name, s, n) == 0)
				break;
		if (i == sizeof(known) / sizeof(known[0]))
			return false;
		*out |= known[i].bits;
		if (s[n] == '\0')
			return true;
	}
}

static bool
option(struct ov_gen_wish *w, int c, bool *region)
{
	uint64_t n;

	switch (c) {
	case 'r':
		*region = true;
		return true;
	case 's':
		if (!number(optarg, INT64_MAX, &n))
			return false;
		w->seed = n;
		return true;
	case 'p':
		if (!number(optarg, PUPILS_MAX, &n) || n == 0)
			return false;
		w->pupils = (int)n;
		return true;
	case 'd':
		return ov_date_parse(ov_view_str(optarg), &w->vandaag) == OV_OK;
	case 't':
		w->table = optarg;
		return true;
	case 'b':
		w->terug = optarg;
		return true;
	case 'g':
		w->doelen = optarg;
		return true;
	case 'f':
		return faults(optarg, &w->faults);
	default:
		return false;
	}
}

int
main(int argc, char **argv)
{
	static const struct option opts[] = {{"seed", required_argument, NULL,
	                                         's'},
	    {"pupils", required_argument, NULL, 'p'},
	    {"date", required_argument, NULL, 'd'},
	    {"table", required_argument, NULL, 't'},
	    {"region", no_argument, NULL, 'r'},
	    {"return", required_argument, NULL, 'b'},
	    {"goals", required_argument, NULL, 'g'},
	    {"faults", required_argument, NULL, 'f'},
	    {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	struct ov_gen_wish w = {.seed = 1};
	struct ov_err e = {OV_OK, 0, ""};
	bool region = false;
	enum ov_rc rc;
	int c;

	ov_json_init();
	w.vandaag = ov_date_nl((int64_t)time(NULL));
	while ((c = getopt_long(argc, argv, "h", opts, NULL)) != -1) {
		if (c == 'h')
			return usage(stdout);
		if (!option(&w, c, &region))
			return usage(stderr);
	}
	if (argc - optind != 1 || w.table == NULL ||
	    (!region && (w.terug != NULL || w.doelen != NULL || w.faults != 0)))
		return usage(stderr);
	w.dir = argv[optind];
	if (!region && w.pupils == 0)
		w.pupils = SMALL_PUPILS;
	rc = region ? ov_gen_region(&w, &e) : ov_gen_small(&w, &e);
	if (rc != OV_OK)
		(void)fprintf(stderr, "overstap-generate: %s\n", e.msg);
	return rc == OV_OK ? 0 : 1;
}
