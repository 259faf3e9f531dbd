/* links: newsd */
#include "newsd/arq.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/simline.h"

#define MINUTE 60000ull

static const struct sim_faults clean;

/* A call: so much from the caller, so much back, until both are done. */
struct call {
	struct sim s;
	unsigned char *p[2];
};

static void
call_start(struct call *c, uint32_t bps, uint32_t latency_ms, const struct sim_faults *f,
    const struct arq_config *conf, size_t there, size_t back, uint64_t seed)
{
	size_t n[2] = { there, back };

	sim_start(&c->s, bps, latency_ms, f, conf, conf, seed);
	for (int i = 0; i < 2; i++) {
		c->p[i] = sim_payload(n[i], seed * 31 + (unsigned)i);
		c->s.end[i].out = (struct view){ c->p[i], n[i] };
		c->s.end[i].close = true;
	}
}

static void
call_stop(struct call *c)
{
	sim_stop(&c->s);
	free(c->p[0]);
	free(c->p[1]);
}

/* Everything arrived as it was, and both ends know it. */
static void
assert_whole(const struct call *c)
{
	for (int i = 0; i < 2; i++) {
		const struct sim_end *from = &c->s.end[i], *to = &c->s.end[!i];

		assert_string_equal(arq_fault_words(from->a), "");
		assert_int_equal(arq_state(from->a), ARQ_CLOSED);
		assert_true(arq_settled(from->a));
		assert_true(arq_ended(to->a));
		assert_int_equal(to->got_n, from->out.len);
		if (to->got_n > 0)
			assert_memory_equal(to->got, from->out.p, to->got_n);
	}
}

static double
efficiency(const struct call *c, uint32_t bps)
{
	uint64_t last = 0;
	double bytes = 0;

	for (int i = 0; i < 2; i++) {
		bytes += (double)c->s.end[i].got_n;
		if (c->s.end[i].got_n > 0 && c->s.end[i].got_ms > last)
			last = c->s.end[i].got_ms;
	}
	return 100 * bytes * 10 / bps / ((double)(last - 1000) / 1000);
}

static void
every_line_carries_what_issue_5_asks(void **state)
{
	static const struct {
		const char *name;
		uint32_t bps, latency;
		size_t there, back;
		struct sim_faults f;
		double want;
	} c[] = {
		{ "no errors", 33600, 100, 200000, 0, { .corrupt = 0 }, 98.6 },
		{ "1e-5", 33600, 100, 200000, 0, { .corrupt = 1e-5 }, 98 },
		{ "1e-4", 33600, 100, 200000, 0, { .corrupt = 1e-4 }, 95 },
		{ "1e-3", 33600, 100, 200000, 0, { .corrupt = 1e-3 }, 88 },
		{ "1e-2", 33600, 100, 50000, 0, { .corrupt = 1e-2 }, 40 },
		{ "both ways", 33600, 100, 100000, 100000, { .corrupt = 0 }, 190 },
		{ "600 ms", 33600, 600, 200000, 0, { .corrupt = 0 }, 96 },
		{ "115,200 bps", 115200, 100, 200000, 0, { .corrupt = 0 }, 97 },
		{ "bursts", 33600, 100, 200000, 0, { .corrupt = 1e-5, .burst = 50 }, 97 },
		{ "dropped", 33600, 100, 200000, 0, { .drop = 1e-4 }, 89 },
		{ "invented", 33600, 100, 200000, 0, { .insert = 1e-4 }, 89 },
		{ "2,400 bps", 2400, 100, 20000, 0, { .corrupt = 0 }, 97 },
		{ "300 bps", 300, 100, 4000, 0, { .corrupt = 0 }, 93 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		struct arq_config conf = { .bps = c[i].bps };
		double sum = 0;

		for (uint64_t seed = 1; seed <= 3; seed++) {
			struct call k;

			call_start(&k, c[i].bps, c[i].latency, &c[i].f, &conf, c[i].there,
			    c[i].back, seed);
			sim_run(&k.s, 60 * MINUTE);
			assert_whole(&k);
			sum += efficiency(&k, c[i].bps);
			call_stop(&k);
		}
		if (sum / 3 < c[i].want)
			fail_msg("%s: %.2f %%, not %.1f", c[i].name, sum / 3, c[i].want);
	}
}

/* One after the other of everything at once: never a wrong byte. */
static void
no_mixture_of_faults_lets_a_wrong_byte_through(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		uint64_t r = seed;
		struct sim_faults f = { .corrupt = (double)(sim_random(&r) % 5) * 1e-3,
			.drop = (double)(sim_random(&r) % 3) * 1e-3,
			.insert = (double)(sim_random(&r) % 3) * 1e-3,
			.burst = (unsigned)(sim_random(&r) % 20),
			.echo = sim_random(&r) % 4 == 0,
			.flow = sim_random(&r) % 4 == 0 };
		struct arq_config conf = { .bps = 115200 };
		struct call c;

		call_start(&c, 115200, 20, &f, &conf, 20000, 15000, seed);
		sim_run(&c.s, 60 * MINUTE);
		assert_whole(&c);
		call_stop(&c);
	}
}

