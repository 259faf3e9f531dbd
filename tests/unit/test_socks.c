/* links: newsd */
#include "newsd/socks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct address
to(const char *text)
{
	struct address a;
	const char *why;

	assert_int_equal(address_parse(view_str(text), &a, &why), ERR_OK);
	return a;
}

/* Feeds what the proxy says, as much as is wanted at a time; how it ended. */
static enum err
talk(struct socks *s, const char *at, const void *said, size_t len, struct buf *sent,
    size_t *left)
{
	struct view in = { said, len };
	struct address a = to(at);
	enum err e = ERR_MORE;

	socks_begin(s, &a, sent);
	while (e == ERR_MORE && in.len > 0) {
		struct view piece = view_slice(in, 0, socks_wants(s));
		size_t before = piece.len;

		e = socks_input(s, &piece, sent);
		in = view_slice(in, before - piece.len, in.len);
		if (piece.len == before)
			break;
	}
	*left = in.len;
	return e;
}

#define BYTES(s) (s), sizeof(s) - 1

static void
test_the_request_is_what_rfc_1928_says(void **state)
{
	static const struct {
		const char *at;
		const char *want;
		size_t len;
	} c[] = {
		{ "a.onion:258", BYTES("\5\1\0\5\1\0\3\7a.onion\1\2") },
		{ "1.2.3.4:80", BYTES("\5\1\0\5\1\0\1\1\2\3\4\0\x50") },
		{ "[2001:db8::1]:80",
		    BYTES("\5\1\0\5\1\0\4\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0\x50") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf sent = BUF_INIT(600);
		struct socks s;
		size_t left;

		assert_int_equal(
		    talk(&s, c[i].at, BYTES("\5\0"), &sent, &left), ERR_MORE);
		assert_int_equal(sent.len, c[i].len);
		assert_memory_equal(sent.p, c[i].want, c[i].len);
		buf_release(&sent);
	}
}

static void
test_every_answer_has_one_meaning(void **state)
{
	static const struct {
		const char *said;
		size_t len;
		enum err want;
		unsigned reply;
		size_t left; /* the link's own bytes */
	} c[] = {
		{ BYTES("\5\0\5\0\0\1\1\2\3\4\0\0"), ERR_OK, 0, 0 },
		{ BYTES("\5\0\5\0\0\1\1\2\3\4\0\0W"), ERR_OK, 0, 1 },
		{ BYTES("\5\0\5\0\0\4ABCDEFGHIJKLMNOP\0\0hello"), ERR_OK, 0, 5 },
		{ BYTES("\5\0\5\0\0\3\4name\0\0"), ERR_OK, 0, 0 },
		{ BYTES("\5\0\5\0\0\3\0\0\0xy"), ERR_OK, 0, 2 },
		{ BYTES("\5\0\5\5\0\1\0\0\0\0\0\0"), ERR_DENIED, 5, 7 - 2 },
		{ BYTES("\5\0\5\4\0\1\0"), ERR_DENIED, 4, 0 },
		{ BYTES("\5\0\5\1"), ERR_DENIED, 1, 2 },
		{ BYTES("\5\xff"), ERR_DENIED, 0xff, 0 },
		{ BYTES("\5\2"), ERR_SYNTAX, 2, 0 },
		{ BYTES("\4\0"), ERR_SYNTAX, 0, 0 },
		{ BYTES("HTTP/1.1 400"), ERR_SYNTAX, 0, 10 },
		{ BYTES("\5\0\5\0\0\2\0"), ERR_SYNTAX, 0, 0 },
		{ BYTES("\5\0\4\0\0\1\0"), ERR_SYNTAX, 0, 0 },
		{ BYTES("\5\0\5\0\1\1\0"), ERR_SYNTAX, 0, 0 },
		{ BYTES("\5\0\5\0"), ERR_MORE, 0, 2 },
		{ BYTES("\5"), ERR_MORE, 0, 1 },
		{ BYTES("\5\0\5\0\0\1\1\2"), ERR_MORE, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf sent = BUF_INIT(600);
		struct socks s;
		size_t left;
		enum err e = talk(&s, "a.onion:1", c[i].said, c[i].len, &sent, &left);

		if (e != c[i].want)
			fail_msg("row %zu: %d", i, e);
		if (e == ERR_DENIED)
			assert_int_equal(s.reply, c[i].reply);
		if (e == ERR_OK)
			assert_int_equal(left, c[i].left);
		if (e != ERR_MORE && e != ERR_OK)
			assert_int_equal(s.state, SOCKS_FAILED);
		if (e != ERR_MORE)
			assert_int_equal(socks_wants(&s), 0);
		buf_release(&sent);
	}
}

static void
test_a_long_bound_name_is_read_in_pieces(void **state)
{
	char said[2 + 5 + 255 + 2 + 3] = "\5\0\5\0\0\3\xff";
	struct buf sent = BUF_INIT(600);
	struct socks s;
	size_t left;

	(void)state;
	memset(said + 7, 'n', sizeof said - 7);
	assert_int_equal(talk(&s, "a.onion:1", said, sizeof said, &sent, &left), ERR_OK);
	assert_int_equal(left, 3);
	buf_release(&sent);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_request_is_what_rfc_1928_says),
		cmocka_unit_test(test_every_answer_has_one_meaning),
		cmocka_unit_test(test_a_long_bound_name_is_read_in_pieces),
	};

	return cmocka_run_group_tests_name("socks", tests, NULL, NULL);
}
