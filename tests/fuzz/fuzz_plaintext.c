/* links: reader */
#include <assert.h>

#include "lib/text.h"
#include "reader/plaintext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view v = { data, size };
	struct plaintext t;

	plaintext_init(&t);
	plaintext_read(&t, v);
	assert(text_utf8(buf_view(&t.subject)) && text_utf8(buf_view(&t.from)));
	assert(text_utf8(buf_view(&t.body)) && t.body.len <= PLAINTEXT_MAX);
	buf_reset(&t.subject);
	plaintext_header(v, &t.subject);
	assert(text_utf8(buf_view(&t.subject)));
	plaintext_release(&t);
	return 0;
}
