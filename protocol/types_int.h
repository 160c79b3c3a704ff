/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/types_int.h - the loaded tables, shared by the two files that make
 * up protocol/types.h and by nobody else.
 *
 * Everything points into one block list and into the three JSON documents,
 * which live as long as struct ov_types.
 */
#ifndef OV_PROTOCOL_TYPES_INT_H
#define OV_PROTOCOL_TYPES_INT_H

#include "protocol/tijd.h"
#include "protocol/types.h"

/* Both days included; days since 1970 (ov_date_days). */
struct ov_span {
	int32_t van;
	int32_t tot;
};
#define OV_SPAN_OPEN INT32_MAX

struct ov_code {
	const char *code;
	const char *tekst;
	struct ov_span geldig;
};

struct ov_codelist {
	const char *naam, *bron;
	size_t n;
	struct ov_code *code;          /* order of the file */
	const struct ov_code **sorted; /* by code and first day */
};

enum ov_vorm {
	OV_V_SCHEMA,
	OV_V_B64U16,
	OV_V_B64U32,
	OV_V_OIN,
	OV_V_BRIN,
	OV_V_VESTIGING,
	OV_V_GEMEENTE,
	OV_V_CREBO,
	OV_V_ELEMENTCODE,
	OV_V_SCHOOLJAAR,
	OV_V_POSTCODE,
	OV_V_TELEFOON,
	OV_V_EMAIL,
	OV_V_LETTER,
	OV_V_CIJFERS,
	OV_V_N
};
extern const char *const ov_vorm_names[OV_V_N + 1];

#define OV_GROEP_FIELDS 64 /* one bit each */
#define OV_GROEP_DEPTH 5
#define OV_CATS_MAX 32

struct ov_field {
	const char *naam;
	size_t len;
	const char *groepnaam; /* until it is resolved */
	const struct ov_groep *groep;
	const struct ov_codelist *lijst;
	const struct ov_codelist *sleutels;
	enum ov_soort soort;
	enum ov_vorm vorm;
	uint32_t min, max;
	uint32_t lmin, lmax;
	bool list;
	uint8_t deel;     /* 0: of what it stands in */
	uint8_t gevoelig; /* one bit of N S I G */
	int8_t cat;       /* index in the list "categorie", or -1 */
};

enum ov_regelsoort {
	OV_R_VEREIST,
	OV_R_VERBODEN,
	OV_R_PRECIES_EEN,
	OV_R_NIET_VOOR,
	OV_R_NIET_NA,
	OV_R_MINSTENS,
	OV_R_GELIJK,
};

struct ov_regel {
	enum ov_regelsoort soort;
	const char *als;   /* path, "a/b"; or the first of precies-een */
	const char *lid;   /* path; or the second of precies-een */
	const char *grens; /* path, or "@vandaag"; gelijk: the other path */
	const json_t *is;  /* array of values, or NULL: any value */
	int32_t maanden;
	uint32_t waarde; /* minstens */
	bool tenzij_geheim;
	const char *tekst;
	const char *bron; /* NULL: that of the type */
};

struct ov_groep {
	const char *naam;
	size_t n;
	struct ov_field *f;              /* order of the file */
	uint8_t sorted[OV_GROEP_FIELDS]; /* indexes by name */
	uint64_t verplicht;
	size_t nregel;
	struct ov_regel *regel;
};

struct ov_type {
	const char *srt;
	const char *schema;
	const char *bron;
	struct ov_span geldig;
	bool pid;
	const char *pid_als; /* member that says whether it has one, or NULL */
	const json_t *pid_is;
	struct ov_betreft betreft, vervolg; /* lid NULL: none */
	bool koppeling;
	struct ov_groep groep;
};

struct ov_toestaat {
	const char *srt;
	uint8_t delen;
	uint8_t gevoelig;
};

struct ov_grond {
	const char *code, *bron;
	struct ov_span geldig;
	bool toestemming, pgn, geheim_adres;
	size_t n;
	struct ov_toestaat *typen;
};

struct ov_block; /* one allocation, in a list */

struct ov_types {
	json_t *doc[3];
	struct ov_block *blocks;
	size_t nlijst;
	struct ov_codelist *lijst;
	size_t ngroep;
	struct ov_groep *groep;
	size_t ntype;
	struct ov_type *type;
	size_t ngrond;
	struct ov_grond *grond;
	const struct ov_codelist *categorie;
	const struct ov_codelist *uitlevering;
};

const struct ov_codelist *ov_lijst_find(const struct ov_types *,
    const char *naam);
/* It has the code, on some day. */
bool ov_lijst_has(const struct ov_codelist *, const char *code);
/* The code in force on the day, or NULL. */
const struct ov_code *ov_lijst_code(const struct ov_codelist *,
    const char *code, size_t n, int32_t dag);
const struct ov_field *ov_groep_field(const struct ov_groep *, const char *naam,
    size_t n);
const struct ov_grond *ov_grond_find(const struct ov_types *, const char *code,
    int32_t dag);
const struct ov_toestaat *ov_grond_type(const struct ov_grond *,
    const char *srt);
bool ov_span_has(struct ov_span, int32_t dag);
/* Day number of "YYYY-MM-DD"; false if it is no date. */
bool ov_dag(const char *s, size_t n, int32_t *dag);

/* ---- loading: types_load.c and types_veld.c ---- */

/* Zeroed memory for n elements that goes with t. */
void *ov_types_keep(struct ov_types *, size_t n, size_t size);
extern const char *const ov_gevoelig_names[]; /* "N", "S", "I", "G" */
/* Append the fields of an array to a group; its index; its rules; the groups
 * its fields name. */
enum ov_rc ov_groep_fields(const struct ov_types *, struct ov_groep *,
    const json_t *arr, struct ov_err *);
enum ov_rc ov_groep_index(struct ov_groep *, struct ov_err *);
enum ov_rc ov_groep_rules(struct ov_types *, struct ov_groep *,
    const json_t *arr, struct ov_err *);
enum ov_rc ov_groep_resolve(const struct ov_types *, struct ov_groep *,
    struct ov_err *);
/* All named groups. */
enum ov_rc ov_groepen_load(struct ov_types *, json_t *groepen, struct ov_err *);

#endif
