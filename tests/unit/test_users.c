/* links: reader */
#include "reader/users.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cmocka.h>

#include "lib/fs.h"
#include "reader/throttle.h"
#include "reader/verdict.h"

#define V(s) VIEW_LIT(s)
/* "password", as cheap as it may be; made by `openssl kdf -keylen 32 -kdfopt pass:password
 * -kdfopt hexsalt:0001... -kdfopt n:16 -kdfopt r:1 -kdfopt p:1 SCRYPT` */
#define CHEAP                                                                            \
	"scrypt:16:1:1:000102030405060708090a0b0c0d0e0f:"                                \
	"94512e33c45a0549991de97375b4d1b1ec4a19d25def29220d10f314459dacc1"

static char folder[] = "/tmp/hearsay-users-XXXXXX";
static struct node node;

static int
setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(node.dir, sizeof node.dir, "%s", folder);
	assert_int_equal(fs_mkdir(NODE_PATH(&node, "gateway"), 0700), ERR_OK);
	assert_int_equal(fs_mkdir(NODE_PATH(&node, "gateway/users"), 0700), ERR_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	rmdir(NODE_PATH(&node, "gateway/users"));
	rmdir(NODE_PATH(&node, "gateway"));
	return rmdir(folder);
}

static void
write_user(const char *name, const char *text, mode_t mode)
{
	const char *path = NODE_PATH(&node, "gateway/users/%s", name);

	assert_int_equal(fs_write_atomic(path, view_str(text), true), ERR_OK);
	assert_int_equal(chmod(path, mode), 0);
}

static void
remove_user(const char *name)
{
	unlink(NODE_PATH(&node, "gateway/users/%s", name));
}

static void
a_password_is_known_by_its_hash_alone(void **state)
{
	struct buf a = BUF_INIT(PASSWORD_TEXT_MAX), b = BUF_INIT(PASSWORD_TEXT_MAX);

	(void)state;
	assert_int_equal(password_hash(V("the mill is old"), &a), ERR_OK);
	assert_int_equal(password_hash(V("the mill is old"), &b), ERR_OK);
	assert_true(view_starts(buf_view(&a), "scrypt:32768:8:1:"));
	assert_false(view_eq(buf_view(&a), buf_view(&b)));
	assert_int_equal(password_check(buf_view(&a), V("the mill is old")), ERR_OK);
	assert_int_equal(password_check(buf_view(&b), V("the mill is old")), ERR_OK);
	assert_int_equal(password_check(buf_view(&a), V("the mill is olD")), ERR_DENIED);
	assert_int_equal(password_check(buf_view(&a), V("")), ERR_DENIED);
	assert_int_equal(password_check(V(CHEAP), V("password")), ERR_OK);
	assert_int_equal(password_check(V(CHEAP), V("passwore")), ERR_DENIED);
	buf_release(&a);
	buf_release(&b);
}

static void
only_hashes_of_that_form_are_hashes(void **state)
{
	static const char salt[] = "000102030405060708090a0b0c0d0e0f";
	static const char hash[] =
	    "94512e33c45a0549991de97375b4d1b1ec4a19d25def29220d10f314459dacc1";
	static const struct {
		const char *front, *end;
		bool valid;
	} c[] = {
		{ "scrypt:16:1:1:", "", true },
		{ "scrypt:32768:8:1:", "", true },
		{ "scrypt:131072:8:4:", "", true },
		{ "scrypt:262144:8:1:", "", false }, /* would cost too much */
		{ "scrypt:32768:9:1:", "", false },
		{ "scrypt:32768:8:5:", "", false },
		{ "scrypt:32767:8:1:", "", false },
		{ "scrypt:0:8:1:", "", false },
		{ "scrypt:1:8:1:", "", false },
		{ "scrypt:16:0:1:", "", false },
		{ "scrypt:16:1:0:", "", false },
		{ "scrypt:16:1:", "", false },
		{ "bcrypt:16:1:1:", "", false },
		{ "scrypt:16:1:1:", "00", false },
		{ "scrypt:16:1:1:00", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct buf b = BUF_INIT(512);

		buf_addf(&b, "%s%s:%s%s", c[i].front, salt, hash, c[i].end);
		if (password_valid(buf_view(&b)) != c[i].valid)
			fail_msg("%s: %d", buf_cstr(&b), c[i].valid);
		buf_release(&b);
	}
	assert_false(password_valid(V("")));
}

static void
a_file_is_a_user_unless_it_is_no_good(void **state)
{
	static const struct {
		const char *name, *text;
		mode_t mode;
		bool good;
	} c[] = {
		{ "ana", "password " CHEAP "\n", 0600, true },
		{ "ben",
		    "password " CHEAP "\npersona ben\nread talk.*\npost !talk.x,*\n"
		    "feed yes\n",
		    0600, true },
		{ "open", "password " CHEAP "\n", 0640, false },
		{ "empty", "", 0600, false },
		{ "wild", "password " CHEAP "\nread talk[\n", 0600, false },
		{ "feed", "password " CHEAP "\nfeed perhaps\n", 0600, false },
		{ "who", "password " CHEAP "\npersona Who?\n", 0600, false },
	};
	struct users us = { 0 };
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++)
		write_user(c[i].name, c[i].text, c[i].mode);
	write_user("No-name", "password " CHEAP "\n", 0600);
	assert_int_equal(users_load(&node, &us), ERR_OK);
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		const struct user *u = users_find(&us, view_str(c[i].name));

		if ((u != NULL) != c[i].good)
			fail_msg("%s", c[i].name);
		n += c[i].good;
		remove_user(c[i].name);
	}
	remove_user("No-name");
	assert_int_equal(us.count, n);
	assert_true(users_find(&us, V("ben"))->feed);
	assert_string_equal(users_find(&us, V("ben"))->persona, "ben");
	assert_string_equal(users_find(&us, V("ana"))->read, "");
	assert_null(users_find(&us, V("")));
	users_release(&us);
	assert_int_equal(users_load(&node, &us), ERR_OK);
	assert_int_equal(us.count, 0);
	users_release(&us);
}

