/* links: batcher */
/* The keys of a friendship: the key file, running time, epochs, prekeys, several roots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batcher/pairing.h"
#include "lib/fs.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define DAY 86400ll
#define NOW 1700000000
#define FILE_CAP (1u << 20)

/* An agreed root of this generation, its friend never heard. */
static struct root *
agreed(struct ring *r, uint32_t gen, int side)
{
	struct root *root = ring_add(r);
	struct key secret;

	assert_non_null(root);
	key_random(&secret);
	key_random(&root->my_static);
	key_random(&root->my_sign);
	random_bytes(root->transcript, sizeof(root->transcript));
	root->state = ROOT_AGREED;
	root->gen = gen;
	root->side = side;
	assert_int_equal(root_begin(r, root, &secret), ERR_OK);
	return root;
}

/* Days of running time, a look a day. */
static void
run_days(struct ring *r, int days)
{
	while (days-- > 0)
		ring_look(r, r->looked + DAY);
}

/* A ring with everything that a file can hold. */
static void
full_ring(struct ring *r)
{
	struct token t = { 0 };
	struct ring other = { 0 };
	struct chain c[ROOT_TRIALS];
	struct root *root;
	size_t n;

	memset(r, 0, sizeof(*r));
	ring_look(r, NOW);
	assert_int_equal(pairing_invite(r, &t, INVITE_EXPIRES, NOW), ERR_OK);
	assert_int_equal(pairing_invite(&other, &t, INVITE_EXPIRES, NOW), ERR_OK);
	assert_int_equal(pairing_join(r, &t, NOW), ERR_OK);
	root = agreed(r, 3, 1);
	run_days(r, 2);
	root_prekey(r, root);
	run_days(r, 2);
	root_prekey(r, root);
	n = root_trials(root, c);
	root_opened(r, root, &c[1], root->prekeys[1].id);
	for (size_t i = 0; i < n; i++)
		key_release(&c[i].key);
	root->verified = true;
	r->friend_gen = 3;
	r->friend_gen_known = true;
	ring_release(&other);
	token_release(&t);
}

static void
write_ring(const struct ring *r, struct buf *out)
{
	buf_init(out, FILE_CAP);
	assert_int_equal(ring_write(r, out), ERR_OK);
}

/* ---- the key file ---------------------------------------------------------------------- */

