/* links: newsd */
/* A script up to the first NUL, then what the other side says, in pieces. */
#include <assert.h>

#include "newsd/chat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct chat_words words = { VIEW_LIT("5551234"), VIEW_LIT("ana"),
		VIEW_LIT("secret") };
	struct view v = { data, size };
	size_t at = view_chr(v, '\0');
	struct chat *c = NULL;
	unsigned char out[16];
	const char *why = "";
	uint64_t now = 0;

	if (chat_new(view_slice(v, 0, at), &words, now, &c, &why) != ERR_OK) {
		assert(why[0] != '\0');
		return 0;
	}
	v = view_slice(v, at + 1, size);
	for (int i = 0; i < 4000 && chat_state(c) == CHAT_RUNNING; i++) {
		size_t n = v.len > 0 && v.p[0] % 16 < v.len ? v.p[0] % 16 : v.len;

		assert(chat_output(c, out, sizeof out, now) <= sizeof out);
		chat_break(c);
		chat_input(c, view_slice(v, 0, n), now);
		v = view_slice(v, n, v.len);
		if (n == 0) {
			if (chat_next(c, now) == CHAT_NEVER)
				break;
			now += chat_next(c, now) + (v.len > 0);
			v = view_slice(v, 1, v.len);
		}
	}
	assert(chat_state(c) != CHAT_FAILED || chat_why(c)[0] != '\0');
	chat_free(c);
	return 0;
}
