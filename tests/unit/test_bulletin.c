/* links: reader */
#include "reader/bulletin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
a_file_is_shown_as_its_list_has_it_or_refused_by_line(void **state)
{
	static const struct {
		enum bulletin_kind kind;
		const char *file, *want; /* want NULL: refused, */
		unsigned line;           /* at that one */
	} c[] = {
		{ BULLETIN_MOTD, "", "", 0 },
		{ BULLETIN_MOTD, "Hello\n\n# as it is\n.\n",
		    "Hello\r\n\r\n# as it is\r\n.\r\n", 0 },
		{ BULLETIN_MOTD,
		    "a\r\nGr\xc3\xbc\xc3\x9f"
		    "e",
		    "a\r\nGr\xc3\xbc\xc3\x9f"
		    "e\r\n",
		    0 },
		{ BULLETIN_MOTD, "a\nb\xff\n", NULL, 2 },
		{ BULLETIN_MOTD, "\x1b[2J\n", NULL, 1 },
		{ BULLETIN_MOTD, "a\rb\n", NULL, 1 },
		{ BULLETIN_SUBSCRIPTIONS, "# start\n\n news.answers \ntalk.x\n",
		    "news.answers\r\ntalk.x\r\n", 0 },
		{ BULLETIN_SUBSCRIPTIONS, "talk.*\n", NULL, 1 },
		{ BULLETIN_SUBSCRIPTIONS, "a b\n", NULL, 1 },
		{ BULLETIN_DISTRIBUTIONS, "local  Here alone\n", "local\tHere alone\r\n",
		    0 },
		{ BULLETIN_DISTRIBUTIONS, "local\n", NULL, 1 },
		{ BULLETIN_DISTRIBUTIONS, "lo,cal Here\n", NULL, 1 },
		{ BULLETIN_DISTRIBUTIONS, "+x Here\n", NULL, 1 },
		{ BULLETIN_DISTRIB_PATS, "10:talk.*,!talk.x:local,world\n",
		    "10:talk.*,!talk.x:local,world\r\n", 0 },
		{ BULLETIN_DISTRIB_PATS, "x:talk.*:local\n", NULL, 1 },
		{ BULLETIN_DISTRIB_PATS, "1:t[a]lk:local\n", NULL, 1 },
		{ BULLETIN_DISTRIB_PATS, "1:talk.*\n", NULL, 1 },
		{ BULLETIN_DISTRIB_PATS, "1:talk.*:a,\n", NULL, 1 },
		{ BULLETIN_MODERATORS, "talk.*:%s@mod.example\n*:all@mod.example\n",
		    "talk.*:%s@mod.example\r\n*:all@mod.example\r\n", 0 },
		{ BULLETIN_MODERATORS, "talk.*\n", NULL, 1 },
		{ BULLETIN_MODERATORS, "talk.*:a b@c.example\n", NULL, 1 },
		{ BULLETIN_MODERATORS, "talk.*:nobody\n", NULL, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf out = BUF_INIT(BULLETIN_MAX);
		unsigned line;
		enum err e = bulletin_parse(c[i].kind, view_str(c[i].file), &out, &line);

		if ((e == ERR_OK) != (c[i].want != NULL))
			fail_msg("case %zu: %s", i, err_text(e));
		if (c[i].want == NULL)
			assert_int_equal(line, c[i].line);
		else if (!view_eqs(buf_view(&out), c[i].want))
			fail_msg("case %zu: %.*s", i, (int)out.len, (const char *)out.p);
		buf_release(&out);
	}
}

static void
what_is_packed_comes_out_the_same_and_nothing_else_is_taken(void **state)
{
	struct buf packed = BUF_INIT(BULLETINS_PACKED_MAX);
	struct bulletins a, b;
	struct view v;

	(void)state;
	bulletins_init(&a);
	bulletins_init(&b);
	a.of[BULLETIN_MOTD].there = a.of[BULLETIN_MODERATORS].there = true;
	buf_adds(&a.of[BULLETIN_MOTD].text, "Hello\r\n");
	bulletins_pack(&a, &packed);
	v = buf_view(&packed);
	for (size_t n = 0; n < v.len; n++)
		assert_int_equal(bulletins_unpack(view_slice(v, 0, n), &b), ERR_SYNTAX);
	assert_false(b.of[BULLETIN_MOTD].there);
	assert_int_equal(bulletins_unpack(v, &b), ERR_OK);
	assert_true(b.of[BULLETIN_MOTD].there && b.of[BULLETIN_MODERATORS].there);
	assert_false(b.of[BULLETIN_SUBSCRIPTIONS].there);
	assert_true(view_eqs(buf_view(&b.of[BULLETIN_MOTD].text), "Hello\r\n"));
	buf_addc(&packed, 0);
	assert_int_equal(bulletins_unpack(buf_view(&packed), &b), ERR_SYNTAX);
	packed.p[0] = 2;
	assert_int_equal(bulletins_unpack(v, &b), ERR_SYNTAX);
	bulletins_release(&a);
	bulletins_release(&b);
	buf_release(&packed);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_shown_as_its_list_has_it_or_refused_by_line),
		cmocka_unit_test(
		    what_is_packed_comes_out_the_same_and_nothing_else_is_taken),
	};

	return cmocka_run_group_tests_name("bulletin", tests, NULL, NULL);
}
