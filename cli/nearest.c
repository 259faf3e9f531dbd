#include "cli/nearest.h"

#include <string.h>

#define WORD_MAX 20 /* longer than any name; longer words are near to nothing */

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edit distance with neighbours swapped counted as one. */
static size_t
distance(const char *a, size_t alen, const char *b, size_t blen)
{
	size_t d[WORD_MAX + 1][WORD_MAX + 1];

	for (size_t i = 0; i <= alen; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= blen; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= alen; i++)
		for (size_t j = 1; j <= blen; j++) {
			size_t swap = a[i - 1] != b[j - 1];

			d[i][j] = least(
			    least(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + swap);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[alen][blen];
}

const char *
nearest(const char *word, const char *const *names, size_t n)
{
	size_t len = strlen(word), best = len < 3 ? 1 : len < 5 ? 2 : 3;
	const char *found = NULL;

	if (len == 0 || len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t nlen = strlen(names[i]), dist;

		if (nlen > WORD_MAX)
			continue;
		dist = distance(word, len, names[i], nlen);
		if (len >= 3 && nlen > len && memcmp(word, names[i], len) == 0)
			dist = 1;
		if (dist < best) {
			best = dist;
			found = names[i];
		}
	}
	return found;
}