static void
test_round_trip(void **state)
{
	char folder[] = "/tmp/hearsay-ring-XXXXXX", path[64];
	struct node n = { 0 };
	struct ring r, again = { 0 };
	struct buf one, two;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(folder));
	memcpy(n.dir, folder, sizeof(folder));
	snprintf(path, sizeof(path), "%s/keys", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	full_ring(&r);
	memcpy(r.name, "bob", 4);
	assert_true(r.dirty);
	assert_int_equal(ring_load(&n, "bob", &again), ERR_NOTFOUND);
	assert_int_equal(ring_save(&n, &r), ERR_OK);
	assert_false(r.dirty);
	assert_int_equal(ring_load(&n, "bob", &again), ERR_OK);
	assert_string_equal(again.name, "bob");
	assert_false(again.dirty);
	assert_int_equal(again.count, r.count);
	write_ring(&r, &one);
	write_ring(&again, &two);
	assert_true(view_eq(buf_view(&one), buf_view(&two)));
	snprintf(path, sizeof(path), "%s/keys/bob.friend", folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(ring_erase(&n, "bob"), ERR_OK);
	assert_int_not_equal(stat(path, &st), 0);
	snprintf(path, sizeof(path), "%s/keys", folder);
	rmdir(path);
	rmdir(folder);
	buf_wipe(&one);
	buf_wipe(&two);
	ring_release(&r);
	ring_release(&again);
}

static enum err
parse(struct view file)
{
	struct ring r = { 0 };
	enum err e = ring_parse(file, &r);

	if (e == ERR_OK)
		ring_release(&r);
	else
		assert_int_equal(r.count, 0);
	return e;
}

static void
test_cut(void **state)
{
	struct ring r;
	struct buf b;

	(void)state;
	full_ring(&r);
	write_ring(&r, &b);
	assert_int_equal(parse(buf_view(&b)), ERR_OK);
	for (size_t n = 0; n < b.len; n++)
		if (parse(view_slice(buf_view(&b), 0, n)) != ERR_CORRUPT)
			fail_msg("cut at %zu of %zu: taken", n, b.len);
	buf_wipe(&b);
	ring_release(&r);
}

/* Each line twice, and each line missing that is not one that a ring may be without. */
static void
test_lines(void **state)
{
	struct view whole;
	struct ring r;
	struct buf b;

	(void)state;
	full_ring(&r);
	write_ring(&r, &b);
	whole = buf_view(&b);
	for (size_t at = 0; at < b.len;) {
		size_t len = view_chr(view_slice(whole, at, b.len), '\n') + 1;

		struct view line = view_slice(whole, at, len);
		bool may_miss = view_starts(line, "friend-gen ") ||
		    view_starts(line, "recv-old ") ||
		    (view_starts(line, "prekey ") && !view_starts(line, "prekey 1 "));

		for (int times = may_miss ? 2 : 0; times <= 2; times += 2) {
			struct buf c = BUF_INIT(FILE_CAP);

			buf_addv(&c, view_slice(whole, 0, at));
			for (int i = 0; i < times; i++)
				buf_addv(&c, view_slice(whole, at, len));
			buf_addv(&c, view_slice(whole, at + len, b.len));
			if (parse(buf_view(&c)) != ERR_CORRUPT)
				fail_msg(
				    "%.20s %d times: taken", (const char *)line.p, times);
			buf_wipe(&c);
		}
		at += len;
	}
	buf_wipe(&b);
	ring_release(&r);
}

static void
test_hostile(void **state)
{
	/* the first `from` is replaced by `to` */
	static const struct {
		const char *from, *to;
		enum err want;
	} c[] = {
		{ "hearsay-keys 1", "hearsay-keys 2", ERR_VERSION },
		{ "hearsay-keys 1", "hearsay-keys 18446744073709551615", ERR_VERSION },
		{ "hearsay-keys 1", "hearsay-keys 99999999999999999999", ERR_CORRUPT },
		{ "hearsay-keys 1", "hearsay-keys 0", ERR_CORRUPT },
		{ "hearsay-keys 1", "hearsay-keys 01", ERR_CORRUPT },
		{ "hearsay-keys 1", "# keys\nhearsay-keys 1", ERR_CORRUPT },
		{ "\nran 0", "\nran 7", ERR_CORRUPT },
		{ "\nran 0", "\nran f", ERR_CORRUPT },
		{ "\nran 0", "\nran -", ERR_CORRUPT },
		{ "\nexpires 0", "\nexpires 7", ERR_CORRUPT },
		{ "\ndrop 0", "\ndrop 7", ERR_CORRUPT },
		{ "\nfriend-gen 3", "\nfriend-gen 4294967296", ERR_CORRUPT },
		{ "\nfriend-gen 3", "\nfriend-gen 03", ERR_CORRUPT },
		{ "\ngen 3", "\ngen 99999999999", ERR_CORRUPT },
		{ "\nroot invited inviter", "\nroot invited joiner", ERR_CORRUPT },
		{ "\nroot invited inviter", "\nroot confirmed inviter", ERR_CORRUPT },
		{ "\nroot invited inviter", "\nroot friend inviter", ERR_CORRUPT },
		{ "\nroot joining joiner", "\nroot agreed joiner", ERR_CORRUPT },
		{ "\nroot agreed joiner", "\nroot joining joiner", ERR_CORRUPT },
		{ "\nsend 0", "\nsend 4294967295", ERR_CORRUPT },
		{ "\nverified no", "\nverified maybe", ERR_CORRUPT },
		{ "\nverified no", "\nverified  no", ERR_CORRUPT },
		{ "\nverified no", "\nverified no ", ERR_CORRUPT },
		{ "\nverified no", "\nverified no\ncolour blue", ERR_CORRUPT },
		{ "\nverified no", "\r\nverified no", ERR_CORRUPT },
		{ "\nend\n", "\nend\nran 0\n", ERR_CORRUPT },
		{ "\nend\n", "\nend\n\n", ERR_CORRUPT },
		{ "\nend\n", "\nend now\n", ERR_CORRUPT },
	};
	struct ring r;
	struct buf b;

	(void)state;
	full_ring(&r);
	write_ring(&r, &b);
	for (size_t i = 0; i < COUNT(c); i++) {
		size_t at = view_find(buf_view(&b), c[i].from);
		struct buf bad = BUF_INIT(FILE_CAP);

		if (at == b.len)
			fail_msg("no %s", c[i].from);
		buf_addv(&bad, view_slice(buf_view(&b), 0, at));
		buf_adds(&bad, c[i].to);
		buf_addv(&bad, view_slice(buf_view(&b), at + strlen(c[i].from), b.len));
		if (parse(buf_view(&bad)) != c[i].want)
			fail_msg("%s: %s", c[i].to, err_text(parse(buf_view(&bad))));
		buf_wipe(&bad);
	}
	buf_wipe(&b);
	ring_release(&r);
}

/* As many roots and prekeys as fit are read again; one more is not. */
static void
test_many(void **state)
{
	struct ring r = { 0 };
	struct buf b, bad = BUF_INIT(FILE_CAP);
	struct root *root = NULL;
	size_t at;

	(void)state;
	for (uint32_t i = 0; i < ROOTS_MAX; i++)
		root = agreed(&r, i + 1, 0);
	assert_null(ring_add(&r));
	for (int i = 0; i < PREKEYS_MAX + 3; i++) {
		r.ran += DAY;
		root_prekey(&r, root);
	}
	assert_int_equal(root->prekey_count, PREKEYS_MAX);
	write_ring(&r, &b);
	assert_int_equal(parse(buf_view(&b)), ERR_OK);
	at = view_find(buf_view(&b), "\nprekey ") + 1;
	buf_addv(&bad, view_slice(buf_view(&b), 0, at));
	buf_adds(&bad, "prekey 7 0000000000000000 0000000000000000 ");
	for (int i = 0; i < 64; i++)
		buf_addc(&bad, '0');
	buf_addc(&bad, '\n');
	buf_addv(&bad, view_slice(buf_view(&b), at, b.len));
	assert_int_equal(parse(buf_view(&bad)), ERR_CORRUPT);
	buf_reset(&bad);
	at = view_find(buf_view(&b), "\nroot ");
	buf_addv(&bad, view_slice(buf_view(&b), 0, b.len - 4));
	buf_addv(&bad, view_slice(buf_view(&b), at, b.len));
	assert_int_equal(parse(buf_view(&bad)), ERR_CORRUPT);
	buf_wipe(&bad);
	buf_wipe(&b);
	ring_release(&r);
}

/* ---- running time ------------------------------------------------------------------------ */

static void
test_running(void **state)
{
	static const struct {
		int64_t now, want; /* since the look before */
	} c[] = {
		{ NOW, 0 }, /* the first look */
		{ NOW + 60, 60 },
		{ NOW + 60, 0 },
		{ NOW + 60 + 8 * DAY, 8 * DAY },
		{ NOW + 60 + 17 * DAY, 8 * DAY },
		{ NOW + 1000 * 365 * DAY, 8 * DAY },
		{ NOW, 0 },
		{ NOW + 1, 1 },
		{ -5 * DAY, 0 },
		{ -4 * DAY, DAY },
		{ INT64_MAX, 0 }, /* too far to subtract */
		{ INT64_MIN, 0 },
		{ INT64_MAX, 0 },
	};
	struct ring r = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		int64_t before = r.ran;

		ring_look(&r, c[i].now);
		if (r.ran - before != c[i].want)
			fail_msg(
			    "look %zu: %lld counted", i, (long long)(r.ran - before));
	}
	ring_release(&r);
}

