#include "newsd/status.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/text.h"
#include "newsd/count.h"

#define STATUS_MAX (4u << 20)
#define SETTLE_MS 50
#define TEXT_MAX 250
#define SAID_MAX 180

struct row {
	char name[NAME_MAX_LEN + 1];
	uint8_t state, trouble;
	int64_t since, heard, next; /* 0: none */
	uint32_t carrier;
	char said[SAID_MAX]; /* by the command that ended last */
	size_t said_len;
	bool carried; /* carrier means something; CONTROL_NONE: the friend called */
};

struct status {
	const struct node *node;
	const struct friendlist *list;
	struct row *rows;
	size_t n;
	struct event *settle;
};

static void
add_time(struct buf *out, const char *key, int64_t t)
{
	if (t > 0)
		buf_addf(out, " %s %lld", key, (long long)t);
	else
		buf_addf(out, " %s -", key);
}

static void
add_row(const struct status *s, size_t i, struct buf *out)
{
	static const char *const states[STATES] = { "down", "dialling", "calling", "up" };
	const struct friend *f = &s->list->friends[i];
	const struct row *r = &s->rows[i];
	struct buf carrier = BUF_INIT(CONF_LINE_MAX + 1), error = BUF_INIT(TEXT_MAX);

	buf_addf(out, "friend %s state %s", r->name, states[r->state]);
	add_time(out, "since", r->since);
	add_time(out, "heard", r->heard);
	add_time(out, "next-call", r->next);
	if (r->carried && r->carrier < f->n_carriers)
		carrier_write(&f->carriers[r->carrier], &carrier);
	else if (r->carried)
		buf_adds(&carrier, "called");
	buf_adds(out, " carrier ");
	text_quote(out, buf_view(&carrier), TEXT_MAX);
	buf_adds(out, " last-error ");
	buf_adds(&error, trouble_text(r->trouble));
	if (trouble_told(r->trouble) && r->said_len > 0) {
		buf_adds(&error, ": ");
		buf_add(&error, r->said, r->said_len);
	}
	text_quote(out, buf_view(&error), TEXT_MAX);
	buf_addc(out, '\n');
	buf_release(&carrier);
	buf_release(&error);
}

static void
on_settle(evutil_socket_t fd, short what, void *arg)
{
	const struct status *s = arg;
	struct buf out = BUF_INIT(STATUS_MAX);
	enum err e;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < s->n; i++)
		add_row(s, i, &out);
	if ((e = buf_err(&out)) == ERR_OK)
		e = fs_write_atomic(
		    NODE_PATH(s->node, "run/links"), buf_view(&out), false);
	if (e != ERR_OK)
		log_at(LOG_WARN, "run/links error=\"%s\"", err_text(e));
	buf_release(&out);
}

static void
changed(struct status *s)
{
	static const struct timeval settle = { 0, SETTLE_MS * 1000 };

	if (!evtimer_pending(s->settle, NULL))
		event_add(s->settle, &settle);
}

void
status_list(struct status *s, const struct friendlist *list)
{
	struct row *rows = calloc(list->n + 1, sizeof *rows);

	if (rows == NULL)
		die("no memory for the state of links");
	for (size_t i = 0; i < list->n; i++) {
		const struct friend *f = &list->friends[i];
		struct schedule_past past = { 0 };
		struct row *r = &rows[i];

		if (f->count >= 0)
			count_load(f->count, &past);
		r->since = clock_now();
		for (size_t k = 0; k < s->n; k++)
			if (strcmp(s->rows[k].name, f->name) == 0)
				*r = s->rows[k];
		r->carried = false; /* the carriers may be others now */
		r->heard = past.heard > r->heard ? past.heard : r->heard;
		memcpy(r->name, f->name, sizeof r->name);
	}
	free(s->rows);
	s->rows = rows;
	s->n = list->n;
	s->list = list;
	changed(s);
}

void
status_take(struct status *s, const struct control *c)
{
	struct row *r = &s->rows[c->friend];
	int64_t now = clock_now();

	switch (c->kind) {
	case CONTROL_STATE:
		if (r->state != c->code)
			r->since = now;
		r->state = c->code;
		r->next = c->value == CONTROL_NONE ? 0 : now + c->value;
		break;
	case CONTROL_CARRIER:
		r->trouble = c->code;
		r->carried = c->code == TROUBLE_NONE || c->value != CONTROL_NONE;
		r->carrier = c->value;
		break;
	default:
		break;
	}
	changed(s);
}

void
status_said(struct status *s, uint32_t friend, struct view said)
{
	struct row *r = &s->rows[friend];

	r->said_len = said.len < sizeof r->said ? said.len : sizeof r->said;
	memcpy(r->said, said.p, r->said_len);
	changed(s);
}

void
status_heard(struct status *s, uint32_t friend)
{
	s->rows[friend].heard = clock_now();
	changed(s);
}

enum err
status_new(struct event_base *base, const struct node *node, struct status **out)
{
	struct status *s = calloc(1, sizeof *s);

	if (s == NULL || (s->settle = evtimer_new(base, on_settle, s)) == NULL) {
		free(s);
		return ERR_NOMEM;
	}
	s->node = node;
	*out = s;
	return ERR_OK;
}

void
status_free(struct status *s)
{
	if (s == NULL)
		return;
	unlink(NODE_PATH(s->node, "run/links"));
	event_free(s->settle);
	free(s->rows);
	free(s);
}
