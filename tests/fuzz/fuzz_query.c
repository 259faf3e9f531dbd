#include <assert.h>

#include "spool/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Quotes come in pairs, and outside of them stand our own words alone. */
static void
check(const struct query *q)
{
	struct view v = buf_view(&q->match);
	size_t n;

	while ((n = view_chr(v, '"')) < v.len) {
		for (size_t i = 0; i < n; i++)
			assert(view_chr(VIEW_LIT(" {}:ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						 "abcdefghijklmnopqrstuvwxyz"),
				   v.p[i]) < 57);
		v = view_slice(v, n + 1, v.len);
		n = view_chr(v, '"');
		assert(n < v.len && n > 0);
		v = view_slice(v, n + 1, v.len);
	}
	assert(v.len == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view v = { data, size };
	struct query q;
	const char *why;

	query_init(&q);
	if (query_parse(v, &q, &why) == ERR_OK)
		check(&q);
	else
		assert(why != NULL);
	if (query_parse_group(v, &q, &why) == ERR_OK)
		check(&q);
	query_release(&q);
	return 0;
}