/* ---- epochs --------------------------------------------------------------------------------- */

static void
test_sender_steps(void **state)
{
	struct ring r = { 0 };
	struct root *root = agreed(&r, 1, 0);
	struct key first = root->send.key, next;

	(void)state;
	ring_look(&r, NOW);
	run_days(&r, 100);
	assert_int_equal(root->send.epoch, 0);
	/* after the acknowledgement it steps at the next look, once */
	root_acked(&r, root, 1);
	run_days(&r, 1);
	assert_int_equal(root->send.epoch, 0);
	root_acked(&r, root, 0);
	run_days(&r, 1);
	assert_int_equal(root->send.epoch, 1);
	assert_int_equal(epoch_next(&first, &next), ERR_OK);
	assert_true(key_equal(&next, &root->send.key));
	run_days(&r, 100);
	assert_int_equal(root->send.epoch, 1);
	root_acked(&r, root, 0); /* of the epoch before: says nothing of this one */
	run_days(&r, 1);
	assert_int_equal(root->send.epoch, 1);
	root_acked(&r, root, 1);
	run_days(&r, 1);
	assert_int_equal(root->send.epoch, 2);
	root_acked(&r, root, 2);
	run_days(&r, 28);
	assert_int_equal(root->send.epoch, 2);
	run_days(&r, 1);
	assert_int_equal(root->send.epoch, 3);
	/* one look, however late, is one step */
	root_acked(&r, root, 3);
	for (int i = 0; i < 4; i++)
		ring_look(&r, r.looked + 9 * DAY);
	assert_int_equal(root->send.epoch, 4);
	ring_release(&r);
}