static void
users_travel_with_passwords_only_where_they_are_wanted(void **state)
{
	struct users a = { 0 }, b = { 0 };
	struct buf full = BUF_INIT(1u << 20), bare = BUF_INIT(1u << 20);

	(void)state;
	write_user("ana", "password " CHEAP "\nread talk.*\n", 0600);
	assert_int_equal(users_load(&node, &a), ERR_OK);
	remove_user("ana");
	users_pack(&a, true, &full);
	users_pack(&a, false, &bare);
	assert_int_equal(users_unpack(buf_view(&full), &b), ERR_OK);
	assert_string_equal(users_find(&b, V("ana"))->password, CHEAP);
	assert_int_equal(users_unpack(buf_view(&bare), &b), ERR_OK);
	assert_string_equal(users_find(&b, V("ana"))->password, "");
	assert_string_equal(users_find(&b, V("ana"))->read, "talk.*");
	assert_int_equal(view_find(buf_view(&bare), "scrypt"), bare.len);
	assert_int_equal(
	    users_unpack(view_slice(buf_view(&bare), 1, bare.len), &b), ERR_SYNTAX);
	assert_int_equal(b.count, 1);
	assert_int_equal(users_unpack((struct view){ 0 }, &b), ERR_OK);
	assert_int_equal(b.count, 0);
	users_release(&a);
	users_release(&b);
	buf_release(&full);
	buf_release(&bare);
}

static void
a_grant_is_for_one_name_and_one_key(void **state)
{
	struct grant_key key, other;
	struct buf who = BUF_INIT(GRANT_WHO_MAX + 8);
	unsigned char grant[GRANT_LEN];
	struct view user;

	(void)state;
	assert_int_equal(grant_key_make(&key), ERR_OK);
	assert_int_equal(grant_key_make(&other), ERR_OK);
	grant_make(&key, V("ana"), grant);
	buf_add(&who, grant, sizeof grant);
	buf_adds(&who, "ana");
	assert_int_equal(grant_check(&key, buf_view(&who), &user), ERR_OK);
	assert_true(view_eqs(user, "ana"));
	assert_int_equal(grant_check(&other, buf_view(&who), &user), ERR_DENIED);
	buf_addc(&who, 'b');
	assert_int_equal(grant_check(&key, buf_view(&who), &user), ERR_DENIED);
	buf_truncate(&who, GRANT_LEN);
	assert_int_equal(grant_check(&key, buf_view(&who), &user), ERR_DENIED);
	buf_truncate(&who, 3);
	assert_int_equal(grant_check(&key, buf_view(&who), &user), ERR_DENIED);
	buf_release(&who);
}

