/* SPDX-License-Identifier: EUPL-1.2 */
/* Finds the line of protocol/regelnr.h with a scanner that knows strings and
 * brackets and nothing more; the text need not be good JSON. */
#include "protocol/regelnr.h"

#include <stdlib.h>
#include <string.h>

static const char *const lists[][2] = {{"rij", "rijen"}, {"type", "typen"},
    {"veld", "velden"}, {"regel", "regels"}, {"lijst", "lijsten"},
    {"code", "codes"}};

/* Behind the string that begins at i. */
static size_t
skip_string(struct ov_view t, size_t i)
{
	for (i++; i < t.n && t.p[i] != '"'; i++)
		if (t.p[i] == '\\')
			i++;
	return i < t.n ? i + 1 : t.n;
}

/* Behind the value that begins at i. */
static size_t
skip_value(struct ov_view t, size_t i)
{
	size_t depth = 0;

	while (i < t.n) {
		uint8_t c = t.p[i];

		if (c == '"') {
			i = skip_string(t, i);
			if (depth == 0)
				return i;
			continue;
		}
		if (c == '{' || c == '[') {
			depth++;
		} else if (c == '}' || c == ']') {
			if (depth == 0)
				return i;
			if (--depth == 0)
				return i + 1;
		} else if (depth == 0 && c == ',') {
			return i;
		}
		i++;
	}
	return t.n;
}

static size_t
blank(struct ov_view t, size_t i)
{
	while (i < t.n && memchr(" \t\r\n,:", t.p[i], 7) != NULL)
		i++;
	return i;
}

/* The value of a member of the object that begins at i; t.n: none. */
static size_t
member(struct ov_view t, size_t i, const char *name, size_t n)
{
	size_t end;

	if (i >= t.n || t.p[i] != '{')
		return t.n;
	i = blank(t, i + 1);
	while (i < t.n && t.p[i] == '"') {
		end = skip_string(t, i);
		if (end - i == n + 2 && memcmp(t.p + i + 1, name, n) == 0)
			return blank(t, end);
		i = blank(t, end);
		if (i < t.n)
			i = blank(t, skip_value(t, i));
	}
	return t.n;
}

/* The k-th element of the array that begins at i; t.n: none. */
static size_t
element(struct ov_view t, size_t i, size_t k)
{
	if (i >= t.n || t.p[i] != '[')
		return t.n;
	i = blank(t, i + 1);
	while (i < t.n && t.p[i] != ']' && k-- > 0)
		i = blank(t, skip_value(t, i));
	return i < t.n && t.p[i] != ']' ? i : t.n;
}

/* One step from the object at `at`; t.n where it leads nowhere. */
static size_t
follow(struct ov_view t, size_t at, const char *word, size_t n, size_t k)
{
	size_t m = member(t, at, word, n);

	for (size_t i = 0; m == t.n && i < sizeof(lists) / sizeof(lists[0]);
	     i++)
		if (strlen(lists[i][0]) == n &&
		    memcmp(lists[i][0], word, n) == 0)
			m = member(t, at, lists[i][1], strlen(lists[i][1]));
	return element(t, m, k);
}

/* The named group of types.json. */
static size_t
group(struct ov_view t, size_t at, const char *word, size_t n)
{
	return member(t, member(t, at, "groepen", 7), word, n);
}

static size_t
line_of(struct ov_view t, size_t at)
{
	size_t n = 1;

	for (size_t i = 0; i < at && i < t.n; i++)
		n += t.p[i] == '\n';
	return n;
}

/* The last "<word> <number>", "<word>[<number>]" or "<word>/<number>" of a step
 * that ends at `end`; false: none. */
static bool
split(const char *s, const char *end, const char **word, size_t *n, size_t *k)
{
	const char *d, *w;
	bool hook = end > s && end[-1] == ']';

	end -= hook ? 1 : 0;
	for (d = end; d > s && d[-1] >= '0' && d[-1] <= '9'; d--)
		;
	if (d == end || d == s || end - d > 9 ||
	    (hook ? d[-1] != '[' : d[-1] != ' ' && d[-1] != '/'))
		return false;
	*k = strtoul(d, NULL, 10);
	for (w = d - 1; w > s && w[-1] != ' '; w--)
		;
	*word = w;
	*n = (size_t)(d - 1 - w);
	return *n > 0;
}

size_t
ov_regelnr(struct ov_view t, const char *klacht)
{
	size_t at = blank(t, 0), n, k, next, place = t.n;
	const char *end, *word;

	for (; *klacht != '\0'; klacht = *end != '\0' ? end + 1 : end) {
		end = klacht + strcspn(klacht, ":");
		while (*klacht == ' ')
			klacht++;
		if (!split(klacht, end, &word, &n, &k)) {
			next = group(t, at, klacht, (size_t)(end - klacht));
			if (next != t.n)
				place = at = next;
			continue;
		}
		if (n == 4 && memcmp(word, "byte", 4) == 0)
			return line_of(t, k);
		if ((next = follow(t, at, word, n, k)) != t.n)
			place = at = next;
	}
	return place != t.n ? line_of(t, place) : 1;
}
