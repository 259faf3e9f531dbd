/* links: newsd */
#include "newsd/chat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A play of the other side: what it says when it hears something, or after so long. */
struct cue {
	const char *heard; /* what we said ends with it; NULL: at once */
	const char *says;
	unsigned ms;
};

struct play {
	const char *name, *script;
	struct cue cues[8];
	enum chat_state state;
	const char *sent;   /* all of it */
	const char *why;    /* a part of it */
	uint32_t speed, ms; /* ms: how long it took, at least */
	unsigned breaks;
};

static const struct chat_words words = { VIEW_LIT("5551234"), VIEW_LIT("ana"),
	VIEW_LIT("secret") };

static const struct play plays[] = {
	{ "a modem that dials", "ABORT BUSY '' ATZ OK ATDT\\T CONNECT",
	    { { "ATZ\r", "ATZ\r\r\nOK\r\n", 10 },
		{ "ATDT5551234\r", "\r\nCONNECT 33600/ARQ\r\n", 5000 } },
	    CHAT_DONE, "ATZ\rATDT5551234\r", NULL, 33600, 5010, 0 },
	{ "the line's speed, not the port's", "'' ATD CONNECT",
	    { { "ATD\r", "CARRIER 28800\r\nCONNECT 115200\r\n", 10 } }, CHAT_DONE,
	    "ATD\r", NULL, 28800, 0, 0 },
	{ "CONNECT without a number", "'' ATD CONNECT", { { "ATD\r", "CONNECT", 10 } },
	    CHAT_DONE, "ATD\r", NULL, 0, 300, 0 },
	{ "a busy one", "ABORT BUSY ABORT 'NO CARRIER' '' ATD CONNECT",
	    { { "ATD\r", "\r\nBUSY\r\n", 10 } }, CHAT_FAILED, "ATD\r", "says BUSY", 0, 0,
	    0 },
	{ "one that is not busy any more for us",
	    "ABORT BUSY CLR_ABORT BUSY '' ATD CONNECT",
	    { { "ATD\r", "BUSY CONNECT 9600\r", 10 } }, CHAT_DONE, "ATD\r", NULL, 9600, 0,
	    0 },
	{ "nothing comes", "TIMEOUT 7 OK ATZ", { { 0 } }, CHAT_FAILED, "",
	    "waited 7 s for 'OK', and nothing came", 0, 7000, 0 },
	{ "a login that needs a nudge", "TIMEOUT 3 ogin:--ogin: \\L word: \\P",
	    { { "\r", "banner\r\nlogin: ", 50 }, { "ana\r", "Password: ", 50 },
		{ "secret\r", "", 0 } },
	    CHAT_DONE, "\rana\rsecret\r", NULL, 0, 3000, 0 },
	{ "a nudge by BREAK", "TIMEOUT 1 ogin:-BREAK-ogin: x",
	    { { NULL, "", 0 }, { NULL, "login:", 1500 } }, CHAT_DONE, "x\r", NULL, 0,
	    1000, 1 },
	{ "no nudge is needed", "ogin:--ogin: x word: y",
	    { { NULL, "login:", 5 }, { "x\r", "password:", 5 } }, CHAT_DONE, "x\ry\r",
	    NULL, 0, 0, 0 },
	{ "both sends of a chain in vain", "TIMEOUT 1 a-b-c-d-e f", { { 0 } },
	    CHAT_FAILED, "b\rd\r", "waited 1 s for 'e'", 0, 3000, 0 },
	{ "escapes", "'' '\\r\\n\\s\\t\\\\\\101^C\\b\\N|\\c'", { { 0 } }, CHAT_DONE,
	    "\r\n \t\\A\003\b", NULL, 0, 0, 0 },
	{ "quotes of both kinds", "'' \"it's\" '' 'a \"b\"' '' x\\ y", { { 0 } },
	    CHAT_DONE, "it's\ra \"b\"\rx y\r", NULL, 0, 0, 0 },
	{ "delays", "'' \\d\\d\\px\\c", { { 0 } }, CHAT_DONE, "x", NULL, 0, 2100, 0 },
	{ "EOT", "'' EOT", { { 0 } }, CHAT_DONE, "\004", NULL, 0, 0, 0 },
	{ "BREAK within", "'' a\\Kb\\c", { { 0 } }, CHAT_DONE, "ab", NULL, 0, 0, 1 },
	{ "a comment", "# 'what\n'' x\n#y\n'' z", { { 0 } }, CHAT_DONE, "x\rz\r", NULL, 0,
	    0, 0 },
	{ "an expected dash", "a\\-b x", { { NULL, "a-b", 1 } }, CHAT_DONE, "x\r", NULL,
	    0, 0, 0 },
	{ "parity in what comes", "OK x", { { NULL, "\317K", 1 } }, CHAT_DONE, "x\r",
	    NULL, 0, 0, 0 },
	{ "no end of waiting", "TIMEOUT 0 RING ATA",
	    { { NULL, "", 0 }, { NULL, "RING", 86400000 } }, CHAT_DONE, "ATA\r", NULL, 0,
	    86400000, 0 },
};

