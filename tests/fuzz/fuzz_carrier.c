/* links: newsd */
#include <assert.h>
#include <stdlib.h>

#include "lib/text.h"
#include "newsd/friendlist.h"
#include "newsd/wakes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_call(void *arg, struct view friend)
{
	(void)arg;
	assert(friend.len == 0 || text_name(friend));
}

/* A friend's file and its keys: nothing crashes, and a carrier that is accepted is written
 * back as it was. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view v = { data, size };
	struct friendlist l = {
		.friends = calloc(1, sizeof *l.friends), .n = 1, .seen = -1
	};
	struct friend *f = l.friends;

	assert(f != NULL);
	*f = (struct friend){ .name = "f",
		.count = -1,
		.lines = BUF_INIT(CONF_MAX),
		.keys = BUF_INIT(CONF_MAX) };
	friend_read(f, v, NULL);
	for (size_t i = 0; i < f->n_carriers; i++) {
		struct buf text = BUF_INIT(2 * CONF_LINE_MAX);
		struct carrier again = { 0 };
		struct view value, key;
		const char *why;

		carrier_write(&f->carriers[i], &text);
		value = buf_view(&text);
		assert(text_word(&value, &key));
		assert(carrier_parse(key, text_trim(value), &again, &why) == ERR_OK);
		assert(again.kind == f->carriers[i].kind);
		carrier_release(&again);
		buf_release(&text);
	}
	(void)friend_read_keys(f, v);
	assert(f->n_roots <= ROOTS_MAX);
	(void)wakes_parse(v, on_call, NULL);
	friendlist_release(&l);
	return 0;
}
