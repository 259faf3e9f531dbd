#include "newsd/chat.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "newsd/script.h"

#define ABORTS_MAX 64
#define TIMEOUT_S 45
#define UNREAD_MAX 8192 /* a flood: the oldest of it is dropped */
#define LINE_MAX 80
#define WINDOW SCRIPT_STRING_MAX
#define WHY_MAX 240
#define SHOWN_MAX 60
#define SPEED_MS 300 /* for the number behind CONNECT */
#define TRANSCRIPT_MAX (64u << 10)

struct chat {
	struct script script;
	size_t at; /* the item that is played */
	size_t aborts[ABORTS_MAX], n_aborts;
	uint32_t timeout_s;
	uint64_t until; /* of the wait, or of the delay in a send */
	bool waiting, breaking, lingering;
	size_t sent;       /* bytes of the send's ops */
	struct buf unread; /* came, and nobody looked at it yet */
	unsigned char window[WINDOW];
	size_t seen; /* bytes that went through the window in this wait */
	unsigned char line[LINE_MAX];
	size_t line_len;
	uint32_t speed, carrier;
	enum chat_state state;
	enum chat_fault fault;
	struct buf why, transcript;
};

static struct script_item *
item(struct chat *c)
{
	return c->at < c->script.n ? &c->script.items[c->at] : NULL;
}

static void
tell(struct chat *c, const char *what, struct view v)
{
	/* who does not read it does not need it */
	if (c->transcript.len + 4 * v.len + 64 > TRANSCRIPT_MAX)
		buf_reset(&c->transcript);
	buf_adds(&c->transcript, what);
	text_quote(&c->transcript, v, SCRIPT_STRING_MAX);
	buf_addc(&c->transcript, '\n');
}

static void
tell_line(struct chat *c)
{
	if (c->line_len > 0)
		tell(c, "got    ", (struct view){ c->line, c->line_len });
	c->line_len = 0;
}

static void
fail(struct chat *c, enum chat_fault fault)
{
	tell_line(c);
	c->state = CHAT_FAILED;
	c->fault = fault;
	buf_adds(&c->transcript, "failed: ");
	buf_addv(&c->transcript, buf_view(&c->why));
	buf_addc(&c->transcript, '\n');
}

/* ---- what comes ----------------------------------------------------------------------- */

static bool
ends_with(const struct chat *c, struct view v)
{
	if (v.len == 0 || v.len > c->seen)
		return false;
	return memcmp(c->window + WINDOW - v.len, v.p, v.len) == 0;
}

/* The first number behind a word of the line; 0: there is none. */
static uint32_t
number_behind(const struct chat *c, const char *word)
{
	struct view v = { c->line, c->line_len };
	size_t at = view_find(v, word), n = 0;
	uint64_t number = 0;

	if (at == v.len)
		return 0;
	v = view_slice(v, at + strlen(word), v.len);
	while (v.len > 0 && (v.p[0] == ' ' || v.p[0] == ':'))
		v = view_slice(v, 1, v.len);
	while (n < v.len && text_isdigit(v.p[n]))
		n++;
	if (text_num(view_slice(v, 0, n), 50, 4000000, &number) != ERR_OK)
		return 0;
	return (uint32_t)number;
}

static void
line_ended(struct chat *c)
{
	uint32_t n;

	if ((n = number_behind(c, "CARRIER")) != 0)
		c->carrier = n;
	if ((n = number_behind(c, "CONNECT")) != 0)
		c->speed = n;
	tell_line(c);
}

static void
add_to_line(struct chat *c, int byte)
{
	if (byte == '\r' || byte == '\n') {
		line_ended(c);
		return;
	}
	if (c->line_len == LINE_MAX)
		tell_line(c);
	c->line[c->line_len++] = (unsigned char)byte;
}

static void
take(struct chat *c, int byte)
{
	/* a getty may still send parity */
	byte &= 0x7f;
	memmove(c->window, c->window + 1, WINDOW - 1);
	c->window[WINDOW - 1] = (unsigned char)byte;
	c->seen++;
	add_to_line(c, byte);
}

