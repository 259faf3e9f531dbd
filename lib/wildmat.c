#include "lib/wildmat.h"

#include "lib/limits.h"
#include "lib/text.h"

/* Takes the next pattern of the list, without its '!'; false at the end. */
static bool
next_pattern(struct view *rest, struct view *pattern, bool *negated)
{
	size_t n;

	if (rest->len == 0)
		return false;
	n = view_chr(*rest, ',');
	*pattern = view_slice(*rest, 0, n);
	*rest = view_slice(*rest, n + 1, rest->len);
	*negated = pattern->len > 0 && pattern->p[0] == '!';
	if (*negated)
		*pattern = view_slice(*pattern, 1, pattern->len);
	return true;
}

/* RFC 3977 4.1: wildmat-exact and the two wildcards */
static bool
pattern_valid(struct view p)
{
	static const char refused[] = "!,[\\]\x7f";

	for (size_t i = 0; i < p.len; i++)
		if (p.p[i] <= ' ' ||
		    view_chr(VIEW_LIT(refused), p.p[i]) < sizeof refused - 1)
			return false;
	return p.len > 0 && text_utf8(p);
}

bool
wildmat_valid(struct view w)
{
	struct view pattern;
	bool negated;
	size_t n = 0;

	if (w.len == 0 || w.len > WILDMAT_MAX || w.p[w.len - 1] == ',')
		return false;
	while (next_pattern(&w, &pattern, &negated))
		if (++n > WILDMATS_MAX || !pattern_valid(pattern))
			return false;
	return true;
}

/* Length of the code point at i; a byte that starts none counts as one. */
static size_t
step(struct view t, size_t i)
{
	struct view v = view_slice(t, i, t.len);
	uint32_t r;

	return text_rune(&v, &r) == ERR_OK ? t.len - i - v.len : 1;
}

/* Only the last * is ever taken back, so this needs at most |p| * |t| steps. */
static bool
pattern_match(struct view p, struct view t)
{
	size_t i = 0, j = 0, star = p.len, from = 0;

	while (j < t.len) {
		if (i < p.len && p.p[i] == '*') {
			star = i++;
			from = j;
		} else if (i < p.len && p.p[i] == '?') {
			i++;
			j += step(t, j);
		} else if (i < p.len && p.p[i] == t.p[j]) {
			i++;
			j++;
		} else if (star < p.len) {
			i = star + 1;
			from += step(t, from);
			j = from;
		} else {
			return false;
		}
	}
	while (i < p.len && p.p[i] == '*')
		i++;
	return i == p.len;
}

bool
wildmat_match(struct view w, struct view text)
{
	struct view pattern;
	bool negated, matched = false;

	while (next_pattern(&w, &pattern, &negated))
		if (matched == negated && pattern_match(pattern, text))
			matched = !negated;
	return matched;
}