static void
test_receiver(void **state)
{
	struct ring r = { 0 };
	struct root *root = agreed(&r, 1, 0);
	struct key k = root->recv.key;
	struct chain c[ROOT_TRIALS];
	size_t n;

	(void)state;
	ring_look(&r, NOW);
	n = root_trials(root, c);
	assert_int_equal(n, EPOCHS_AHEAD + 1);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(c[i].epoch, i);
		assert_true(key_equal(&c[i].key, &k));
		assert_int_equal(epoch_next(&k, &k), ERR_OK);
	}
	assert_false(root->heard || root->opened);
	root_opened(&r, root, &c[0], 0);
	assert_true(root->heard && root->opened);
	assert_false(root->recv_old.have);
	root_opened(&r, root, &c[3], 0);
	assert_int_equal(root->recv.epoch, 3);
	assert_true(root->recv_old.have);
	assert_int_equal(root->recv_old.epoch, 0);
	root_opened(&r, root, &c[0], 0); /* late, of the epoch before: no step back */
	assert_int_equal(root->recv.epoch, 3);
	n = root_trials(root, c);
	assert_int_equal(n, EPOCHS_AHEAD + 2);
	assert_int_equal(c[0].epoch, 0);
	assert_int_equal(c[1].epoch, 3);
	assert_int_equal(c[n - 1].epoch, 3 + EPOCHS_AHEAD);
	run_days(&r, 28);
	assert_true(root->recv_old.have);
	run_days(&r, 1);
	assert_false(root->recv_old.have);
	assert_true(key_zero(&root->recv_old.key));
	assert_int_equal(root_trials(root, c), EPOCHS_AHEAD + 1);
	ring_release(&r);
}