static bool
aborted(struct chat *c)
{
	for (size_t i = 0; i < c->n_aborts; i++) {
		struct view v = c->script.items[c->aborts[i]].text;

		if (!ends_with(c, v))
			continue;
		buf_adds(&c->why, "the other side says ");
		text_show(&c->why, v, SHOWN_MAX);
		fail(c, CHAT_ABORTED);
		return true;
	}
	return false;
}

/* Past the subs that were for when this one did not come. */
static void
matched(struct chat *c)
{
	const struct script_item *i;

	c->waiting = false;
	c->at++;
	while ((i = item(c)) != NULL && i->sub)
		c->at++;
}

static void
timed_out(struct chat *c)
{
	const struct script_item *now = item(c), *next;

	c->at++;
	c->waiting = false;
	if ((next = item(c)) != NULL && next->sub)
		return;
	buf_addf(&c->why, "waited %u s for ", (unsigned)c->timeout_s);
	text_quote(&c->why, now->text, SHOWN_MAX);
	for (size_t i = 0; i < c->why.len; i++)
		if (c->why.p[i] == '"')
			c->why.p[i] = '\'';
	buf_adds(
	    &c->why, c->seen > 0 ? ", and something else came" : ", and nothing came");
	fail(c, CHAT_TIMEOUT);
}

static void
wait(struct chat *c, uint64_t now)
{
	struct view want = item(c)->text;
	size_t n = 0;

	if (!c->waiting) {
		c->waiting = true;
		c->seen = 0;
		c->until = c->timeout_s == 0 ? UINT64_MAX : now + 1000ull * c->timeout_s;
		if (want.len > 0)
			tell(c, "expect ", want);
	}
	if (want.len == 0) {
		matched(c);
		return;
	}
	while (n < c->unread.len && c->waiting && c->state == CHAT_RUNNING) {
		take(c, c->unread.p[n++]);
		if (ends_with(c, want))
			matched(c);
		else
			aborted(c);
	}
	buf_consume(&c->unread, n);
	if (c->waiting && c->state == CHAT_RUNNING && now >= c->until)
		timed_out(c);
}

/* All is said; a modem's CONNECT may have its number still to come. */
static void
linger(struct chat *c, uint64_t now)
{
	struct view line = { c->line, c->line_len };
	size_t n = 0;

	if (!c->lingering && view_find(line, "CONNECT") < line.len) {
		c->lingering = true;
		c->until = now + SPEED_MS;
	}
	while (c->lingering && c->line_len > 0 && n < c->unread.len)
		add_to_line(c, c->unread.p[n++] & 0x7f);
	/* the LF behind the CR */
	if (n > 0 && n < c->unread.len && c->line_len == 0 && c->unread.p[n] == '\n')
		n++;
	buf_consume(&c->unread, n);
	if (c->lingering && c->line_len > 0 && now < c->until)
		return;
	tell_line(c);
	c->state = CHAT_DONE;
}

/* ---- what is said --------------------------------------------------------------------- */

static void
clear_abort(struct chat *c, struct view v)
{
	for (size_t i = 0; i < c->n_aborts; i++)
		if (view_eq(c->script.items[c->aborts[i]].text, v)) {
			c->aborts[i] = c->aborts[--c->n_aborts];
			return;
		}
}

static void
tell_send(struct chat *c, const struct script_item *i)
{
	struct buf plain = BUF_INIT(SCRIPT_STRING_MAX + 8);

	tell_line(c);
	for (size_t n = 0; n + 1 < i->text.len; n += 2)
		if (i->text.p[n] == OP_BYTE)
			buf_addc(&plain, i->text.p[n + 1]);
	if (i->hidden)
		buf_adds(&c->transcript, "send   (not shown)\n");
	else
		tell(c, "send   ", buf_view(&plain));
	buf_release(&plain);
}

/* The ops of one send, until room is used or a delay begins. */
static size_t
send_some(struct chat *c, unsigned char *out, size_t room, uint64_t now)
{
	static const unsigned delays[] = { [OP_SECOND] = 1000, [OP_TENTH] = 100 };
	const struct script_item *i = item(c);
	size_t n = 0;

	if (c->sent == 0)
		tell_send(c, i);
	while (n < room && c->sent + 1 < i->text.len && now >= c->until && !c->breaking) {
		unsigned op = i->text.p[c->sent];

		if (op == OP_BYTE)
			out[n++] = i->text.p[c->sent + 1];
		else if (op == OP_BREAK)
			c->breaking = true;
		else
			c->until = now + delays[op];
		c->sent += 2;
	}
	if (c->sent + 1 >= i->text.len && now >= c->until) {
		c->sent = 0;
		c->at++;
		/* the send of a sub is followed by its expect, the last by the next pair */
	}
	return n;
}

