/* links: newsd */
#include "lib/carrier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "newsd/control.h"
#include "newsd/friendlist.h"
#include "newsd/wakes.h"

static const struct {
	const char *key, *value;
	enum err want;
} cases[] = {
	{ "tcp", "bob.example:4119", ERR_OK },
	{ "tcp", "192.0.2.1:4119", ERR_OK },
	{ "tcp", "[2001:db8::1]:4119", ERR_OK },
	{ "tcp", "x_y-z.onion:80", ERR_OK },
	{ "learned", "bob.example:4119", ERR_OK },
	{ "socks5", "127.0.0.1:9050/abcdef.onion:4119", ERR_OK },
	{ "socks5", "[::1]:9050/[2001:db8::1]:4119", ERR_OK },
	{ "exec", "ssh bob newsd --stdio", ERR_OK },
	{ "dir", "/media/stick", ERR_OK },
	{ "send", "*", ERR_NOTFOUND },
	{ "TCP", "bob.example:4119", ERR_NOTFOUND },
	{ "tcp", "", ERR_SYNTAX },
	{ "tcp", "bob.example", ERR_SYNTAX },
	{ "tcp", "bob.example:0", ERR_SYNTAX },
	{ "tcp", "bob.example:04119", ERR_SYNTAX },
	{ "tcp", "bob.example:65536", ERR_SYNTAX },
	{ "tcp", "bob.example:1 2", ERR_SYNTAX },
	{ "tcp", "bob example:1", ERR_SYNTAX },
	{ "tcp", "2001:db8::1:4119", ERR_SYNTAX },
	{ "tcp", "[bob]:1", ERR_SYNTAX },
	{ "tcp", "[]:1", ERR_SYNTAX },
	{ "tcp", "[::1", ERR_SYNTAX },
	{ "tcp", "1.2.3:1", ERR_SYNTAX },
	{ "tcp", "a..b:1", ERR_SYNTAX },
	{ "tcp", "-a:1", ERR_SYNTAX },
	{ "tcp", ":1", ERR_SYNTAX },
	{ "socks5", "127.0.0.1:9050", ERR_SYNTAX },
	{ "socks5", "localhost:9050/a.onion:1", ERR_SYNTAX },
	{ "socks5", "127.0.0.1:0/a.onion:1", ERR_SYNTAX },
	{ "socks5", "127.0.0.1:9050/a.onion:0", ERR_SYNTAX },
	{ "socks5", "127.0.0.1:9050/a/b:1", ERR_SYNTAX },
	{ "exec", "", ERR_SYNTAX },
	{ "dir", "", ERR_SYNTAX },
	{ "dir", "media/stick", ERR_SYNTAX },
	{ "dir", " /media/stick", ERR_SYNTAX },
	{ "exec", "a\nb", ERR_SYNTAX },
};

static void
test_what_is_accepted_is_written_back_as_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buf got = BUF_INIT(1000), want = BUF_INIT(1000);
		struct carrier c = { 0 };
		const char *why = NULL;

		if (carrier_parse(view_str(cases[i].key), view_str(cases[i].value), &c,
			&why) != cases[i].want)
			fail_msg("%s %s", cases[i].key, cases[i].value);
		assert_true(cases[i].want != ERR_SYNTAX || why != NULL);
		if (cases[i].want != ERR_OK)
			continue;
		carrier_write(&c, &got);
		buf_addf(&want, "%s %s", cases[i].key, cases[i].value);
		assert_true(view_eq(buf_view(&got), buf_view(&want)));
		carrier_release(&c);
		buf_release(&got);
		buf_release(&want);
	}
}

