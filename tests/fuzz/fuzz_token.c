/* A token as a person types it, and one whose checksum is right whatever it holds. */
#include <assert.h>
#include <stdlib.h>

#include "lib/b32.h"
#include "lib/digest.h"
#include "lib/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted is written back, read again and written the same. */
static void
check(struct view text)
{
	struct buf one = BUF_INIT(TOKEN_TEXT_MAX), two = BUF_INIT(TOKEN_TEXT_MAX);
	struct token t = { 0 }, again = { 0 };
	size_t at;

	if (token_parse(text, &t, &at) != ERR_OK) {
		assert(at <= text.len);
		goto out;
	}
	if (token_write(&t, &one) != ERR_OK ||
	    token_parse(buf_view(&one), &again, &at) != ERR_OK ||
	    token_write(&again, &two) != ERR_OK ||
	    !view_eq(buf_view(&one), buf_view(&two)))
		abort();
out:
	token_release(&t);
	token_release(&again);
	buf_release(&one);
	buf_release(&two);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf bytes = BUF_INIT(TOKEN_TEXT_MAX), text = BUF_INIT(2 * TOKEN_TEXT_MAX);
	unsigned char sum[DIGEST_LEN];

	crypto_init();
	check((struct view){ data, size });
	digest_sha256((struct view){ data, size }, sum);
	buf_add(&bytes, data, size);
	buf_add(&bytes, sum, 4);
	b32_upper(&text, buf_view(&bytes));
	check(buf_view(&text));
	buf_release(&bytes);
	buf_release(&text);
	return 0;
}