static bool
ends(const char *s, size_t n, const char *with)
{
	size_t w = strlen(with);

	return n >= w && memcmp(s + n - w, with, w) == 0;
}

static void
play(const struct play *p)
{
	const struct cue *cue = p->cues;
	unsigned char out[7];
	char sent[512];
	struct chat *c = NULL;
	const char *why = "";
	uint64_t now = 1000, due = 0;
	size_t n = 0;
	unsigned breaks = 0;

	assert_int_equal(chat_new(view_str(p->script), &words, now, &c, &why), ERR_OK);
	for (int turns = 0; turns < 10000 && chat_state(c) == CHAT_RUNNING; turns++) {
		size_t got = chat_output(c, out, sizeof out, now);
		uint32_t next;

		assert_true(n + got < sizeof sent);
		memcpy(sent + n, out, got);
		n += got;
		breaks += chat_break(c);
		if (got > 0)
			continue;
		if (due == 0 && cue->says != NULL &&
		    (cue->heard == NULL || ends(sent, n, cue->heard)))
			due = now + cue->ms + 1;
		next = chat_next(c, now);
		if (due != 0 && (next == CHAT_NEVER || due <= now + next)) {
			now = due > now ? due : now;
			chat_input(c, view_str(cue->says), now);
			due = 0;
			cue++;
		} else if (chat_state(c) == CHAT_RUNNING) {
			assert_true(next != CHAT_NEVER);
			now += next;
		}
	}
	sent[n] = '\0';
	if (chat_state(c) != p->state)
		fail_msg("%s: state %d", p->name, chat_state(c));
	/* a NUL of \N ends the text here, and stands behind it all the same */
	assert_string_equal(sent, p->sent);
	if (p->why != NULL && strstr(chat_why(c), p->why) == NULL)
		fail_msg("%s: %s", p->name, chat_why(c));
	assert_int_equal(chat_speed(c), p->speed);
	assert_int_equal(breaks, p->breaks);
	assert_true(now - 1000 >= p->ms);
	chat_free(c);
}

static void
scripts_are_played(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof plays / sizeof plays[0]; i++)
		play(&plays[i]);
}

static void
what_comes_behind_the_last_word_is_the_streams(void **state)
{
	unsigned char out[8];
	struct chat *c = NULL;
	const char *why = "";

	(void)state;
	assert_int_equal(
	    chat_new(VIEW_LIT("'' '\\c' CONNECT"), &words, 0, &c, &why), ERR_OK);
	chat_output(c, out, sizeof out, 0);
	chat_input(c, VIEW_LIT("CONNECT 9600\r\n~stream"), 1);
	for (int i = 0; i < 3; i++)
		chat_output(c, out, sizeof out, 2);
	assert_int_equal(chat_state(c), CHAT_DONE);
	assert_true(view_eqs(chat_rest(c), "~stream"));
	chat_free(c);
}

static void
the_password_is_not_in_the_transcript(void **state)
{
	unsigned char out[64];
	struct chat *c = NULL;
	const char *why = "";
	struct buf *t;

	(void)state;
	assert_int_equal(
	    chat_new(VIEW_LIT("'' \\P '' \\qhush"), &words, 0, &c, &why), ERR_OK);
	while (chat_state(c) == CHAT_RUNNING)
		chat_output(c, out, sizeof out, 0);
	t = chat_transcript(c);
	assert_true(t->len > 0);
	assert_int_equal(view_find(buf_view(t), "secret"), t->len);
	assert_int_equal(view_find(buf_view(t), "hush"), t->len);
	chat_free(c);
}

static void
what_is_no_script_is_refused(void **state)
{
	static const char *const bad[] = { "'' 'open", "TIMEOUT", "TIMEOUT many", "ABORT",
		"TIMEOUT 99999999" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct chat *c = NULL;
		const char *why = "";

		assert_int_equal(
		    chat_new(view_str(bad[i]), &words, 0, &c, &why), ERR_SYNTAX);
		assert_true(why[0] != '\0');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scripts_are_played),
		cmocka_unit_test(what_comes_behind_the_last_word_is_the_streams),
		cmocka_unit_test(the_password_is_not_in_the_transcript),
		cmocka_unit_test(what_is_no_script_is_refused),
	};

	return cmocka_run_group_tests_name("chat", tests, NULL, NULL);
}