static void
test_a_person_says_a_carrier_in_one_word(void **state)
{
	static const struct {
		const char *in, *line;
	} c[] = {
		{ "tcp:bob.example:4119", "tcp bob.example:4119" },
		{ "socks5:127.0.0.1:9050/x.onion:1", "socks5 127.0.0.1:9050/x.onion:1" },
		{ "exec:ssh bob newsd --stdio", "exec ssh bob newsd --stdio" },
		{ "dir:/media/bob", "dir /media/bob" },
		{ "bob.example:4119", NULL },
		{ "tcp", NULL },
		{ "", NULL },
		{ "learned:192.0.2.1:1", NULL },
		{ "tcp: bob.example:1", NULL },
		{ "exec: ", NULL },
		{ "exec:a\ntcp eve.example:1", NULL },
		{ "dir:/a\r", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf back = BUF_INIT(1000);
		struct carrier k = { 0 };
		const char *why = NULL;

		assert_int_equal(carrier_word(view_str(c[i].in), &k, &why),
		    c[i].line != NULL ? ERR_OK : ERR_SYNTAX);
		assert_true(c[i].line != NULL || why != NULL);
		if (c[i].line == NULL)
			continue;
		carrier_write(&k, &back);
		assert_true(view_eqs(buf_view(&back), c[i].line));
		carrier_release(&k);
		buf_release(&back);
	}
}

static void
test_only_tcp_addresses_stand_in_a_token(void **state)
{
	static const struct {
		const char *in;
		enum err want;
	} c[] = {
		{ "tcp:bob.example:4119", ERR_OK },
		{ "tcp:[2001:db8::1]:4119", ERR_OK },
		{ "tcp:abcdefghij.onion:4119", ERR_OK },
		{ "bob.example:4119", ERR_SYNTAX },
		{ "exec:rm -rf", ERR_SYNTAX },
		{ "serial:/dev/ttyS0", ERR_SYNTAX },
		{ "socks5:127.0.0.1:9050", ERR_SYNTAX },
		{ "TCP:bob.example:4119", ERR_SYNTAX },
		{ "tcp:bob.example:0", ERR_SYNTAX },
		{ "tcp:bob.example", ERR_SYNTAX },
		{ "tcp:", ERR_SYNTAX },
		{ "tcp:a.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
		  "aaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaa:4119",
		    ERR_SYNTAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		const char *why = NULL;

		assert_int_equal(carrier_hint(view_str(c[i].in), &why), c[i].want);
	}
}

static void
test_learned_addresses_are_dialled_by_their_class(void **state)
{
	static const struct {
		const char *at;
		bool plain, with_private;
	} c[] = {
		{ "192.0.2.1:1", true, true },
		{ "[2001:db8::1]:1", true, true },
		{ "10.1.2.3:1", false, true },
		{ "172.16.0.1:1", false, true },
		{ "172.31.255.255:1", false, true },
		{ "172.32.0.1:1", true, true },
		{ "192.168.0.1:1", false, true },
		{ "100.64.0.1:1", false, true },
		{ "100.127.255.255:1", false, true },
		{ "100.128.0.1:1", true, true },
		{ "[fd00::1]:1", false, true },
		{ "127.0.0.1:1", false, false },
		{ "127.255.0.1:1", false, false },
		{ "0.0.0.0:1", false, false },
		{ "0.1.2.3:1", false, false },
		{ "169.254.1.1:1", false, false },
		{ "224.0.0.1:1", false, false },
		{ "255.255.255.255:1", false, false },
		{ "[::]:1", false, false },
		{ "[::1]:1", false, false },
		{ "[fe80::1]:1", false, false },
		{ "[ff02::1]:1", false, false },
		/* IPv4 in IPv6's clothes */
		{ "[::ffff:127.0.0.1]:1", false, false },
		{ "[::ffff:10.0.0.1]:1", false, true },
		{ "[::ffff:192.0.2.1]:1", true, true },
		{ "[::127.0.0.1]:1", false, false },
		{ "[64:ff9b::7f00:1]:1", false, false },
		{ "[64:ff9b::a00:1]:1", false, true },
		{ "[2002:7f00:1::1]:1", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct carrier learned = { 0 }, chosen = { 0 };
		struct endpoint e;
		const char *why;

		assert_int_equal(
		    carrier_parse(view_str("learned"), view_str(c[i].at), &learned, &why),
		    ERR_OK);
		assert_int_equal(
		    carrier_parse(view_str("tcp"), view_str(c[i].at), &chosen, &why),
		    ERR_OK);
		address_endpoint(&learned.at, &e);
		if (carrier_allows(&learned, &e, false) != c[i].plain ||
		    carrier_allows(&learned, &e, true) != c[i].with_private)
			fail_msg("%s", c[i].at);
		assert_true(carrier_allows(&chosen, &e, false));
	}
}

static void
read_file(struct friend *f, const char *text)
{
	*f = (struct friend){ .name = "bob",
		.count = -1,
		.lines = BUF_INIT(CONF_MAX),
		.keys = BUF_INIT(CONF_MAX) };
	friend_read(f, view_str(text), NULL);
}

static void
forget(struct friend *f)
{
	struct friendlist one = { .friends = calloc(1, sizeof *f), .n = 1, .seen = -1 };

	assert_non_null(one.friends);
	one.friends[0] = *f;
	friendlist_release(&one);
}

static void
test_the_class_that_was_chosen_decides_about_learned_ones(void **state)
{
	static const struct {
		const char *file;
		bool want;
	} c[] = {
		{ "learned a.example:1\n", true },
		{ "tcp b.example:1\nlearned a.example:1\n", true },
		{ "socks5 127.0.0.1:9050/b.onion:1\nlearned a.example:1\n", false },
		{ "exec ssh b\nlearned a.example:1\n", false },
		{ "dir /x\nlearned a.example:1\n", false },
		{ "socks5 127.0.0.1:9050/b.onion:1\ntcp c.example:2\nlearned a.example:1\n",
		    true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct friend f;

		read_file(&f, c[i].file);
		assert_int_equal(
		    carrier_learned_allowed(f.carriers, f.n_carriers), c[i].want);
		forget(&f);
	}
}

static void
test_a_friends_file_is_read_line_by_line(void **state)
{
	struct friend f;

	(void)state;
	read_file(&f,
	    "send comp.*\nlearned l.example:1\ntcp nowhere\ntcp a.example:1\n"
	    "call on-arrival\nprivate yes\nexec ssh b\nwindow 01:00-02:00\n");
	assert_int_equal(f.n_carriers, 3);
	assert_int_equal(f.carriers[0].kind, CARRIER_TCP);
	assert_int_equal(f.carriers[1].kind, CARRIER_EXEC);
	assert_string_equal(f.carriers[1].text, "ssh b");
	assert_int_equal(f.carriers[2].kind, CARRIER_LEARNED);
	assert_true(f.schedule.on_arrival && f.private_allowed);
	assert_int_equal(f.schedule.n_windows, 1);
	forget(&f);
}

#define HEX32 "000102030405060708090a0b0c0d0e0f"
#define HEX64 HEX32 "ffffffffffffffffffffffffffffffff"

static void
test_keys_are_read_whole_or_not_at_all(void **state)
{
	static const struct {
		const char *file;
		enum err want;
		size_t n;
	} c[] = {
		{ "", ERR_OK, 0 },
		{ "root " HEX32 " out " HEX64 " in " HEX64 "\n", ERR_OK, 1 },
		{ "root " HEX32 " out " HEX64 " in " HEX64 "\nroot " HEX32 " out " HEX64
		  " in " HEX64 "\n",
		    ERR_OK, 2 },
		{ "root " HEX32 " in " HEX64 " out " HEX64 "\n", ERR_SYNTAX, 0 },
		{ "root " HEX64 " out " HEX64 " in " HEX64 "\n", ERR_SYNTAX, 0 },
		{ "root " HEX32 " out " HEX32 " in " HEX64 "\n", ERR_SYNTAX, 0 },
		{ "root " HEX32 " out " HEX64 " in " HEX64 " more\n", ERR_SYNTAX, 0 },
		{ "root " HEX32 " out " HEX64 "\n", ERR_SYNTAX, 0 },
		{ "key x\n", ERR_SYNTAX, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct friend f;

		read_file(&f, "");
		assert_int_equal(friend_read_keys(&f, view_str(c[i].file)), c[i].want);
		assert_int_equal(f.n_roots, c[i].n);
		if (c[i].n > 0) {
			assert_int_equal(f.roots[0].id[15], 0x0f);
			assert_int_equal(f.roots[0].in.b[31], 0xff);
		}
		forget(&f);
	}
}

static void
test_messages_are_ten_bytes_and_checked(void **state)
{
	static const struct {
		struct control c;
		bool fd, want;
	} c[] = {
		{ { CONTROL_EXCHANGE, ROLE_CALLER, 3, 0 }, true, true },
		{ { CONTROL_EXCHANGE, ROLE_ANSWERER, 3, 0 }, true, true },
		{ { CONTROL_EXCHANGE, ROLES, 3, 0 }, true, false },
		{ { CONTROL_EXCHANGE, ROLE_CALLER, 3, 0 }, false, false },
		{ { CONTROL_STATE, STATE_UP, 3, 9 }, false, true },
		{ { CONTROL_STATE, STATE_UP, 3, 9 }, true, false },
		{ { CONTROL_STATE, STATES, 3, 9 }, false, false },
		{ { CONTROL_CARRIER, TROUBLES - 1, 3, 9 }, false, true },
		{ { CONTROL_CARRIER, TROUBLES, 3, 9 }, false, false },
		{ { 0, 0, 0, 0 }, false, false },
		{ { CONTROL_AGAIN, 0, 3, 0 }, false, true },
		{ { CONTROL_AGAIN + 1, 0, 3, 0 }, false, false },
		{ { CONTROL_STRANGER, 0, CONTROL_ALL, 0 }, true, true },
		{ { CONTROL_STRANGER, 0, 3, 0 }, true, false },
		{ { CONTROL_EXCHANGE, 0, CONTROL_ALL, 0 }, true, false },
		{ { CONTROL_STRANGER + 1, 0, CONTROL_ALL, 0 }, true, false },
		{ { 255, 255, UINT32_MAX, UINT32_MAX }, true, false },
	};
	static const unsigned char want[CONTROL_LEN] = { 4, 2, 1, 2, 3, 4, 5, 6, 7, 8 };
	const struct control m = { 4, 2, 0x01020304, 0x05060708 };
	unsigned char raw[CONTROL_LEN];
	struct control back;

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
		if (control_sane(&c[i].c, c[i].fd) != c[i].want)
			fail_msg("row %zu", i);
	control_write(&m, raw);
	assert_memory_equal(raw, want, sizeof want);
	control_read(raw, &back);
	assert_memory_equal(&back, &m, sizeof m);
	for (unsigned t = 0; t < TROUBLES; t++)
		assert_non_null(trouble_text((enum trouble)t));
}

static void
note_call(void *arg, struct view friend)
{
	struct buf *calls = arg;

	buf_addc(calls, '<');
	buf_addv(calls, friend);
	buf_addc(calls, '>');
}

static void
test_the_fifo_carries_wakes_and_calls(void **state)
{
	static const struct {
		const char *in, *calls;
		bool wake;
	} c[] = {
		{ "w", "", true },
		{ "wwww", "", true },
		{ "call bob\n", "<bob>", false },
		{ "call\n", "<>", false },
		{ "wwcall bob\nw", "<bob>", true },
		{ "call bob\ncall eve\n", "<bob><eve>", false },
		{ "call ../x\n", "", true },
		{ "x\n", "", true },
		{ "\n", "", false },
		{ "", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf calls = BUF_INIT(100);

		assert_int_equal(
		    wakes_parse(view_str(c[i].in), note_call, &calls), c[i].wake);
		assert_true(view_eqs(buf_view(&calls), c[i].calls));
		buf_release(&calls);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_accepted_is_written_back_as_it_was),
		cmocka_unit_test(test_a_person_says_a_carrier_in_one_word),
		cmocka_unit_test(test_only_tcp_addresses_stand_in_a_token),
		cmocka_unit_test(test_learned_addresses_are_dialled_by_their_class),
		cmocka_unit_test(
		    test_the_class_that_was_chosen_decides_about_learned_ones),
		cmocka_unit_test(test_a_friends_file_is_read_line_by_line),
		cmocka_unit_test(test_keys_are_read_whole_or_not_at_all),
		cmocka_unit_test(test_messages_are_ten_bytes_and_checked),
		cmocka_unit_test(test_the_fifo_carries_wakes_and_calls),
	};

	return cmocka_run_group_tests_name("carrier", tests, NULL, NULL);
}
