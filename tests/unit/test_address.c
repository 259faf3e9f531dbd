#include "lib/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
test_addresses_have_one_spelling(void **state)
{
	static const struct {
		const char *in;
		enum err want;
		const char *host;
		unsigned port;
		bool numeric;
	} c[] = {
		{ "127.0.0.1:1119", ERR_OK, "127.0.0.1", 1119, true },
		{ "127.8.0.1:0", ERR_OK, "127.8.0.1", 0, true },
		{ "0.0.0.0:65535", ERR_OK, "0.0.0.0", 65535, true },
		{ "[::1]:119", ERR_OK, "::1", 119, true },
		{ "[fe80::2]:119", ERR_OK, "fe80::2", 119, true },
		{ "bob.example:4119", ERR_OK, "bob.example", 4119, false },
		{ "x_y-z.onion:80", ERR_OK, "x_y-z.onion", 80, false },
		{ "127.0.0.1", ERR_SYNTAX, NULL, 0, false },
		{ "127.0.0.1:", ERR_SYNTAX, NULL, 0, false },
		{ "127.0.0.1:65536", ERR_SYNTAX, NULL, 0, false },
		{ "127.0.0.1:-1", ERR_SYNTAX, NULL, 0, false },
		{ "127.0.0.1:99999999999999999999", ERR_SYNTAX, NULL, 0, false },
		{ "127.0.0.256:1", ERR_SYNTAX, NULL, 0, false },
		{ "1.2.3:1", ERR_SYNTAX, NULL, 0, false },
		{ "::1:119", ERR_SYNTAX, NULL, 0, false },
		{ "[::1]119", ERR_SYNTAX, NULL, 0, false },
		{ "[::1", ERR_SYNTAX, NULL, 0, false },
		{ "[]:1", ERR_SYNTAX, NULL, 0, false },
		{ "[bob]:1", ERR_SYNTAX, NULL, 0, false },
		{ ":119", ERR_SYNTAX, NULL, 0, false },
		{ "a..b:1", ERR_SYNTAX, NULL, 0, false },
		{ "a.b.:1", ERR_SYNTAX, NULL, 0, false },
		{ "-a:1", ERR_SYNTAX, NULL, 0, false },
		{ "a b:1", ERR_SYNTAX, NULL, 0, false },
		{ "a@b:1", ERR_SYNTAX, NULL, 0, false },
		{ "a:01", ERR_SYNTAX, NULL, 0, false },
		{ "", ERR_SYNTAX, NULL, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf back = BUF_INIT(HOST_MAX + 10);
		struct address a = { 0 };
		const char *why = NULL;

		assert_int_equal(address_parse(view_str(c[i].in), &a, &why), c[i].want);
		if (c[i].want != ERR_OK) {
			assert_non_null(why);
			continue;
		}
		assert_string_equal(a.host, c[i].host);
		assert_int_equal(a.port, c[i].port);
		assert_int_equal(a.numeric, c[i].numeric);
		assert_int_equal(address_listen(view_str(c[i].in), &a, &why),
		    c[i].numeric ? ERR_OK : ERR_SYNTAX);
		address_write(&a, &back);
		assert_true(view_eqs(buf_view(&back), c[i].in));
		buf_release(&back);
	}
}

static void
test_addresses_are_told_apart_by_who_reaches_them(void **state)
{
	static const struct {
		const char *in;
		enum address_class want;
	} c[] = {
		{ "bob.example:1", ADDRESS_PUBLIC },
		{ "203.0.113.5:1", ADDRESS_PUBLIC },
		{ "[2001:db8::1]:1", ADDRESS_PUBLIC },
		{ "10.255.0.1:1", ADDRESS_PRIVATE },
		{ "172.15.0.1:1", ADDRESS_PUBLIC },
		{ "172.16.0.1:1", ADDRESS_PRIVATE },
		{ "172.31.255.255:1", ADDRESS_PRIVATE },
		{ "172.32.0.1:1", ADDRESS_PUBLIC },
		{ "192.168.1.5:1", ADDRESS_PRIVATE },
		{ "100.63.0.1:1", ADDRESS_PUBLIC },
		{ "100.64.0.1:1", ADDRESS_PRIVATE },
		{ "100.127.255.1:1", ADDRESS_PRIVATE },
		{ "100.128.0.1:1", ADDRESS_PUBLIC },
		{ "[fd00::1]:1", ADDRESS_PRIVATE },
		{ "[::ffff:10.0.0.1]:1", ADDRESS_PRIVATE },
		{ "127.0.0.1:1", ADDRESS_LOOPBACK },
		{ "169.254.1.1:1", ADDRESS_NEIGHBOUR },
		{ "[::1]:1", ADDRESS_LOOPBACK },
		{ "[fe80::1]:1", ADDRESS_NEIGHBOUR },
		{ "[::ffff:127.0.0.1]:1", ADDRESS_LOOPBACK },
		{ "0.0.0.0:1", ADDRESS_NOWHERE },
		{ "224.0.0.1:1", ADDRESS_NOWHERE },
		{ "255.255.255.255:1", ADDRESS_NOWHERE },
		{ "[::]:1", ADDRESS_NOWHERE },
		{ "[::2]:1", ADDRESS_NOWHERE },
		{ "[fec0::1]:1", ADDRESS_NOWHERE },
		{ "[ff02::1]:1", ADDRESS_NOWHERE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct address a = { 0 };
		const char *why = NULL;

		assert_int_equal(address_parse(view_str(c[i].in), &a, &why), ERR_OK);
		if (address_class(&a) != c[i].want)
			fail_msg("%s", c[i].in);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses_have_one_spelling),
		cmocka_unit_test(test_addresses_are_told_apart_by_who_reaches_them),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
