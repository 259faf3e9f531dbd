#include "batcher/session.h"

#include <stdlib.h>
#include <string.h>

#include "batcher/batch.h"
#include "batcher/control.h"
#include "batcher/pairing.h"
#include "batcher/sessioncore.h"
#include "lib/log.h"

#define LINGER_MS 500 /* without anything to do, then BYE */
#define LOOK_MS 50    /* between two looks for new arrivals while lingering */
#define HELLO_MAX (64u << 10)

struct root *
sessioncore_root(struct session *s)
{
	for (unsigned i = 0; i < s->f->ring.count; i++)
		if (memcmp(s->f->ring.root[i]->id, s->root_id, 16) == 0)
			return s->f->ring.root[i];
	return NULL;
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	outbound_free(s->outbound);
	inbound_free(s->inbound);
	reconcile_free(s->recon);
	buf_release(&s->recon_in);
	buf_release(&s->out);
	free(s);
}

enum err
session_new(struct batcher *b, struct friend *f, const unsigned char root_id[16],
    bool caller, uint32_t epoch, struct session **out)
{
	struct session *s = calloc(1, sizeof *s);
	struct root *root;
	enum err e;

	if (s == NULL)
		return ERR_NOMEM;
	s->b = b;
	s->f = f;
	s->caller = caller;
	s->epoch = epoch;
	memcpy(s->root_id, root_id, 16);
	buf_init(&s->out, SESSION_OUT_MAX);
	buf_init(&s->recon_in, RECONCILE_BODY_MAX);
	random_bytes(&s->stream, sizeof s->stream);
	root = sessioncore_root(s);
	s->provisional = root == NULL || root->state != ROOT_AGREED;
	if ((e = outbound_new(b, f, &s->counts, &s->outbound)) == ERR_OK &&
	    (e = inbound_new(b, f, &s->counts, &s->inbound)) == ERR_OK)
		*out = s;
	else
		session_free(s);
	return e;
}

struct buf *
session_output(struct session *s)
{
	return &s->out;
}

bool
session_over(const struct session *s)
{
	return s->bye_sent && s->bye_got;
}

bool
session_again(const struct session *s)
{
	return s->again;
}

const struct session_counts *
session_counted(const struct session *s)
{
	return &s->counts;
}

/* ---- HELLO ----------------------------------------------------------------------- */

static enum err
pairing_item(struct session *s, struct root *root, struct buf *items)
{
	if (root->state == ROOT_JOINING)
		item_add(items, ITEM_JOIN, buf_view(&root->join));
	else if (root->state == ROOT_CONFIRMED)
		item_add(items, ITEM_CONFIRM, buf_view(&root->confirm));
	(void)s;
	return buf_err(items);
}

static enum err
news_items(struct session *s, struct root *root, struct buf *items)
{
	struct feed_stream row = { .friend = s->f->feed.id, .stream = s->stream };
	struct view policy;
	enum err e;

	if ((e = due_follow(s->b, s->f, &policy)) != ERR_OK)
		return e;
	control_told(s->b, s->f, s->told);
	row.epoch = root->send.epoch;
	memcpy(row.root, root->id, 16);
	memcpy(row.told, s->told, 16);
	if ((e = feed_stream_add(s->b->feed, &row)) != ERR_OK && e != ERR_EXISTS)
		return e;
	return control_write(s->b, s->f, root, s->stream, CONTROL_SHORT, items);
}

/* What was made for it (a prekey) is on the disk before it is sent. */
static enum err
say_hello(struct session *s)
{
	struct buf items = BUF_INIT(HELLO_MAX);
	struct root *root;
	enum err e;

	if ((e = batcher_enter(s->b)) != ERR_OK)
		return e;
	if ((root = sessioncore_root(s)) == NULL)
		e = ERR_NOTFOUND;
	else
		e = s->provisional ? pairing_item(s, root, &items)
				   : news_items(s, root, &items);
	e = batcher_leave(s->b, e);
	if (e == ERR_OK) {
		record_add(&s->out, RECORD_HELLO, buf_view(&items));
		s->hello_sent = true;
		e = buf_err(&s->out);
	}
	buf_release(&items);
	return e;
}

static enum err
hello_items(struct session *s, struct view rest, struct control_event *ev)
{
	struct root *root = sessioncore_root(s);
	struct item it;
	enum err e = ERR_OK;

	if (root == NULL)
		return ERR_NOTFOUND;
	while (rest.len > 0 && e == ERR_OK) {
		if (item_next(&rest, &it) != ERR_OK)
			return ERR_SYNTAX;
		e = control_got(s->b, s->f, root, &it, ev);
		if (e == ERR_VERSION)
			e = ERR_OK;
		if (ev->paired)
			break; /* the ring changed under root */
	}
	return e;
}