/* The two bad ends of a path that carries no data say why. */
static void
assert_refused(
    const struct sim_faults *f, bool one_way, enum arq_fault fault, const char *word)
{
	struct arq_config conf = { .bps = 115200 };
	struct call c;

	call_start(&c, 115200, 20, f, &conf, 5000, 0, 3);
	if (one_way)
		c.s.end[1].to->f = clean;
	sim_run(&c.s, 2 * MINUTE);
	assert_true(c.s.now_ms < 15000);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(arq_state(c.s.end[i].a), ARQ_FAILED);
		assert_int_equal(arq_fault(c.s.end[i].a), fault);
		if (i == 1 || fault == ARQ_SEVEN_BITS)
			assert_non_null(strstr(arq_fault_words(c.s.end[i].a), word));
		assert_int_equal(c.s.end[i].got_n, 0);
	}
	call_stop(&c);
}

static void
a_path_of_seven_bits_is_refused_in_words_at_both_ends(void **state)
{
	struct sim_faults f = { .seven = true }, both = { .seven = true, .flow = true };

	(void)state;
	assert_refused(&f, false, ARQ_SEVEN_BITS, "7 bits");
	assert_refused(&f, true, ARQ_SEVEN_BITS, "8N1");
	assert_refused(&both, false, ARQ_SEVEN_BITS, "8N1");
}

static void
a_path_that_changes_bytes_is_refused_and_the_byte_named(void **state)
{
	struct sim_faults f = { .swap_from = 0x0d, .swap_to = 0x0a };

	(void)state;
	assert_refused(&f, true, ARQ_CHANGED, "0D");
}

static void
eaten_flow_control_is_noted_and_harmless(void **state)
{
	struct sim_faults f = { .flow = true };
	struct arq_config conf = { .bps = 115200 };
	struct call c;

	(void)state;
	call_start(&c, 115200, 20, &f, &conf, 50000, 50000, 4);
	sim_run(&c.s, MINUTE);
	assert_whole(&c);
	assert_non_null(strstr(arq_note(c.s.end[0].a), "XON/XOFF"));
	assert_non_null(strstr(arq_note(c.s.end[1].a), "XON/XOFF"));
	assert_true(efficiency(&c, 115200) > 185);
	call_stop(&c);
}

static void
an_echo_is_noted_and_passed_over(void **state)
{
	struct sim_faults f = { .echo = true };
	struct arq_config conf = { .bps = 115200 };
	struct call c;

	(void)state;
	call_start(&c, 115200, 20, &f, &conf, 20000, 100, 5);
	sim_run(&c.s, MINUTE);
	assert_whole(&c);
	assert_non_null(strstr(arq_note(c.s.end[0].a), "echo"));
	call_stop(&c);
}

