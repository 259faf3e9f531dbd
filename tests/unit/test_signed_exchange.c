/* links: batcher */
/* A relay sends what it holds without verifying it again; who receives it does, with a second
 * process or without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "batcher/verifier.h"
#include "lib/sign.h"
#include "tests/unit/exchange_kit.h"

#define MANY 900
#define EVERY 90 /* one of so many has another's signature */

static int
begin(void **state)
{
	*state = pair_new();
	return 0;
}

static int
end(void **state)
{
	pair_free(*state);
	return 0;
}

static void
compose(unsigned i, const struct key *author, struct buf *out)
{
	char subject[32];
	struct native n = { .name = VIEW_LIT("ana"),
		.date = 1700000000 + i,
		.newsgroups = VIEW_LIT("misc.test"),
		.body = VIEW_LIT("Hello.\r\n") };
	enum fault why;

	snprintf(subject, sizeof subject, "number %u", i);
	n.subject = view_str(subject);
	ed25519_public(author, n.author);
	assert_int_equal(article_compose(&n, out, &why), ERR_OK);
}

/* Straight into the spool, as a damaged disk or a foul program would. */
static void
post_signed(struct end *x)
{
	struct buf text = BUF_INIT(ARTICLE_MAX);
	struct key author, other;

	key_random(&author);
	key_random(&other);
	assert_int_equal(batcher_enter(&x->b), ERR_OK);
	for (unsigned i = 0; i < MANY; i++) {
		unsigned char sig[ARTICLE_SIG_LEN];
		struct spool_stored out;
		struct article a;
		enum fault why;
		struct spool_put put = { .article = &a,
			.signature = { sig, sizeof sig },
			.now = x->b.now,
			.new_groups_max = 10 };

		buf_reset(&text);
		compose(i, &author, &text);
		assert_int_equal(article_parse(buf_view(&text), &a, &why), ERR_OK);
		assert_int_equal(article_sign(&a, &author, sig), ERR_OK);
		sig[i % sizeof sig] ^= i % EVERY == 0;
		assert_int_equal(spool_put(x->b.spool, &put, &out), ERR_OK);
		assert_int_equal(out.result, PUT_STORED);
	}
	assert_int_equal(batcher_leave(&x->b, ERR_OK), ERR_OK);
	buf_release(&text);
}

static unsigned
verified(struct end *x)
{
	unsigned char sig[ARTICLE_SIG_LEN];
	struct buf text = BUF_INIT(ARTICLE_MAX);
	unsigned n = 0;
	uint64_t last;
	bool has;

	assert_int_equal(spool_last_arrival(x->b.spool, &last), ERR_OK);
	for (uint64_t i = 1; i <= last; i++) {
		struct article a;
		enum fault why;

		buf_reset(&text);
		if (spool_article(x->b.spool, i, &text, sig, &has) != ERR_OK)
			continue;
		assert_true(has);
		assert_int_equal(article_parse(buf_view(&text), &a, &why), ERR_OK);
		assert_int_equal(article_signed(&a, sig), ERR_OK);
		n++;
	}
	buf_release(&text);
	return n;
}

static void
relay(struct pair *p)
{
	post_signed(&p->ana);
	pair_start(p);
	assert_true(pair_run(p, SIZE_MAX, SIZE_MAX));
	pair_end(p);
	assert_int_equal(session_counted(p->ana.s)->sent, MANY);
	assert_int_equal(session_counted(p->bob.s)->articles, MANY - MANY / EVERY);
	assert_int_equal(session_counted(p->bob.s)->refused, MANY / EVERY);
	assert_int_equal(verified(&p->bob), MANY - MANY / EVERY);
}

static void
test_a_receiver_verifies_what_a_relay_sends(void **state)
{
	relay(*state);
}

static void
test_so_does_a_receiver_with_two_processes(void **state)
{
	struct pair *p = *state;
	int status;

	if ((p->bob.b.verifier = verifier_start()) == NULL)
		return; /* one processor */
	relay(p);
	assert_true(verifier_helped(p->bob.b.verifier) > 0);
	verifier_free(p->bob.b.verifier);
	assert_true(waitpid(-1, &status, 0) > 0);
	assert_int_equal(status, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_a_receiver_verifies_what_a_relay_sends, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_so_does_a_receiver_with_two_processes, begin, end),
	};

	crypto_init();
	return cmocka_run_group_tests_name("signed_exchange", tests, NULL, NULL);
}