static enum err
got_hello(struct session *s, struct view body)
{
	struct control_event ev = { 0 };
	bool joined;
	enum err e;

	if (body.len > HELLO_MAX || s->hello_got)
		return ERR_SYNTAX;
	if ((e = batcher_enter(s->b)) != ERR_OK)
		return e;
	e = hello_items(s, body, &ev);
	s->f->feed.heard = s->b->now;
	s->f->changed = true;
	if ((e = batcher_leave(s->b, e)) != ERR_OK)
		return e;
	s->hello_got = true;
	joined = ev.paired > 0;
	s->counts.paired += ev.paired;
	if (joined) {
		s->again = true;
		log_at(
		    LOG_INFO, "paired friend=%s", s->f->ring.name); /* cli waits for it */
	}
	/* the inviter answers a JOIN, first or repeated, with its CONFIRM at once */
	if (s->provisional && !s->caller)
		s->confirm_due = true;
	return ERR_OK;
}

/* ---- records --------------------------------------------------------------------- */

/* May it come now? */
static bool
allowed(const struct session *s, uint8_t type)
{
	bool bye = type == RECORD_BYE;

	if (!s->hello_got)
		return type == RECORD_HELLO;
	if (s->provisional)
		return type == RECORD_DONE || (bye && (!s->caller || s->bye_sent));
	if (bye)
		return s->caller ? s->bye_sent : s->done_got && !s->bye_got;
	/* after its BYE a caller only answers what we said meanwhile */
	return !s->bye_got || type == RECORD_WANT || type == RECORD_LATER ||
	    type == RECORD_ACK;
}

static enum err
got_record(struct session *s, const struct record *r)
{
	enum err e;

	if (!allowed(s, r->type) && (r->type <= RECORD_GONE || (r->type & 1)))
		return ERR_SYNTAX;
	switch (r->type) {
	case RECORD_HELLO:
		return got_hello(s, r->body);
	case RECORD_OFFER:
		s->done_got = false;
		/* an early one: our HELLO goes before the answer */
		if (!s->hello_sent && (e = say_hello(s)) != ERR_OK)
			return e;
		return inbound_offer(s->inbound, r->body, &s->out);
	case RECORD_CHUNK:
		return inbound_chunk(s->inbound, r->body);
	case RECORD_WANT:
		return outbound_want(s->outbound, r->body);
	case RECORD_LATER:
		return outbound_later(s->outbound, r->body);
	case RECORD_ACK:
		return outbound_ack(s->outbound, r->body);
	case RECORD_GONE:
		return inbound_gone(s->inbound, r->body);
	case RECORD_RECON:
		return sessionrecon_got(s, r->body);
	case RECORD_DONE:
		s->done_got = true;
		return r->body.len == 0 ? ERR_OK : ERR_SYNTAX;
	case RECORD_BYE:
		s->bye_got = true;
		return r->body.len == 0 ? ERR_OK : ERR_SYNTAX;
	default:
		return r->type & 1 ? ERR_SYNTAX : ERR_OK;
	}
}

/* What no correct program says is charged to the friend; a provisional root's token may have
 * been seen by anybody. */
static enum err
blame(struct session *s, enum err e)
{
	if (e != ERR_SYNTAX)
		return e;
	log_at(LOG_WARN, "exchange friend=%s said what the protocol does not allow",
	    s->f->ring.name);
	if (!s->provisional && batcher_enter(s->b) == ERR_OK) {
		s->f->feed.strikes++;
		s->f->changed = true;
		batcher_leave(s->b, ERR_OK);
	}
	return ERR_SYNTAX;
}

/* Some things must be worked on before more is taken. */
static bool
full(const struct session *s)
{
	return session_over(s) || s->recon_in.len > 0 || inbound_full(s->inbound);
}

enum err
session_input(struct session *s, struct view *in)
{
	struct record r;
	enum err e = ERR_OK;

	while (!full(s) && (e = record_next(in, &r)) == ERR_OK) {
		if ((e = got_record(s, &r)) != ERR_OK)
			return blame(s, e);
		s->busy = 0;
	}
	inbound_arriving(
	    s->inbound, in->len > 0 && in->p[0] == RECORD_CHUNK ? in->len : 0);
	return e == ERR_MORE ? ERR_OK : blame(s, e == ERR_TOOBIG ? ERR_SYNTAX : e);
}

/* ---- work ------------------------------------------------------------------------ */

/* Everything said and answered: what the friend was told is told. */
static enum err
say_bye(struct session *s)
{
	struct root *root;
	enum err e;

	record_add(&s->out, RECORD_BYE, (struct view){ 0 });
	s->bye_sent = true;
	if (s->provisional)
		return buf_err(&s->out);
	if ((e = batcher_enter(s->b)) != ERR_OK)
		return e;
	if (s->hello_got &&
	    (e = feed_stream_acked(s->b->feed, s->f->feed.id, s->stream)) == ERR_OK) {
		memcpy(s->f->feed.told, s->told, 16);
		s->f->changed = true;
		if (s->caller && (root = sessioncore_root(s)) != NULL)
			root_acked(&s->f->ring, root, s->epoch);
		/* the friend does not count sessions: none may seem to be forgotten there */
		e = feed_stream_drop(s->b->feed, s->f->feed.id, s->stream);
	}
	return batcher_leave(s->b, e);
}