static void
a_verdict_says_what_the_user_may(void **state)
{
	struct user u = { "ben", "mill", "talk.*,!talk.x", "*,!talk.y", true, "" };
	unsigned char grant[GRANT_LEN] = { 7 };
	struct buf b = BUF_INIT(VERDICT_MAX);
	struct access a = { .post = true, .login = true };
	enum verdict v = VERDICT_BUSY;

	(void)state;
	verdict_add_in(&b, &u, grant);
	for (size_t n = 0; n < b.len; n++)
		assert_int_equal(
		    verdict_read(view_slice(buf_view(&b), 0, n), &v, &a), ERR_SYNTAX);
	assert_string_equal(a.user, "");
	assert_int_equal(verdict_read(buf_view(&b), &v, &a), ERR_OK);
	assert_int_equal(v, VERDICT_IN);
	assert_string_equal(a.user, "ben");
	assert_string_equal(a.persona, "mill");
	assert_true(a.feed && a.post && a.grant[0] == 7);
	assert_true(access_reads(&a, V("talk.a")) && access_posts(&a, V("talk.a")));
	assert_false(access_reads(&a, V("talk.x")) || access_reads(&a, V("club.a")));
	assert_false(access_posts(&a, V("talk.y")));
	buf_reset(&b);
	verdict_add(&b, VERDICT_WRONG);
	assert_int_equal(verdict_read(buf_view(&b), &v, &a), ERR_OK);
	assert_int_equal(v, VERDICT_WRONG);
	access_release(&a);
	buf_release(&b);
}

static void
each_wrong_password_makes_the_next_wait_longer(void **state)
{
	static const int64_t wait[] = { 250, 500, 1000, 2000, 4000, 8000, 8000 };
	struct throttle *t = calloc(1, sizeof *t);
	unsigned char a[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };
	unsigned char b[16] = { [10] = 0xff, 0xff, 192, 0, 2, 2 };
	unsigned char net1[16] = { 0x20, 1, [15] = 1 }, net2[16] = { 0x20, 1, [15] = 2 };
	int64_t now = 1000000;

	(void)state;
	assert_non_null(t);
	assert_int_equal(throttle_wait(t, a, now), 0);
	for (size_t i = 0; i < sizeof wait / sizeof wait[0]; i++) {
		throttle_wrong(t, a, now);
		assert_int_equal(throttle_wait(t, a, now), wait[i]);
		assert_int_equal(throttle_wait(t, a, now + wait[i] - 1), 1);
		assert_int_equal(throttle_wait(t, b, now), 0);
		now += wait[i];
		assert_int_equal(throttle_wait(t, a, now), 0);
	}
	now += 100 * THROTTLE_FORGET;
	throttle_wrong(t, a, now);
	assert_int_equal(throttle_wait(t, a, now), 250);
	throttle_wrong(t, net1, now);
	assert_int_equal(throttle_wait(t, net2, now), 250);
	/* others fill the table: the one that was quiet longest makes room */
	for (unsigned i = 0; i < THROTTLE_ADDRESSES; i++) {
		unsigned char x[16] = {
			[10] = 0xff, 0xff, 10, 0, (i >> 8) & 0xff, i & 0xff
		};

		throttle_wrong(t, x, now + 1 + i);
		assert_true(throttle_wait(t, x, now + 1 + i) > 0);
	}
	assert_int_equal(throttle_wait(t, a, now), 0);
	free(t);
}

static void
who_has_to_log_in_depends_on_the_address(void **state)
{
	static const struct {
		const char *conf, *address;
		bool login, clear;
	} c[] = {
		{ "", "127.0.0.1", false, true },
		{ "login lan\n", "127.8.9.1", false, true },
		{ "", "192.0.2.1", true, false },
		{ "login always\n", "127.0.0.1", true, true },
		{ "login never\n", "192.0.2.1", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct node n = { .conf = BUF_INIT(256) };
		struct sockaddr_in in = { .sin_family = AF_INET };
		struct access_rules rules;
		struct access a;
		struct view bad;

		buf_adds(&n.conf, c[i].conf);
		assert_int_equal(access_load(&n, &rules, &bad), ERR_OK);
		assert_int_equal(inet_pton(AF_INET, c[i].address, &in.sin_addr), 1);
		a = access_of(&rules, (struct sockaddr *)&in);
		if (a.login != c[i].login || a.clear != c[i].clear || a.feed)
			fail_msg("%s%s", c[i].conf, c[i].address);
		buf_release(&n.conf);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_password_is_known_by_its_hash_alone),
		cmocka_unit_test(only_hashes_of_that_form_are_hashes),
		cmocka_unit_test(a_file_is_a_user_unless_it_is_no_good),
		cmocka_unit_test(users_travel_with_passwords_only_where_they_are_wanted),
		cmocka_unit_test(a_grant_is_for_one_name_and_one_key),
		cmocka_unit_test(a_verdict_says_what_the_user_may),
		cmocka_unit_test(each_wrong_password_makes_the_next_wait_longer),
		cmocka_unit_test(who_has_to_log_in_depends_on_the_address),
	};

	return cmocka_run_group_tests_name("users", tests, setup, teardown);
}