static void
silence_at_the_beginning_is_told_after_open_ms(void **state)
{
	struct sim_faults f = { .dead_to_ms = UINT64_MAX };
	struct arq_config conf = { .bps = 115200, .open_ms = 20000 };
	struct call c;

	(void)state;
	call_start(&c, 115200, 20, &f, &conf, 20000, 0, 6);
	sim_run(&c.s, MINUTE);
	assert_int_equal(arq_fault(c.s.end[0].a), ARQ_NO_ANSWER);
	assert_in_range(c.s.now_ms, 21000, 22000);
	assert_int_equal(arq_state(c.s.end[1].a), ARQ_LISTENING);
	/* and nothing was sent that nobody asked for: greetings, and one window of data */
	assert_true(c.s.end[0].to->carried < 25000);
	assert_int_equal(c.s.end[1].to->carried, 0);
	call_stop(&c);
}

static void
only_its_own_echo_is_told_as_an_echo(void **state)
{
	struct arq_config conf = { .bps = 115200, .open_ms = 5000, .session = 99 };
	struct arq *a = arq_new(&conf, 0);
	unsigned char some[256];

	(void)state;
	arq_write(a, VIEW_LIT("hello"));
	for (uint64_t now = 0; now < 6000; now++) {
		size_t n = arq_output(a, some, sizeof some, now);

		arq_input(a, (struct view){ some, n }, now);
	}
	assert_int_equal(arq_state(a), ARQ_FAILED);
	assert_int_equal(arq_fault(a), ARQ_ECHO);
	assert_non_null(strstr(arq_fault_words(a), "echoes"));
	arq_free(a);
}

static void
an_answerer_is_silent_until_it_is_called_whatever_comes(void **state)
{
	static const char banner[] =
	    "\r\nDebian GNU/Linux 12 home ttyS0\r\n\r\nhome login: ~~~~";
	struct arq_config conf = { .bps = 9600, .answer = true, .session = 5 };
	struct arq *a = arq_new(&conf, 0);
	unsigned char some[64], *noise = sim_payload(20000, 8);

	(void)state;
	arq_input(a, VIEW_LIT(banner), 10);
	arq_input(a, (struct view){ noise, 20000 }, 20);
	for (uint64_t now = 0; now < 600000; now += 500)
		assert_int_equal(arq_output(a, some, sizeof some, now), 0);
	assert_int_equal(arq_next(a, 600000), ARQ_NEVER);
	assert_int_equal(arq_state(a), ARQ_LISTENING);
	arq_close(a);
	assert_int_equal(arq_state(a), ARQ_CLOSED);
	free(noise);
	arq_free(a);
}

static void
garbage_before_and_in_the_call_costs_time_only(void **state)
{
	struct arq_config conf = { .bps = 33600 };
	unsigned char *noise = sim_payload(3000, 9);
	struct call c;

	(void)state;
	call_start(&c, 33600, 50, &clean, &conf, 30000, 0, 9);
	for (int i = 0; i < 2; i++)
		arq_input(c.s.end[i].a, VIEW_LIT("login: Password: \r\nWelcome ~home~ %"),
		    1000);
	for (int i = 0; i < 5; i++) {
		sim_run(&c.s, 1000);
		arq_input(c.s.end[1].a, (struct view){ noise, 3000 }, c.s.now_ms);
		arq_input(c.s.end[0].a, (struct view){ noise, 3000 }, c.s.now_ms);
	}
	sim_run(&c.s, 5 * MINUTE);
	assert_whole(&c);
	assert_true(efficiency(&c, 33600) > 60);
	free(noise);
	call_stop(&c);
}

/* What is under way when a carrier drops has to be sent again. */
static void
little_is_under_way_at_any_time(void **state)
{
	struct arq_config conf = { .bps = 33600 };
	struct arq_stats st[2];
	struct call c;

	(void)state;
	call_start(&c, 33600, 100, &clean, &conf, 200000, 0, 10);
	while (!sim_over(&c.s)) {
		uint64_t ahead = c.s.end[0].to->free_us;

		sim_step(&c.s);
		for (int i = 0; i < 2; i++)
			arq_stats(c.s.end[i].a, &st[i], c.s.now_ms);
		/* what stands in the device: a tenth of a second, and 2 ms of steps */
		assert_true(ahead < c.s.now_ms * 1000 + 103000);
		assert_true(st[0].line_out <
			4096 + st[1].received + st[1].received / 50 + 338 * 2 ||
		    st[1].received == 0);
	}
	assert_whole(&c);
	call_stop(&c);
}