static enum err
pairing_work(struct session *s)
{
	enum err e = ERR_OK;

	if (s->confirm_due) {
		s->confirm_due = false;
		if ((e = say_hello(s)) != ERR_OK)
			return e;
	}
	/* the joiner has its answer, or the inviter gave it: the rest is for the new root */
	if (!s->bye_sent && (s->caller ? s->hello_got : s->bye_got)) {
		record_add(&s->out, RECORD_BYE, (struct view){ 0 });
		s->bye_sent = true;
	}
	return buf_err(&s->out);
}

static void
say_done(struct session *s)
{
	record_add(&s->out, RECORD_DONE, (struct view){ 0 });
	s->done_sent = true;
	s->done_at = s->counts.offered;
}

/* The caller ends it, with DONE and BYE at once: an answerer that heard BYE reads no more, so
 * what the caller says next is for who comes next. The answerer says DONE behind its offers,
 * in the same flight. */
static enum err
finish(struct session *s, int64_t ms)
{
	bool over;

	if (!s->caller && outbound_offered(s->outbound) &&
	    (!s->done_sent || s->done_at != s->counts.offered))
		say_done(s);
	if (!outbound_idle(s->outbound))
		return buf_err(&s->out);
	over = s->done_got && inbound_idle(s->inbound) &&
	    (s->caller ? ms - s->busy >= LINGER_MS : s->bye_got);
	if (!over)
		return buf_err(&s->out);
	if (s->caller)
		say_done(s);
	return say_bye(s);
}

/* On a slow line a round trip is dear: what is due goes with the caller's HELLO, by what the
 * friend wanted the last time. Where a reconciliation is due, nobody knows what is. */
static enum err
offer_early(struct session *s, int64_t ms)
{
	bool due = true, acted = false;
	enum err e;

	if (s->b->speed == 0 || !s->caller || !s->hello_sent || s->early ||
	    s->f->wants.len == 0)
		return ERR_OK;
	if ((e = sessionrecon_due(s, &due)) != ERR_OK || due)
		return e;
	s->early = true;
	if ((e = outbound_look(s->outbound)) != ERR_OK)
		return e;
	return outbound_work(s->outbound, ms, &s->out, &acted);
}

/* The early offer counted on what HELLO now says is no more: the next call begins anew. */
static enum err
check_early(struct session *s)
{
	bool due = false;
	enum err e;

	if (!s->early || s->early_checked)
		return ERR_OK;
	s->early_checked = true;
	if ((e = sessionrecon_due(s, &due)) != ERR_OK)
		return e;
	outbound_again(s->outbound);
	return due ? ERR_MORE : ERR_OK;
}

static enum err
news_work(struct session *s, int64_t ms, bool more_input)
{
	bool acted = false;
	uint64_t before, after;
	enum err e;

	if (!s->hello_got)
		return offer_early(s, ms);
	if ((e = check_early(s)) != ERR_OK)
		return e;
	if ((e = inbound_work(s->inbound, ms, more_input, &s->out, &acted)) != ERR_OK ||
	    (e = sessionrecon_work(s, &acted)) != ERR_OK)
		return e;
	inbound_stored(s->inbound, &before, &after);
	outbound_theirs(s->outbound, before, after);
	if (s->recon != NULL)
		return buf_err(&s->out); /* what is due is known only then */
	if (s->bye_sent)
		return buf_err(&s->out); /* what is new is for the next session */
	if (ms - s->looked >= LOOK_MS || s->looked == 0) {
		s->looked = ms;
		if ((e = outbound_look(s->outbound)) != ERR_OK)
			return e;
	}
	if ((e = outbound_work(s->outbound, ms, &s->out, &acted)) != ERR_OK)
		return e;
	if (acted || s->busy == 0)
		s->busy = ms;
	return finish(s, ms);
}

enum err
session_work(struct session *s, int64_t ms, bool more_input)
{
	enum err e = ERR_OK;

	/* the answerer speaks second, and says all that it can in one go */
	if (!s->hello_sent && (s->caller || (!s->provisional && s->hello_got)))
		e = say_hello(s);
	if (e == ERR_OK)
		e = s->provisional ? pairing_work(s) : news_work(s, ms, more_input);
	return blame(s, e);
}

void
session_unsent(struct session *s, size_t n)
{
	outbound_unsent(s->outbound, n);
}

bool
session_held(const struct session *s)
{
	return outbound_held(s->outbound);
}

int
session_patience(const struct session *s)
{
	return s->recon_building || inbound_waits(s->inbound) ? 0 : LOOK_MS;
}

/* The row that noted which acknowledgements HELLO carried has served. */
static enum err
forget_stream(struct session *s)
{
	enum err e;

	if (!s->hello_sent || s->provisional)
		return ERR_OK;
	if ((e = batcher_enter(s->b)) != ERR_OK)
		return e;
	return batcher_leave(
	    s->b, feed_stream_drop(s->b->feed, s->f->feed.id, s->stream));
}

enum err
session_end(struct session *s)
{
	enum err e = inbound_end(s->inbound), f = outbound_end(s->outbound),
		 g = forget_stream(s);

	return e != ERR_OK ? e : f != ERR_OK ? f : g;
}