static void
set(struct chat *c, const struct script_item *i)
{
	switch (i->kind) {
	case SCRIPT_ABORT:
		if (c->n_aborts < ABORTS_MAX && i->text.len > 0)
			c->aborts[c->n_aborts++] = c->at;
		break;
	case SCRIPT_CLEAR_ABORT:
		clear_abort(c, i->text);
		break;
	case SCRIPT_TIMEOUT:
		c->timeout_s = i->number;
		break;
	case SCRIPT_SAY:
		tell_line(c);
		text_show(&c->transcript, i->text, SCRIPT_STRING_MAX);
		buf_addc(&c->transcript, '\n');
		break;
	default:
		break;
	}
	c->at++;
}

size_t
chat_output(struct chat *c, unsigned char *out, size_t room, uint64_t now)
{
	const struct script_item *i;
	size_t n = 0;

	while (c->state == CHAT_RUNNING && (i = item(c)) != NULL) {
		size_t before = c->at;

		if (i->kind == SCRIPT_EXPECT)
			wait(c, now);
		else if (i->kind == SCRIPT_SEND)
			n += send_some(c, out + n, room - n, now);
		else
			set(c, i);
		if (c->at == before)
			return n;
		if (c->breaking)
			return n;
		c->until = c->waiting ? c->until : 0;
	}
	if (c->state == CHAT_RUNNING && n == 0)
		linger(c, now);
	return n;
}

/* ---- the rest ------------------------------------------------------------------------- */

enum err
chat_new(struct view v, const struct chat_words *words, uint64_t now, struct chat **out,
    const char **why)
{
	struct chat *c = calloc(1, sizeof *c);
	enum err e;

	(void)now;
	*why = "no memory";
	if (c == NULL)
		return ERR_NOMEM;
	c->timeout_s = TIMEOUT_S;
	buf_init(&c->unread, UNREAD_MAX);
	buf_init(&c->why, WHY_MAX);
	buf_init(&c->transcript, TRANSCRIPT_MAX + 4 * SCRIPT_STRING_MAX);
	if ((e = script_read(&c->script, v, words, why)) == ERR_OK)
		*out = c;
	else
		chat_free(c);
	return e;
}

void
chat_free(struct chat *c)
{
	if (c == NULL)
		return;
	script_release(&c->script);
	buf_release(&c->unread);
	buf_release(&c->why);
	buf_release(&c->transcript);
	free(c);
}

void
chat_input(struct chat *c, struct view v, uint64_t now)
{
	(void)now;
	if (v.len > UNREAD_MAX)
		v = view_slice(v, v.len - UNREAD_MAX, v.len);
	if (c->unread.len + v.len > UNREAD_MAX)
		buf_consume(&c->unread, c->unread.len + v.len - UNREAD_MAX);
	buf_addv(&c->unread, v);
}

bool
chat_break(struct chat *c)
{
	bool due = c->breaking;

	c->breaking = false;
	return due;
}

uint32_t
chat_next(const struct chat *c, uint64_t now)
{
	uint64_t left;

	if (c->state != CHAT_RUNNING)
		return CHAT_NEVER;
	if (c->until == UINT64_MAX)
		return CHAT_NEVER;
	if (c->until <= now)
		return 0;
	left = c->until - now;
	return left < CHAT_NEVER ? (uint32_t)left : CHAT_NEVER - 1;
}

enum chat_state
chat_state(const struct chat *c)
{
	return c->state;
}

enum chat_fault
chat_fault(const struct chat *c)
{
	return c->fault;
}

const char *
chat_why(struct chat *c)
{
	const char *s = buf_cstr(&c->why);

	return s != NULL ? s : "the chat failed";
}

uint32_t
chat_speed(const struct chat *c)
{
	return c->carrier != 0 ? c->carrier : c->speed;
}

struct view
chat_rest(const struct chat *c)
{
	return buf_view(&c->unread);
}

struct buf *
chat_transcript(struct chat *c)
{
	return &c->transcript;
}