static void
a_line_that_is_dead_for_a_while_goes_on_at_once_after(void **state)
{
	struct sim_faults f = { .dead_from_ms = 10000, .dead_to_ms = 70000 };
	struct arq_config conf = { .bps = 33600 };
	struct call c;

	(void)state;
	call_start(&c, 33600, 100, &f, &conf, 100000, 0, 11);
	sim_run(&c.s, 10 * MINUTE);
	assert_whole(&c);
	/* 30 s of data, 60 s of nothing, and at most 9 s until it was noticed */
	assert_true(c.s.end[1].got_ms < 1000 + 30300 + 60000 + 9500);
	call_stop(&c);
}

static void
a_line_that_stays_dead_is_given_up_after_two_minutes(void **state)
{
	struct sim_faults f = { .dead_from_ms = 10000, .dead_to_ms = UINT64_MAX };
	struct arq_config conf = { .bps = 33600 };
	struct call c;

	(void)state;
	call_start(&c, 33600, 100, &f, &conf, 100000, 100000, 12);
	sim_run(&c.s, 10 * MINUTE);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(arq_state(c.s.end[i].a), ARQ_FAILED);
		assert_int_equal(arq_fault(c.s.end[i].a), ARQ_SILENCE);
		/* what came before is right */
		assert_true(c.s.end[i].got_n > 20000);
		assert_memory_equal(c.s.end[i].got, c.p[!i], c.s.end[i].got_n);
	}
	assert_in_range(c.s.now_ms, 125000, 135000);
	call_stop(&c);
}

static void
errors_alone_never_end_a_call(void **state)
{
	struct sim_faults f = { .corrupt = 0.02 };
	struct arq_config conf = { .bps = 33600 };
	struct call c;

	(void)state;
	call_start(&c, 33600, 100, &f, &conf, 10000, 0, 13);
	sim_run(&c.s, 30 * MINUTE);
	assert_whole(&c);
	call_stop(&c);
}

static void
a_new_caller_on_the_line_ends_the_old_call(void **state)
{
	struct arq_config conf = { .bps = 33600 },
			  again = { .bps = 33600, .session = 4242 };
	struct call c;

	(void)state;
	call_start(&c, 33600, 100, &clean, &conf, 100000, 0, 14);
	sim_run(&c.s, 5000);
	arq_free(c.s.end[0].a);
	c.s.end[0].a = arq_new(&again, c.s.now_ms);
	c.s.end[0].written = 0;
	while (arq_state(c.s.end[1].a) != ARQ_FAILED && c.s.now_ms < MINUTE)
		sim_step(&c.s);
	assert_int_equal(arq_fault(c.s.end[1].a), ARQ_ANEW);
	assert_true(c.s.now_ms < 7000);
	call_stop(&c);
}

static void
two_callers_are_told_that_both_call(void **state)
{
	struct arq_config a = { .bps = 9600, .session = 1 },
			  b = { .bps = 9600, .session = 2 };
	struct arq *x = arq_new(&a, 0), *y = arq_new(&b, 0);
	unsigned char some[256];
	size_t n;

	(void)state;
	n = arq_output(x, some, sizeof some, 0);
	arq_input(y, (struct view){ some, n }, 50);
	assert_int_equal(arq_fault(y), ARQ_BOTH_CALL);
	arq_free(x);
	arq_free(y);
}

static void
an_abort_reaches_the_other_end_with_its_reason(void **state)
{
	struct arq_config conf = { .bps = 9600 };
	struct call c;

	(void)state;
	call_start(&c, 9600, 100, &clean, &conf, 20000, 0, 15);
	sim_run(&c.s, 3000);
	arq_abort(c.s.end[1].a, "no newsd is running\x1b[2J here");
	sim_run(&c.s, 5000);
	assert_int_equal(arq_fault(c.s.end[1].a), ARQ_ABORTED);
	assert_int_equal(arq_fault(c.s.end[0].a), ARQ_ENDED);
	assert_non_null(
	    strstr(arq_fault_words(c.s.end[0].a), "no newsd is running?[2J here"));
	call_stop(&c);
}

