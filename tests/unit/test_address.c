/* links: hearsay */
#include "cli/address.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
test_addresses_have_one_spelling(void **state)
{
	static const struct {
		const char *in;
		enum err want;
		const char *host;
		unsigned port;
		bool numeric, loopback;
	} c[] = {
		{ "127.0.0.1:1119", ERR_OK, "127.0.0.1", 1119, true, true },
		{ "127.8.0.1:0", ERR_OK, "127.8.0.1", 0, true, true },
		{ "0.0.0.0:65535", ERR_OK, "0.0.0.0", 65535, true, false },
		{ "[::1]:119", ERR_OK, "::1", 119, true, true },
		{ "[fe80::2]:119", ERR_OK, "fe80::2", 119, true, false },
		{ "bob.example:4119", ERR_OK, "bob.example", 4119, false, false },
		{ "x_y-z.onion:80", ERR_OK, "x_y-z.onion", 80, false, false },
		{ "127.0.0.1", ERR_SYNTAX, NULL, 0, false, false },
		{ "127.0.0.1:", ERR_SYNTAX, NULL, 0, false, false },
		{ "127.0.0.1:65536", ERR_SYNTAX, NULL, 0, false, false },
		{ "127.0.0.1:-1", ERR_SYNTAX, NULL, 0, false, false },
		{ "127.0.0.1:99999999999999999999", ERR_SYNTAX, NULL, 0, false, false },
		{ "127.0.0.256:1", ERR_SYNTAX, NULL, 0, false, false },
		{ "1.2.3:1", ERR_SYNTAX, NULL, 0, false, false },
		{ "::1:119", ERR_SYNTAX, NULL, 0, false, false },
		{ "[::1]119", ERR_SYNTAX, NULL, 0, false, false },
		{ "[::1", ERR_SYNTAX, NULL, 0, false, false },
		{ "[]:1", ERR_SYNTAX, NULL, 0, false, false },
		{ "[bob]:1", ERR_SYNTAX, NULL, 0, false, false },
		{ ":119", ERR_SYNTAX, NULL, 0, false, false },
		{ "a..b:1", ERR_SYNTAX, NULL, 0, false, false },
		{ "a.b.:1", ERR_SYNTAX, NULL, 0, false, false },
		{ "-a:1", ERR_SYNTAX, NULL, 0, false, false },
		{ "a b:1", ERR_SYNTAX, NULL, 0, false, false },
		{ "a@b:1", ERR_SYNTAX, NULL, 0, false, false },
		{ "", ERR_SYNTAX, NULL, 0, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct address a = { 0 };
		const char *why = NULL;

		assert_int_equal(address_parse(view_str(c[i].in), &a, &why), c[i].want);
		if (c[i].want != ERR_OK) {
			assert_non_null(why);
			continue;
		}
		assert_true(view_eqs(a.host, c[i].host));
		assert_int_equal(a.port, c[i].port);
		assert_int_equal(a.numeric, c[i].numeric);
		assert_int_equal(a.loopback, c[i].loopback);
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

		assert_int_equal(address_carrier(view_str(c[i].in), &why), c[i].want);
	}
}

static void
test_addresses_are_told_apart_by_who_reaches_them(void **state)
{
	static const struct {
		const char *in;
		enum reach want;
	} c[] = {
		{ "bob.example:1", REACH_WORLD },
		{ "203.0.113.5:1", REACH_WORLD },
		{ "[2001:db8::1]:1", REACH_WORLD },
		{ "10.255.0.1:1", REACH_NEAR },
		{ "172.15.0.1:1", REACH_WORLD },
		{ "172.16.0.1:1", REACH_NEAR },
		{ "172.31.255.255:1", REACH_NEAR },
		{ "172.32.0.1:1", REACH_WORLD },
		{ "192.168.1.5:1", REACH_NEAR },
		{ "100.63.0.1:1", REACH_WORLD },
		{ "100.64.0.1:1", REACH_NEAR },
		{ "100.127.255.1:1", REACH_NEAR },
		{ "100.128.0.1:1", REACH_WORLD },
		{ "[fd00::1]:1", REACH_NEAR },
		{ "[::ffff:10.0.0.1]:1", REACH_NEAR },
		{ "127.0.0.1:1", REACH_HERE },
		{ "169.254.1.1:1", REACH_HERE },
		{ "[::1]:1", REACH_HERE },
		{ "[fe80::1]:1", REACH_HERE },
		{ "[::ffff:127.0.0.1]:1", REACH_HERE },
		{ "0.0.0.0:1", REACH_NOWHERE },
		{ "224.0.0.1:1", REACH_NOWHERE },
		{ "255.255.255.255:1", REACH_NOWHERE },
		{ "[::]:1", REACH_NOWHERE },
		{ "[ff02::1]:1", REACH_NOWHERE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct address a = { 0 };
		const char *why = NULL;

		assert_int_equal(address_parse(view_str(c[i].in), &a, &why), ERR_OK);
		if (address_reach(&a) != c[i].want)
			fail_msg("%s", c[i].in);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses_have_one_spelling),
		cmocka_unit_test(test_only_tcp_addresses_stand_in_a_token),
		cmocka_unit_test(test_addresses_are_told_apart_by_who_reaches_them),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
