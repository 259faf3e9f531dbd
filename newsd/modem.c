#include "newsd/modem.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "newsd/serialport.h"

#define PIECE 512
#define REST_MAX 8192
#define GUARD_MS 1100 /* of silence around +++ */
#define ANSWER_MS 2000
#define SENT_MS 3000 /* for what the device still holds */

/* 1: bytes. 0: nothing by then. -1: the device is gone, or nobody waits. */
static int
wait_for(const struct modem *m, int events, uint32_t ms)
{
	struct pollfd p[2] = { { m->in, (short)events, 0 }, { m->watch, 0, 0 } };
	int r = poll(p, 2, ms > 60000 ? 60000 : (int)ms);

	if (r < 0)
		return errno == EINTR ? 0 : -1;
	if (p[1].revents != 0)
		return -1;
	return p[0].revents != 0 ? 1 : 0;
}

static enum err
hear(const struct modem *m, struct chat *c)
{
	unsigned char piece[PIECE];
	ssize_t n = read(m->in, piece, sizeof piece);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return ERR_OK;
	if (n <= 0)
		return ERR_IO;
	chat_input(c, (struct view){ piece, (size_t)n }, (uint64_t)clock_ms());
	return ERR_OK;
}

static enum err
say(const struct modem *m, struct chat *c)
{
	unsigned char piece[PIECE];
	size_t n, at = 0;

	n = chat_output(c, piece, sizeof piece, (uint64_t)clock_ms());
	while (at < n) {
		ssize_t w = write(m->out, piece + at, n - at);

		if (w < 0 && errno == EAGAIN) {
			struct pollfd p = { m->out, POLLOUT, 0 };

			/* a device that takes nothing: flow control that nobody answers */
			if (poll(&p, 1, SENT_MS) <= 0)
				return ERR_IO;
			continue;
		}
		if (w < 0 && errno != EINTR)
			return ERR_IO;
		at += w > 0 ? (size_t)w : 0;
	}
	if (chat_break(c))
		serialport_break(m->out);
	return ERR_OK;
}

static void
show(const struct modem *m, struct chat *c)
{
	struct buf *t = chat_transcript(c);

	if (m->transcript >= 0 && t->len > 0)
		(void)fs_write_all(m->transcript, buf_view(t));
	buf_reset(t);
}

static enum err
play(const struct modem *m, struct chat *c, struct buf *why)
{
	enum err e = ERR_OK;

	while (e == ERR_OK && chat_state(c) == CHAT_RUNNING) {
		int r;

		if ((e = say(m, c)) != ERR_OK)
			break;
		show(m, c);
		if (chat_state(c) != CHAT_RUNNING)
			break;
		if ((r = wait_for(m, POLLIN, chat_next(c, (uint64_t)clock_ms()))) < 0)
			return ERR_MORE;
		e = r > 0 ? hear(m, c) : ERR_OK;
	}
	if (e != ERR_OK)
		buf_adds(why, "the device went away, or takes nothing");
	else if (chat_state(c) == CHAT_FAILED) {
		buf_adds(why, chat_why(c));
		e = chat_fault(c) == CHAT_ABORTED ? ERR_DENIED : ERR_NOTFOUND;
	}
	return e;
}

enum err
modem_chat(const struct modem *m, struct view script, const struct chat_words *words,
    uint32_t *speed, struct buf *rest, struct buf *why)
{
	const char *phrase = "";
	struct chat *c = NULL;
	enum err e;

	if (chat_new(script, words, (uint64_t)clock_ms(), &c, &phrase) != ERR_OK) {
		buf_addf(why, "the chat script: %s", phrase);
		return ERR_SYNTAX;
	}
	e = play(m, c, why);
	show(m, c);
	if (e == ERR_OK) {
		if (chat_speed(c) != 0)
			*speed = chat_speed(c);
		buf_addv(rest, chat_rest(c));
	}
	chat_free(c);
	return e;
}

static void
drain(const struct modem *m)
{
	int64_t until = clock_ms() + SENT_MS;

	while (serialport_unsent(m->out) > 0 && clock_ms() < until)
		poll(NULL, 0, 20);
}

/* Reads and drops for that long, or until a line says OK. */
static void
listen_for(const struct modem *m, int ms, bool for_ok)
{
	int64_t until = clock_ms() + ms, left;
	unsigned char piece[PIECE];
	struct buf got = BUF_INIT(REST_MAX);

	while ((left = until - clock_ms()) > 0) {
		struct pollfd p = { m->in, POLLIN, 0 };
		ssize_t n;

		if (poll(&p, 1, (int)left) <= 0)
			continue;
		if ((n = read(m->in, piece, sizeof piece)) == 0 ||
		    (n < 0 && errno != EAGAIN && errno != EINTR))
			break;
		if (n > 0)
			buf_add(&got, piece, (size_t)n);
		if (for_ok && view_find(buf_view(&got), "OK\r") < got.len)
			break;
	}
	buf_release(&got);
}

void
modem_hang_up(const struct modem *m)
{
	drain(m);
	if (serialport_drop(m->out))
		return;
	listen_for(m, GUARD_MS, false);
	if (write(m->out, "+++", 3) != 3)
		return;
	listen_for(m, GUARD_MS + 400, true);
	if (write(m->out, "ATH\r", 4) == 4)
		listen_for(m, ANSWER_MS, true);
}