static void
a_slow_reader_holds_the_other_end_without_loss(void **state)
{
	struct arq_config conf = { .bps = 115200 };
	struct arq_stats st;
	struct call c;

	(void)state;
	call_start(&c, 115200, 20, &clean, &conf, 300000, 0, 16);
	c.s.end[1].read_bps = 9600;
	while ((!sim_over(&c.s) || arq_readable(c.s.end[1].a) > 0) &&
	    c.s.now_ms < 20 * MINUTE) {
		sim_step(&c.s);
		assert_true(arq_readable(c.s.end[1].a) < 70000);
	}
	assert_whole(&c);
	arq_stats(c.s.end[0].a, &st, c.s.now_ms);
	assert_true(st.repeated_bytes < 3000);
	assert_true(efficiency(&c, 9600) > 97);
	call_stop(&c);
}

static void
one_end_may_be_done_long_before_the_other(void **state)
{
	struct arq_config conf = { .bps = 33600 };
	struct call c;

	(void)state;
	call_start(&c, 33600, 100, &clean, &conf, 100, 60000, 17);
	sim_run(&c.s, 2000);
	assert_true(arq_ended(c.s.end[1].a));
	assert_false(arq_ended(c.s.end[0].a));
	assert_int_equal(arq_write(c.s.end[0].a, VIEW_LIT("more")), 0);
	sim_run(&c.s, MINUTE);
	assert_whole(&c);
	call_stop(&c);
}

static void
an_idle_line_is_silent_and_wakes_without_delay(void **state)
{
	struct arq_config conf = { .bps = 33600 };
	uint64_t carried, began;
	struct call c;

	(void)state;
	call_start(&c, 33600, 100, &clean, &conf, 500, 500, 18);
	c.s.end[0].close = c.s.end[1].close = false;
	sim_run(&c.s, 10000);
	carried = c.s.end[0].to->carried + c.s.end[1].to->carried;
	sim_run(&c.s, 30 * MINUTE);
	assert_int_equal(c.s.end[0].to->carried + c.s.end[1].to->carried, carried);
	assert_int_equal(arq_state(c.s.end[0].a), ARQ_OPEN);
	began = c.s.now_ms;
	assert_int_equal(arq_write(c.s.end[1].a, VIEW_LIT("news")), 4);
	while (c.s.end[0].got_n < 504)
		sim_step(&c.s);
	assert_true(c.s.end[0].got_ms - began < 120);
	call_stop(&c);
}

static void
an_article_of_2_kb_is_there_without_a_round_trip_first(void **state)
{
	struct arq_config conf = { .bps = 33600 };
	struct call c;

	(void)state;
	call_start(&c, 33600, 100, &clean, &conf, 2048, 0, 19);
	sim_run(&c.s, MINUTE);
	assert_whole(&c);
	/* 610 ms of line for it, 100 on the way, 26 for all else */
	assert_in_range(c.s.end[1].got_ms - 1000, 700, 740);
	call_stop(&c);
}

static void
a_line_of_unknown_speed_is_measured(void **state)
{
	struct arq_config unknown = { .bps = 0 }, cable = { .bps = 115200 };
	struct arq_stats st;
	struct call c;

	(void)state;
	call_start(&c, 33600, 100, &clean, &unknown, 200000, 0, 20);
	sim_run(&c.s, 5 * MINUTE);
	assert_whole(&c);
	assert_true(efficiency(&c, 33600) > 90);
	arq_stats(c.s.end[0].a, &st, c.s.now_ms);
	assert_in_range(st.rate, 3000, 3700);
	call_stop(&c);
	/* a modem behind a faster cable */
	call_start(&c, 33600, 100, &clean, &cable, 200000, 0, 21);
	sim_run(&c.s, 5 * MINUTE);
	assert_whole(&c);
	assert_true(efficiency(&c, 33600) > 95);
	call_stop(&c);
}

