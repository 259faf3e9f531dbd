#include "batcher/verifier.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/keys.h"
#include "lib/log.h"
#include "lib/sandbox.h"
#include "lib/sign.h"

#define QUESTION (ARTICLE_KEY_LEN + DIGEST_LEN + ARTICLE_SIG_LEN)
#define UNANSWERED_MAX 4096 /* twice what a receiver holds of usual articles */
#define FLYING_MAX 256      /* given to the process; it never waits to answer so many */
#define BULK 8              /* at a time: a write to a pipe is whole or not at all */
#define PATIENCE_MS 5000    /* for an answer; a slow machine verifies in 5 ms */

static_assert(BULK * QUESTION <= PIPE_BUF, "whole or not at all");

enum answer { ANSWER_NONE, ANSWER_NOT = 'n', ANSWER_SIGNED = 'y' };

struct question {
	unsigned char bytes[QUESTION];
	bool sent;
	enum answer answer;
};

/* Tickets rise from 1: taken <= answered <= sent <= asked. Those after sent are for whoever
 * comes first, the process from below or we from above. */
struct verifier {
	int questions, answers;  /* -1: it is not trusted any more */
	uint64_t asked;          /* the last ticket given */
	uint64_t sent, answered; /* by the process; what we answered is passed over */
	uint64_t ours;           /* of those above it none is left for us */
	uint64_t taken;          /* the last one turned in */
	unsigned flying;
	uint64_t helped; /* answers by the process */
	struct question q[UNANSWERED_MAX];
};

/* ---- the process ----------------------------------------------------------------- */

static enum answer
verify(const unsigned char *q)
{
	struct article a = { .native = true };

	memcpy(a.author, q, ARTICLE_KEY_LEN);
	memcpy(a.hash, q + ARTICLE_KEY_LEN, DIGEST_LEN);
	return article_signed(&a, q + ARTICLE_KEY_LEN + DIGEST_LEN) == ERR_OK
	    ? ANSWER_SIGNED
	    : ANSWER_NOT;
}

static bool
say(int fd, const unsigned char *p, size_t n)
{
	while (n > 0) {
		ssize_t r = write(fd, p, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		p += r;
		n -= (size_t)r;
	}
	return true;
}

int
verifier_serve(int questions, int answers)
{
	unsigned char q[BULK * QUESTION], said[BULK];
	size_t have = 0;

	for (;;) {
		ssize_t r = read(questions, q + have, sizeof q - have);
		size_t n;

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r == 0 && have == 0 ? 0 : 1;
		have += (size_t)r;
		for (n = 0; (n + 1) * QUESTION <= have; n++)
			said[n] = (unsigned char)verify(q + n * QUESTION);
		if (!say(answers, said, n))
			return 1;
		have -= n * QUESTION;
		memmove(q, q + n * QUESTION, have);
	}
}

/* Only the pipes, as stdin and stdout, and stderr: the link must end when its batcher does. */
static void
become(int questions, int answers)
{
	if (dup2(questions, STDIN_FILENO) < 0 || dup2(answers, STDOUT_FILENO) < 0 ||
	    close_range(STDERR_FILENO + 1, ~0u, 0) != 0 ||
	    sandbox_enter(SANDBOX_VERIFIER, NULL, 0) != ERR_OK)
		_exit(1);
	_exit(verifier_serve(STDIN_FILENO, STDOUT_FILENO));
}

/* ---- and who asks it ------------------------------------------------------------- */

static bool
one_processor(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) < 2;
}

