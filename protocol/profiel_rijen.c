/* SPDX-License-Identifier: EUPL-1.2 */
/* protocol/profiel_rijen.c - a list in one cell, and back. */
#include <stdlib.h>
#include <string.h>

#include "protocol/profiel_in.h"

/* Member i of an element: of the group, or the text that it is. */
static const struct ov_field *
member(const struct ov_profile *p, const struct ov_field *f, size_t i)
{
	if (ov_field_soort(f) == OV_S_GROEP)
		return ov_type_nth(p->types, ov_types_latest(p->types, p->srt),
		    f, i);
	return i == 0 ? f : NULL;
}

bool
ov_profile_rows_may(const struct ov_profile *p, const struct ov_field *f)
{
	const struct ov_field *m;

	if (!ov_field_is_list(f))
		return false;
	if (ov_field_soort(f) == OV_S_TEKST)
		return true;
	if (ov_field_soort(f) != OV_S_GROEP)
		return false;
	for (size_t i = 0; (m = member(p, f, i)) != NULL; i++)
		if (ov_field_soort(m) == OV_S_GROEP)
			return false;
	return true;
}

/* Up to the next "|" or line end into out, which has room for all of s, without
 * the blanks around it; returns what follows. */
static const char *
take(const char *s, char *out)
{
	char *start = out;

	for (s += strspn(s, " \t"); *s != '\0' && *s != '|' && *s != '\n';
	     s++) {
		if (*s == '\\' && s[1] != '\0')
			*out++ = *++s == 'n' ? '\n' : *s;
		else if (*s != '\r' || s[1] != '\n')
			*out++ = *s;
	}
	while (out > start && (out[-1] == ' ' || out[-1] == '\t'))
		out--;
	*out = '\0';
	return s;
}

/* The element of one line; *ps is left at its end.  NULL: none; *bad: one that
 * cannot be read. */
static json_t *
element(const struct ov_profile *p, const char *vandaag,
    const struct ov_field *f, const char **ps, char *word, bool *bad,
    const char **why)
{
	bool group = ov_field_soort(f) == OV_S_GROEP;
	json_t *out = group ? json_object() : NULL, *v;
	const struct ov_field *m;
	const char *s = *ps;

	for (size_t i = 0; !*bad; i++) {
		s = take(s, word);
		m = member(p, f, i);
		v = m != NULL && word[0] != '\0'
		        ? ov_profile_value(p, vandaag, m, word, why)
		        : NULL;
		if (v == NULL)
			*bad = word[0] != '\0';
		else if (!group)
			out = v;
		else
			*bad = json_object_set_new(out, ov_field_name(m), v) !=
			       0;
		if (*s != '|')
			break;
		s++;
	}
	*ps = s;
	if (!*bad && json_object_size(out) + !group > 0)
		return out;
	json_decref(out);
	return NULL;
}

json_t *
ov_profile_rows(const struct ov_profile *p, const char *vandaag,
    const struct ov_field *f, const char *s, const char **why)
{
	size_t size = strlen(s) + 1;
	char *word = malloc(size);
	json_t *arr = json_array(), *v;
	bool bad = word == NULL || arr == NULL;

	*why = NULL;
	while (!bad && *s != '\0') {
		v = element(p, vandaag, f, &s, word, &bad, why);
		if (v != NULL)
			bad = json_array_append_new(arr, v) != 0;
		if (*s == '\n')
			s++;
	}
	if (word != NULL)
		explicit_bzero(word, size);
	free(word);
	if (!bad)
		return arr;
	json_decref(arr);
	return NULL;
}

static void
escaped(const struct ov_buf *one, struct ov_buf *b)
{
	for (size_t i = 0; i < one->n; i++) {
		if (one->p[i] == '\n') {
			ov_buf_str(b, "\\n");
			continue;
		}
		if (one->p[i] == '\\' || one->p[i] == '|')
			ov_buf_str(b, "\\");
		ov_buf_add(b, &one->p[i], 1);
	}
}

static void
element_text(const struct ov_profile *p, const struct ov_field *f,
    const json_t *v, struct ov_buf *b)
{
	const struct ov_field *m;
	size_t open = 0;

	for (size_t i = 0; (m = member(p, f, i)) != NULL; i++) {
		OV_BUF one = {0};
		const json_t *x = json_is_object(v)
		                      ? json_object_get(v, ov_field_name(m))
		                      : v;

		ov_profile_text(ov_field_soort(m), x, &one);
		b->bad = b->bad || one.bad;
		for (; one.n > 0 && open > 0; open--)
			ov_buf_str(b, "|");
		escaped(&one, b);
		open++;
	}
}

void
ov_profile_rows_text(const struct ov_profile *p, const struct ov_field *f,
    const json_t *v, struct ov_buf *b)
{
	for (size_t i = 0; i < json_array_size(v); i++) {
		if (i > 0)
			ov_buf_str(b, "\n");
		element_text(p, f, json_array_get(v, i), b);
	}
}
