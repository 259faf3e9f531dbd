/* Wildmats: the fast matcher and one that follows RFC 3977 4.2 word by word agree. The
 * input is a wildmat, a line end, and a text. */
#include <assert.h>
#include <stdint.h>

#include "lib/group.h"
#include "lib/limits.h"
#include "lib/text.h"
#include "lib/wildmat.h"

#define SMALL 14 /* the slow one is exponential */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
slow_pattern(struct view p, struct view t)
{
	struct view rest = t;
	uint32_t r;

	if (p.len == 0)
		return t.len == 0;
	if (p.p[0] == '*' && slow_pattern(view_slice(p, 1, p.len), t))
		return true;
	if (t.len == 0)
		return false;
	if (p.p[0] != '*' && p.p[0] != '?')
		return p.p[0] == t.p[0] &&
		    slow_pattern(view_slice(p, 1, p.len), view_slice(t, 1, t.len));
	if (text_rune(&rest, &r) != ERR_OK)
		rest = view_slice(t, 1, t.len);
	return slow_pattern(p.p[0] == '*' ? p : view_slice(p, 1, p.len), rest);
}

/* From the right: the first that matches decides. */
static bool
slow_match(struct view w, struct view t)
{
	size_t start;
	bool no;

	while (w.len > 0) {
		for (start = w.len; start > 0 && w.p[start - 1] != ','; start--)
			;
		no = start < w.len && w.p[start] == '!';
		if (slow_pattern(view_slice(w, start + no, w.len), t))
			return !no;
		w = view_slice(w, 0, start > 0 ? start - 1 : 0);
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view in = { data, size };
	size_t n = view_chr(in, '\n');
	struct view w = view_slice(in, 0, n), t = view_slice(in, n + 1, size);
	bool got = false;

	if (w.len <= WILDMAT_MAX && t.len <= GROUP_MAX)
		got = wildmat_match(w, t);
	if (wildmat_valid(w) && w.len <= SMALL && t.len <= SMALL && text_utf8(t))
		assert(got == slow_match(w, t));
	if (group_valid(t))
		assert(text_utf8(t) && t.len <= GROUP_MAX);
	(void)group_local(t);
	return 0;
}
