/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/profiel_waarde.c - the text of a cell becomes the value of a field,
 * as people and spreadsheets write it; and back.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/profiel_in.h"

static bool
yes_no(const char *s, bool *out)
{
	static const char *const yes[] = {"ja", "j", "true", "waar", "1", NULL};
	static const char *const no[] = {"nee", "n", "false", "onwaar", "0",
	    NULL};
	size_t i;

	for (i = 0; yes[i] != NULL; i++)
		if (strcasecmp(s, yes[i]) == 0)
			return *out = true;
	*out = false;
	for (i = 0; no[i] != NULL; i++)
		if (strcasecmp(s, no[i]) == 0)
			return true;
	return false;
}

static json_t *
whole_number(const char *s)
{
	size_t n = strspn(s, "0123456789");

	if (n == 0 || n > 9 || s[n] != '\0')
		return NULL;
	return json_integer(strtol(s, NULL, 10));
}

/* Text of a shape, as people and spreadsheets mangle it: capitals for codes,
 * no space in a postcode, the zeros in front that Excel dropped. */
static json_t *
shape(const struct ov_field *f, const char *s)
{
	const char *v = ov_field_shape(f);
	char out[16];
	size_t i, n = 0, want = 0;

	if (strcmp(v, "gemeente") == 0 || strcmp(v, "elementcode") == 0)
		want = 4;
	else if (strcmp(v, "vestiging") == 0)
		want = 2;
	else if (strcmp(v, "postcode") != 0 && strcmp(v, "brin") != 0)
		return json_string(s);
	if (strlen(s) >= sizeof(out))
		return json_string(s);
	if (want > 0 && strspn(s, "0123456789") == strlen(s))
		while (n + strlen(s) < want)
			out[n++] = '0';
	for (i = 0; s[i] != '\0'; i++) {
		if (s[i] == ' ' && want == 0)
			continue;
		out[n++] = s[i] >= 'a' && s[i] <= 'z' ? (char)(s[i] - 32)
		                                      : s[i];
	}
	out[n] = '\0';
	return json_string(out);
}

/* A code as the list spells it; unknown ones as they are, for the check. */
static json_t *
code(const struct ov_profile *p, const char *vandaag, const struct ov_field *f,
    const char *s)
{
	const char *c = ov_field_code(p->types, f, s, vandaag);

	return json_string(c != NULL ? c : s);
}

/* Codes or whole numbers with blanks or commas between them. */
static json_t *
word_list(const struct ov_profile *p, const char *vandaag,
    const struct ov_field *f, const char *s)
{
	json_t *arr = json_array(), *v;
	char one[64];
	size_t n;

	while (arr != NULL && *(s += strspn(s, " ,;|\n\t")) != '\0') {
		n = strcspn(s, " ,;|\n\t");
		(void)snprintf(one, sizeof(one), "%.*s", (int)n, s);
		v = ov_field_soort(f) == OV_S_GEHEEL ? whole_number(one)
		                                     : code(p, vandaag, f, one);
		if (json_array_append_new(arr, v) != 0) {
			json_decref(arr);
			return NULL;
		}
		s += n;
	}
	return arr;
}

/* Free text with LF only. */
static json_t *
text(const char *s)
{
	char *t = strdup(s), *w = t;
	json_t *v;

	if (t == NULL)
		return NULL;
	for (; *s != '\0'; s++) {
		if (*s == '\r' && s[1] == '\n')
			continue;
		*w++ = *s == '\r' ? '\n' : *s;
	}
	*w = '\0';
	v = json_string(t);
	explicit_bzero(t, (size_t)(w - t));
	free(t);
	return v;
}

json_t *
ov_profile_value(const struct ov_profile *p, const char *vandaag,
    const struct ov_field *f, const char *s, const char **why)
{
	char date[11], *t, *comma;
	json_t *v = NULL;
	bool b;

	*why = NULL;
	switch (ov_field_soort(f)) {
	case OV_S_TEKST:
		return text(s);
	case OV_S_GEHEEL:
		*why = "getal-ongeldig";
		return ov_field_is_list(f) ? word_list(p, vandaag, f, s)
		                           : whole_number(s);
	case OV_S_JANEE:
		return yes_no(s, &b) ? json_boolean(b) : NULL;
	case OV_S_DATUM:
		*why = "datum-ongeldig";
		return ov_csv_date_in(s, date) ? json_string(date) : NULL;
	case OV_S_DECIMAAL:
		if ((t = strdup(s)) == NULL)
			return NULL;
		if ((comma = strchr(t, ',')) != NULL)
			*comma = '.';
		v = json_string(t);
		free(t);
		return v;
	case OV_S_CODE:
		return ov_field_is_list(f) ? word_list(p, vandaag, f, s)
		                           : code(p, vandaag, f, s);
	case OV_S_KAART:
		return code(p, vandaag, f, s);
	case OV_S_PATROON:
		return shape(f, s);
	case OV_S_MOMENT:
		return json_string(s);
	case OV_S_GROEP:
		break;
	}
	return NULL;
}

/* One value, in the words of a cell, without a NUL. */
static void
value_text(enum ov_soort soort, const json_t *v, struct ov_buf *b)
{
	const char *s = json_string_value(v), *dot;
	char date[11];

	if (json_is_boolean(v)) {
		ov_buf_str(b, json_is_true(v) ? "ja" : "nee");
	} else if (json_is_integer(v)) {
		ov_buf_fmt(b, "%lld", (long long)json_integer_value(v));
	} else if (s != NULL && soort == OV_S_DATUM) {
		ov_csv_date_out(s, date);
		ov_buf_str(b, date);
	} else if (s != NULL && soort == OV_S_DECIMAAL &&
	           (dot = strchr(s, '.')) != NULL) {
		ov_buf_add(b, s, (size_t)(dot - s));
		ov_buf_str(b, ",");
		ov_buf_str(b, dot + 1);
	} else if (s != NULL) {
		ov_buf_str(b, s);
	}
}

void
ov_profile_text(enum ov_soort soort, const json_t *v, struct ov_buf *b)
{
	for (size_t i = 0; i < json_array_size(v); i++) {
		if (i > 0)
			ov_buf_str(b, " ");
		value_text(soort, json_array_get(v, i), b);
	}
	if (!json_is_array(v))
		value_text(soort, v, b);
}

json_t *
ov_profile_digits(const char *cell, size_t want)
{
	char out[16];
	size_t n = strlen(cell);

	if (n == 0 || n > want || want >= sizeof(out) ||
	    strspn(cell, "0123456789") != n)
		return NULL;
	memset(out, '0', want - n);
	memcpy(out + want - n, cell, n + 1);
	return json_string(out);
}
