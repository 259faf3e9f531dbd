/* links: batcher */
/* The process that verifies signatures for its batcher: what it says is what is so, and
 * whatever becomes of it nothing unsigned passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "batcher/verifier.h"
#include "lib/keys.h"
#include "lib/sign.h"

#define MANY 600
#define QUESTION 128

/* Native articles as far as signatures go; every seventh is not by its author. */
struct signing {
	struct article a;
	unsigned char sig[ARTICLE_SIG_LEN];
	bool good;
};

typedef int serve_fn(int questions, int answers);

static struct signing *
signings(size_t n)
{
	struct signing *s = calloc(n, sizeof *s);
	struct key key;

	assert_non_null(s);
	key_random(&key);
	for (size_t i = 0; i < n; i++) {
		s[i].a.native = true;
		ed25519_public(&key, s[i].a.author);
		random_bytes(s[i].a.hash, DIGEST_LEN);
		assert_int_equal(article_sign(&s[i].a, &key, s[i].sig), ERR_OK);
		s[i].good = i % 7 != 3;
		if (!s[i].good)
			s[i].sig[i % ARTICLE_SIG_LEN] ^= 1;
	}
	return s;
}

static struct verifier *
start(serve_fn *serve, pid_t *pid)
{
	int q[2], a[2];
	struct verifier *v;

	assert_int_equal(pipe2(q, O_CLOEXEC), 0);
	assert_int_equal(pipe2(a, O_CLOEXEC), 0);
	assert_true((*pid = fork()) >= 0);
	if (*pid == 0) {
		close(q[1]);
		close(a[0]);
		_exit(serve(q[0], a[1]));
	}
	close(q[0]);
	close(a[1]);
	assert_int_equal(fcntl(q[1], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(fcntl(a[0], F_SETFL, O_NONBLOCK), 0);
	assert_non_null(v = verifier_new(q[1], a[0]));
	return v;
}

static int
end(struct verifier *v, pid_t pid)
{
	int status;

	verifier_free(v);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
expect(struct verifier *v, uint64_t ticket, const struct signing *s)
{
	enum err want = s->good ? ERR_OK : ERR_CRYPTO;

	assert_int_equal(verifier_answer(v, ticket, &s->a, s->sig), want);
}

/* Asks for all, then turns every step-th ticket in. */
static void
ask_and_expect(struct verifier *v, const struct signing *s, size_t n, size_t step)
{
	uint64_t *ticket = calloc(n, sizeof *ticket);

	assert_non_null(ticket);
	for (size_t i = 0; i < n; i++)
		ticket[i] = verifier_ask(v, &s[i].a, s[i].sig);
	for (size_t i = 0; i < n; i += step)
		expect(v, ticket[i], &s[i]);
	free(ticket);
}

static void
test_answers_are_what_is_so_and_both_processes_give_some(void **state)
{
	struct signing *s = signings(MANY);
	struct verifier *v;
	pid_t pid;

	(void)state;
	v = start(verifier_serve, &pid);
	ask_and_expect(v, s, MANY, 1);
	assert_true(verifier_helped(v) > 0);
	assert_true(verifier_helped(v) <= MANY);
	assert_int_equal(end(v, pid), 0);
	free(s);
}

static void
test_tickets_that_nobody_turns_in_confuse_nobody(void **state)
{
	static const size_t steps[] = { 2, 5, 299, 3, 1 };
	struct signing *s = signings(MANY);
	struct verifier *v;
	pid_t pid;

	(void)state;
	v = start(verifier_serve, &pid);
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		ask_and_expect(v, s, MANY, steps[i]);
	end(v, pid);
	free(s);
}

static void
test_more_questions_than_it_keeps_are_answered_too(void **state)
{
	struct signing *s = signings(MANY);
	struct verifier *v;
	uint64_t last = 0;
	size_t asked = 0;
	pid_t pid;

	(void)state;
	v = start(verifier_serve, &pid);
	for (uint64_t t;
	     (t = verifier_ask(v, &s[asked % MANY].a, s[asked % MANY].sig)) != 0; asked++)
		last = t;
	assert_true(asked >= MANY && last == asked);
	expect(v, 0, &s[3]);
	expect(v, 0, &s[4]);
	expect(v, last, &s[(asked - 1) % MANY]);
	ask_and_expect(v, s, MANY, 1);
	end(v, pid);
	free(s);
}

static void
test_a_ticket_that_is_used_or_was_never_given_answers_all_the_same(void **state)
{
	struct signing *s = signings(8);
	struct verifier *v;
	uint64_t t;
	pid_t pid;

	(void)state;
	v = start(verifier_serve, &pid);
	t = verifier_ask(v, &s[0].a, s[0].sig);
	expect(v, t, &s[0]);
	expect(v, t, &s[3]);
	expect(v, t + 1, &s[3]);
	expect(v, t + 1, &s[4]);
	end(v, pid);
	free(s);
}

static void
test_without_a_process_everything_is_verified_here(void **state)
{
	struct signing *s = signings(14);

	(void)state;
	ask_and_expect(NULL, s, 14, 1);
	assert_int_equal(verifier_helped(NULL), 0);
	free(s);
}

/* ---- processes that are no good -------------------------------------------------- */

static int
dies_at_once(int questions, int answers)
{
	(void)questions;
	(void)answers;
	return 3;
}

static int
dies_after_some(int questions, int answers)
{
	unsigned char q[QUESTION];

	for (int i = 0; i < 3; i++)
		if (read(questions, q, sizeof q) != sizeof q ||
		    write(answers, "y", 1) != 1)
			return 1;
	return 0;
}

static int
answers_nonsense(int questions, int answers)
{
	unsigned char q[QUESTION];

	while (read(questions, q, sizeof q) > 0)
		if (write(answers, "\1", 1) != 1)
			return 1;
	return 0;
}

static int
answers_what_nobody_asked(int questions, int answers)
{
	unsigned char q[QUESTION];
	ssize_t n = 1;

	memset(q, 'y', sizeof q);
	for (int i = 0; i < 64 && n > 0; i++)
		n = write(answers, q, sizeof q);
	while (read(questions, q, sizeof q) > 0)
		continue;
	return 0;
}

static void
test_a_process_that_fails_lets_nothing_unsigned_pass(void **state)
{
	static serve_fn *const bad[] = { dies_at_once, dies_after_some, answers_nonsense,
		answers_what_nobody_asked };
	struct signing *s = signings(MANY);

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct verifier *v;
		pid_t pid;

		v = start(bad[i], &pid);
		ask_and_expect(v, s, MANY, 1);
		/* and from then on it is asked nothing */
		assert_int_equal(verifier_ask(v, &s[0].a, s[0].sig), 0);
		end(v, pid);
	}
	free(s);
}

/* ---- the real one ---------------------------------------------------------------- */

static void
test_the_process_ends_with_its_batcher(void **state)
{
	struct signing *s = signings(64);
	struct verifier *v;
	int status = -1;

	(void)state;
	if ((v = verifier_start()) == NULL)
		return; /* one processor */
	ask_and_expect(v, s, 64, 1);
	verifier_free(v);
	assert_true(waitpid(-1, &status, 0) > 0);
	assert_int_equal(status, 0);
	free(s);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_answers_are_what_is_so_and_both_processes_give_some),
		cmocka_unit_test(test_tickets_that_nobody_turns_in_confuse_nobody),
		cmocka_unit_test(test_more_questions_than_it_keeps_are_answered_too),
		cmocka_unit_test(
		    test_a_ticket_that_is_used_or_was_never_given_answers_all_the_same),
		cmocka_unit_test(test_without_a_process_everything_is_verified_here),
		cmocka_unit_test(test_a_process_that_fails_lets_nothing_unsigned_pass),
		cmocka_unit_test(test_the_process_ends_with_its_batcher),
	};
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGPIPE, &ignore, NULL);
	crypto_init();
	return cmocka_run_group_tests_name("verifier", tests, NULL, NULL);
}