static void
test_told(void **state)
{
	struct ring r = { 0 };
	struct root *root = agreed(&r, 1, 0);
	struct key k = root->send.key;

	(void)state;
	ring_look(&r, NOW);
	root_acked(&r, root, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(epoch_next(&k, &k), ERR_OK);
	root_told_epoch(&r, root, UINT32_MAX); /* none */
	root_told_epoch(&r, root, 0);
	assert_int_equal(root->send.epoch, 0);
	assert_true(root->send_acked);
	root_told_epoch(&r, root, 3);
	assert_int_equal(root->send.epoch, 3);
	assert_true(key_equal(&k, &root->send.key));
	assert_false(root->send_acked);
	root_told_epoch(&r, root, 2); /* never back */
	root_told_epoch(&r, root, 4000000000u);
	assert_int_equal(root->send.epoch, 3);
	ring_release(&r);
}

/* ---- prekeys --------------------------------------------------------------------------------- */

static void
test_prekeys(void **state)
{
	struct ring r = { 0 };
	struct root *root = agreed(&r, 1, 0);
	struct chain c = root->recv;
	uint32_t id[4];

	(void)state;
	ring_look(&r, NOW);
	for (int i = 0; i < 4; i++) {
		id[i] = root_prekey(&r, root)->id;
		assert_true(id[i] > 1);
		ring_look(&r, r.looked + DAY - 1);
		assert_int_equal(root_prekey(&r, root)->id, id[i]);
		ring_look(&r, r.looked + 1);
	}
	assert_int_equal(root->prekey_count, 4);
	run_days(&r, 200); /* none was used: all stay */
	assert_int_equal(root->prekey_count, 4);
	root_opened(&r, root, &c, 0);
	root_opened(&r, root, &c, id[0]);
	run_days(&r, 30);
	assert_int_equal(root->prekey_count, 4);
	root_opened(&r, root, &c, id[2]);
	run_days(&r, 28);
	assert_non_null(root_private(root, id[0]));
	assert_non_null(root_private(root, id[1]));
	run_days(&r, 1);
	assert_null(root_private(root, id[0]));
	assert_null(root_private(root, id[1]));
	assert_non_null(root_private(root, id[2]));
	assert_non_null(root_private(root, id[3]));
	assert_ptr_equal(root_private(root, 0), &root->my_static);
	assert_null(root_private(root, 1));
	assert_int_equal(root->prekey_count, 2);
	root_opened(&r, root, &c, 12345); /* never ours: nothing ages by it */
	run_days(&r, 40);
	assert_int_equal(root->prekey_count, 2);
	ring_release(&r);
}

/* ---- several roots --------------------------------------------------------------------------- */

static void
test_sending(void **state)
{
	struct ring r = { 0 };
	struct root *one, *two, *three;

	(void)state;
	assert_null(ring_sending(&r));
	two = agreed(&r, 2, 0);
	one = agreed(&r, 1, 1);
	assert_ptr_equal(ring_sending(&r), two);
	three = agreed(&r, 2, 1);
	memset(two->transcript, 0x22, sizeof(two->transcript));
	memset(three->transcript, 0x33, sizeof(three->transcript));
	assert_ptr_equal(ring_sending(&r), two);
	memset(three->transcript, 0x11, sizeof(three->transcript));
	assert_ptr_equal(ring_sending(&r), three);
	assert_int_equal(ring_highest_gen(&r), 2);
	/* the friend holds less than it was heard under: it was rolled back */
	r.friend_gen_known = true;
	r.friend_gen = 1;
	assert_ptr_equal(ring_sending(&r), three);
	three->heard = true;
	assert_ptr_equal(ring_sending(&r), one);
	r.friend_gen = 0;
	assert_ptr_equal(ring_sending(&r), three);
	ring_release(&r);
}

static bool
held(const struct ring *r, const struct root *root)
{
	for (unsigned i = 0; i < r->count; i++)
		if (r->root[i] == root)
			return true;
	return false;
}

static void
test_retire(void **state)
{
	struct ring r = { 0 };
	struct root *one, *two, *three;

	(void)state;
	ring_look(&r, NOW);
	one = agreed(&r, 1, 0);
	one->heard = true;
	two = agreed(&r, 2, 0);
	run_days(&r, 100);
	assert_true(held(&r, one)); /* two was never heard */
	root_opened(&r, two, &two->recv, 0);
	run_days(&r, 28);
	assert_true(held(&r, one));
	run_days(&r, 1);
	assert_false(held(&r, one));
	assert_true(held(&r, two));
	run_days(&r, 100);
	/* a third comes: the second has its full time, whatever went before */
	three = agreed(&r, 3, 0);
	root_opened(&r, three, &three->recv, 0);
	run_days(&r, 28);
	assert_true(held(&r, two));
	run_days(&r, 1);
	assert_int_equal(r.count, 1);
	ring_release(&r);
}

/* A friend that was rolled back to the old root costs neither root, however long. */
static void
test_rolled_back_friend(void **state)
{
	struct ring r = { 0 };
	struct root *one, *two;

	(void)state;
	ring_look(&r, NOW);
	one = agreed(&r, 1, 0);
	two = agreed(&r, 2, 0);
	root_opened(&r, one, &one->recv, 0);
	root_opened(&r, two, &two->recv, 0);
	run_days(&r, 5);
	r.friend_gen_known = true;
	r.friend_gen = 1;
	root_opened(&r, one, &one->recv, 0);
	assert_ptr_equal(ring_sending(&r), one);
	run_days(&r, 100);
	assert_true(held(&r, one) && held(&r, two));
	r.friend_gen = 2;
	root_opened(&r, two, &two->recv, 0);
	assert_true(held(&r, one) && held(&r, two));
	assert_ptr_equal(ring_sending(&r), two);
	run_days(&r, 30);
	assert_false(held(&r, one));
	run_days(&r, 100);
	assert_true(held(&r, two));
	ring_release(&r);
}

static void
test_invitations(void **state)
{
	struct token t = { 0 };
	struct ring r = { 0 };
	struct root *root;

	(void)state;
	ring_look(&r, NOW);
	root = agreed(&r, 1, 0);
	root_opened(&r, root, &root->recv, 0);
	assert_int_equal(pairing_invite(&r, &t, 60 * DAY, NOW), ERR_OK);
	assert_int_equal(pairing_join(&r, &t, NOW), ERR_OK);
	run_days(&r, 88); /* open ones stay, to tell who comes late */
	assert_int_equal(r.count, 3);
	run_days(&r, 1);
	assert_int_equal(r.count, 2);
	assert_int_equal(r.root[1]->state, ROOT_JOINING);
	token_release(&t);
	ring_release(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "a ring is saved and loaded, and saved the same", test_round_trip, NULL,
		    NULL, NULL },
		{ "a key file that was cut anywhere is refused", test_cut, NULL, NULL,
		    NULL },
		{ "a line doubled or missing is refused", test_lines, NULL, NULL, NULL },
		{ "hostile key files are refused, newer ones told apart", test_hostile,
		    NULL, NULL, NULL },
		{ "as many roots and prekeys as there may be, and no more", test_many,
		    NULL, NULL, NULL },
		{ "a look counts nothing backwards and at most 8 days", test_running,
		    NULL, NULL, NULL },
		{ "a sender steps after 29 days and an acknowledgement",
		    test_sender_steps, NULL, NULL, NULL },
		{ "a receiver tries eight ahead, keeps one, erases it later",
		    test_receiver, NULL, NULL, NULL },
		{ "a sender that was rolled back jumps, never back", test_told, NULL,
		    NULL, NULL },
		{ "a prekey a day, until 29 days after a newer one was used",
		    test_prekeys, NULL, NULL, NULL },
		{ "the highest generation sends, of equals the smaller transcript",
		    test_sending, NULL, NULL, NULL },
		{ "older roots go 29 days after the new one was heard", test_retire, NULL,
		    NULL, NULL },
		{ "a rolled-back friend costs no root", test_rolled_back_friend, NULL,
		    NULL, NULL },
		{ "expired invitations go, unanswered JOINs stay", test_invitations, NULL,
		    NULL, NULL },
	};

	crypto_init();
	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