static void
half_duplex_takes_turns(void **state)
{
	static const struct sim_faults f[] = { { .corrupt = 0 }, { .corrupt = 1e-4 },
		{ .corrupt = 1e-3 }, { .drop = 1e-3 } };
	static const double want[] = { 85, 75, 55, 35 };

	(void)state;
	for (size_t i = 0; i < sizeof f / sizeof f[0]; i++) {
		/* one end that wants it is enough */
		struct arq_config conf = { .bps = 9600 };
		struct call c;

		conf.half_duplex = true;
		call_start(&c, 9600, 50, &f[i], &conf, 20000, 20000, 22 + i);
		c.s.turns = true;
		sim_run(&c.s, 20 * MINUTE);
		assert_whole(&c);
		if (i == 0)
			assert_int_equal(c.s.collisions, 0);
		if (efficiency(&c, 9600) < want[i])
			fail_msg("%zu: %.1f %%", i, efficiency(&c, 9600));
		call_stop(&c);
	}
}

static void
test_frames_come_back_and_are_counted(void **state)
{
	struct sim_faults f = { .corrupt = 1e-3 };
	struct arq_config conf = { .bps = 33600, .test = true };
	struct arq_stats st;
	struct call c;

	(void)state;
	call_start(&c, 33600, 100, &f, &conf, 0, 0, 26);
	c.s.end[0].close = c.s.end[1].close = false;
	for (int i = 0; i < 200;) {
		i += arq_test(c.s.end[0].a, 200, true);
		sim_step(&c.s);
	}
	sim_run(&c.s, 3000);
	assert_true(arq_testing(c.s.end[1].a));
	assert_false(arq_testing(c.s.end[0].a));
	arq_stats(c.s.end[0].a, &st, c.s.now_ms);
	assert_int_equal(st.tests, 200);
	assert_in_range(st.tests_there, 140, 185); /* of 213 bytes each 0.81 arrive */
	assert_in_range(st.echoes, 100, 160);
	assert_in_range(st.echo_min_ms, 320, 420);
	arq_close(c.s.end[0].a);
	arq_close(c.s.end[1].a);
	sim_run(&c.s, MINUTE);
	assert_int_equal(arq_state(c.s.end[0].a), ARQ_CLOSED);
	call_stop(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_carries_what_issue_5_asks),
		cmocka_unit_test(no_mixture_of_faults_lets_a_wrong_byte_through),
		cmocka_unit_test(a_path_of_seven_bits_is_refused_in_words_at_both_ends),
		cmocka_unit_test(a_path_that_changes_bytes_is_refused_and_the_byte_named),
		cmocka_unit_test(eaten_flow_control_is_noted_and_harmless),
		cmocka_unit_test(an_echo_is_noted_and_passed_over),
		cmocka_unit_test(silence_at_the_beginning_is_told_after_open_ms),
		cmocka_unit_test(only_its_own_echo_is_told_as_an_echo),
		cmocka_unit_test(an_answerer_is_silent_until_it_is_called_whatever_comes),
		cmocka_unit_test(garbage_before_and_in_the_call_costs_time_only),
		cmocka_unit_test(little_is_under_way_at_any_time),
		cmocka_unit_test(a_line_that_is_dead_for_a_while_goes_on_at_once_after),
		cmocka_unit_test(a_line_that_stays_dead_is_given_up_after_two_minutes),
		cmocka_unit_test(errors_alone_never_end_a_call),
		cmocka_unit_test(a_new_caller_on_the_line_ends_the_old_call),
		cmocka_unit_test(two_callers_are_told_that_both_call),
		cmocka_unit_test(an_abort_reaches_the_other_end_with_its_reason),
		cmocka_unit_test(a_slow_reader_holds_the_other_end_without_loss),
		cmocka_unit_test(one_end_may_be_done_long_before_the_other),
		cmocka_unit_test(an_idle_line_is_silent_and_wakes_without_delay),
		cmocka_unit_test(an_article_of_2_kb_is_there_without_a_round_trip_first),
		cmocka_unit_test(a_line_of_unknown_speed_is_measured),
		cmocka_unit_test(half_duplex_takes_turns),
		cmocka_unit_test(test_frames_come_back_and_are_counted),
	};

	return cmocka_run_group_tests_name("arq", tests, NULL, NULL);
}