static void
close_all(int *fd, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

struct verifier *
verifier_new(int questions, int answers)
{
	struct verifier *v = calloc(1, sizeof *v);

	if (v == NULL)
		return NULL;
	v->questions = questions;
	v->answers = answers;
	return v;
}

struct verifier *
verifier_start(void)
{
	struct verifier *v = NULL;
	int p[4] = { -1, -1, -1, -1 }; /* questions out and in, answers out and in */
	pid_t pid = -1;

	if (one_processor() || pipe2(p, O_CLOEXEC) != 0 || pipe2(p + 2, O_CLOEXEC) != 0 ||
	    fcntl(p[1], F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(p[2], F_SETFL, O_NONBLOCK) != 0 ||
	    (v = verifier_new(p[1], p[2])) == NULL || (pid = fork()) < 0) {
		close_all(p, 4);
		free(v);
		return NULL;
	}
	if (pid == 0)
		become(p[0], p[3]);
	close(p[0]);
	close(p[3]);
	return v;
}

static void
distrust(struct verifier *v)
{
	int p[2] = { v->questions, v->answers };

	close_all(p, 2);
	v->questions = v->answers = -1;
}

void
verifier_free(struct verifier *v)
{
	if (v == NULL)
		return;
	distrust(v);
	free(v);
}

static struct question *
question(struct verifier *v, uint64_t ticket)
{
	return &v->q[ticket % UNANSWERED_MAX];
}

static bool
failed(ssize_t r)
{
	return r == 0 || (r < 0 && errno != EAGAIN && errno != EINTR);
}

/* Above it are the questions that nobody works on and somebody waits for. */
static uint64_t
floor_of(const struct verifier *v)
{
	return v->taken > v->sent ? v->taken - 1 : v->sent;
}

/* Gives the process what it has room for. False when it took nothing. */
static bool
send_some(struct verifier *v)
{
	unsigned char bulk[BULK * QUESTION];
	uint64_t ticket[BULK], t = floor_of(v);
	size_t n = 0;
	ssize_t r;

	if (v->questions < 0 || v->flying + BULK > FLYING_MAX)
		return false;
	if (v->flying == 0)
		v->answered = t;
	while (n < BULK && t < v->asked) {
		if (question(v, ++t)->answer != ANSWER_NONE)
			continue;
		memcpy(bulk + n * QUESTION, question(v, t)->bytes, QUESTION);
		ticket[n++] = t;
	}
	r = n == 0 ? -1 : write(v->questions, bulk, n * QUESTION);
	if (n > 0 && failed(r))
		distrust(v);
	if (n > 0 && r < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		question(v, ticket[i])->sent = true;
	v->flying += (unsigned)n;
	v->sent = t;
	return n > 0;
}

/* An answer that is none, or to nothing, is a lie: from then on we look ourselves. */
static void
get_answers(struct verifier *v)
{
	unsigned char got[FLYING_MAX];
	ssize_t r;

	if (v->answers < 0)
		return;
	r = read(v->answers, got, sizeof got);
	if (failed(r))
		distrust(v);
	for (ssize_t i = 0; i < r; i++) {
		if ((got[i] != ANSWER_SIGNED && got[i] != ANSWER_NOT) || v->flying == 0) {
			log_at(LOG_WARN, "the verifier's answer is none");
			distrust(v);
			return;
		}
		while (!question(v, ++v->answered)->sent)
			continue;
		question(v, v->answered)->answer = got[i];
		v->flying--;
		v->helped++;
	}
}

static void
exchange(struct verifier *v)
{
	get_answers(v);
	while (send_some(v))
		continue;
}

uint64_t
verifier_ask(struct verifier *v, const struct article *a, const unsigned char *signature)
{
	struct question *q;

	if (v == NULL || v->questions < 0 || v->asked - v->taken == UNANSWERED_MAX ||
	    (v->flying > 0 && v->asked - v->answered == UNANSWERED_MAX))
		return 0;
	q = question(v, ++v->asked);
	memcpy(q->bytes, a->author, ARTICLE_KEY_LEN);
	memcpy(q->bytes + ARTICLE_KEY_LEN, a->hash, DIGEST_LEN);
	memcpy(q->bytes + ARTICLE_KEY_LEN + DIGEST_LEN, signature, ARTICLE_SIG_LEN);
	q->sent = false;
	q->answer = ANSWER_NONE;
	v->ours = v->asked;
	if (v->asked - v->sent >= BULK)
		exchange(v);
	return v->asked;
}

/* Instead of waiting: the last of the questions that nobody works on. */
static bool
help(struct verifier *v)
{
	struct question *q;

	while (v->ours > floor_of(v) && question(v, v->ours)->answer != ANSWER_NONE)
		v->ours--;
	if (v->ours <= floor_of(v))
		return false;
	q = question(v, v->ours--);
	q->answer = verify(q->bytes);
	return true;
}

static void
wait_for_answer(struct verifier *v)
{
	struct pollfd p = { v->answers, POLLIN, 0 };
	int n = poll(&p, 1, PATIENCE_MS);

	if (n == 0 || (n < 0 && errno != EINTR)) {
		log_at(LOG_WARN, "the verifier does not answer");
		distrust(v);
	}
}

enum err
verifier_answer(struct verifier *v, uint64_t ticket, const struct article *a,
    const unsigned char *signature)
{
	struct question *q;

	if (v == NULL || ticket <= v->taken || ticket > v->asked)
		return article_signed(a, signature);
	q = question(v, ticket);
	v->taken = ticket;
	exchange(v);
	while (q->answer == ANSWER_NONE && v->answers >= 0) {
		if (!help(v))
			wait_for_answer(v);
		exchange(v);
	}
	if (v->answers < 0 || q->answer == ANSWER_NONE)
		return article_signed(a, signature);
	return q->answer == ANSWER_SIGNED ? ERR_OK : ERR_CRYPTO;
}

uint64_t
verifier_helped(const struct verifier *v)
{
	return v == NULL ? 0 : v->helped;
}
