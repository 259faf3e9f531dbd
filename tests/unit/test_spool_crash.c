/* spool: a writer is killed at any point; what it acknowledged is there, and all tables
 * agree. */
#include "tests/unit/spool_kit.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define ROUNDS 30
#define BATCH 5

static void
name_post(unsigned n, char id[32], char groups[64])
{
	snprintf(id, 32, "<%u@x>", n);
	snprintf(groups, 64, "g.%u,g.%u,g.all", n % 7, n % 3);
}

/* Puts, commits, acknowledges the last number; every fourth round expires instead. */
_Noreturn static void
write_until_killed(struct kit *k, unsigned from, int fd)
{
	static const struct spool_rule rules[] = { { VIEW_LIT("g.1"), 1 },
		{ VIEW_LIT("g.all"), 1 } };
	struct spool_expiry x = {
		.rules = rules, .count = 2, .history = 1 << 30, .now = KIT_NOW + 9
	};
	char id[32], groups[64];

	for (unsigned n = from, round = 1;; round++) {
		struct spool_expired done = { 0 };
		bool more;

		if (round % 4 == 0) {
			if (spool_expire(k->sp, &x, &done, &more) != ERR_OK)
				_exit(1);
			continue;
		}
		if (spool_begin(k->sp) != ERR_OK)
			_exit(2);
		for (int i = 0; i < BATCH; i++, n++) {
			name_post(n, id, groups);
			kit_put(k, &(struct post){ .id = id, .groups = groups });
		}
		if (spool_commit(k->sp) != ERR_OK)
			_exit(3);
		if (write(fd, &n, sizeof n) != sizeof n)
			_exit(4);
	}
}

static unsigned
run_and_kill(struct kit *k, unsigned from, unsigned acks, unsigned nanoseconds)
{
	struct timespec t = { 0, nanoseconds };
	unsigned n = from, got;
	int fd[2], status;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fd[0]);
		if (spool_open(k->path, SPOOL_WRITE, &k->sp) != ERR_OK)
			_exit(5);
		write_until_killed(k, from, fd[1]);
	}
	close(fd[1]);
	while (acks-- > 0 && read(fd[0], &got, sizeof got) == sizeof got)
		n = got;
	/* not to wait for anything: to hit another place each time */
	nanosleep(&t, NULL);
	assert_int_equal(kill(pid, SIGKILL), 0);
	while (read(fd[0], &got, sizeof got) == sizeof got)
		n = got;
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return n;
}

static void
what_was_acknowledged_survives_a_kill_and_all_tables_agree(void **state)
{
	uint64_t high = 0, low = 0;
	unsigned acked = 0, x = 1;
	struct kit k;
	bool known;

	(void)state;
	kit_open(&k);
	for (unsigned round = 0; round < ROUNDS; round++) {
		char id[32], groups[64];
		uint64_t last;
		unsigned from = acked;

		spool_close(k.sp);
		k.sp = NULL;
		x = x * 1664525u + 1013904223u;
		acked = run_and_kill(&k, acked, x >> 28, (x >> 8) % 3000000);
		assert_int_equal(spool_open(k.path, SPOOL_WRITE, &k.sp), ERR_OK);
		kit_sound(&k);
		for (unsigned n = from; n < acked; n++) {
			name_post(n, id, groups);
			assert_int_equal(spool_known(k.sp, view_str(id), &known), ERR_OK);
			assert_true(known);
		}
		/* committed but not yet acknowledged: at most one batch, whole */
		assert_int_equal(spool_last_arrival(k.sp, &last), ERR_OK);
		assert_true(last == acked || last == acked + BATCH);
		acked = (unsigned)last;
		if (acked > 0) {
			struct spool_group g = kit_group(&k, "g.all");

			assert_int_equal(g.high, acked);
			assert_true(g.high >= high && g.low >= low);
			high = g.high, low = g.low;
		}
	}
	assert_true(acked > 0);
	kit_close(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_was_acknowledged_survives_a_kill_and_all_tables_agree),
	};

	return cmocka_run_group_tests_name("spool_crash", tests, NULL, NULL);
}
