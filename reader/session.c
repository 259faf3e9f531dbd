#include "reader/session.h"

#include <assert.h>
#include <string.h>

#include <openssl/crypto.h>

#include "lib/log.h"
#include "lib/text.h"
#include "reader/commands.h"
#include "reader/offer.h"
#include "reader/place.h"

static const char *const state_names[] = { "command", "skip", "answer", "post", "commit",
	"hand", "wait", "auth", "tls", "deflate", "closed" };

static void
set_state(struct session *s, enum session_state to)
{
	log_at(
	    LOG_DEBUG, "session state %s -> %s", state_names[s->state], state_names[to]);
	s->state = to;
}

void
session_init(struct session *s, struct session_env *env, const struct access *access)
{
	*s = (struct session){ .env = env, .access = *access };
	buf_init(&s->line, LINE_MAX_NNTP);
	buf_init(&s->out, SESSION_OUT_MAX);
	intake_init(&s->intake);
	replies_init(&s->replies);
	buf_init(&s->job.header, LINE_MAX_NNTP);
	buf_init(&s->job.wildmat, LINE_MAX_NNTP);
	buf_init(&s->job.at, GROUP_MAX + 1);
	buf_init(&s->job.xref, GROUP_MAX + 64);
	session_reply(s,
	    session_may_post(s) ? "200 Hearsay, posting allowed"
				: "201 Hearsay, reading only");
}

bool
session_may_post(const struct session *s)
{
	return s->env->post != NULL && s->access.post;
}

bool
session_may_feed(const struct session *s)
{
	return s->env->offer != NULL && s->access.feed;
}

bool
session_due(const struct session *s)
{
	return s->state == SESSION_COMMIT || s->state == SESSION_HAND ||
	    (s->replies.owed > 0 && s->state != SESSION_CLOSED);
}

bool
session_awaits(const struct session *s)
{
	return session_due(s) || s->state == SESSION_AUTH;
}

bool
session_takes_input(const struct session *s)
{
	return (s->state == SESSION_COMMAND || s->state == SESSION_SKIP ||
		   s->state == SESSION_POST) &&
	    !replies_full(&s->replies);
}

void
session_release(struct session *s)
{
	if (s == NULL)
		return;
	buf_release(&s->line);
	buf_release(&s->out);
	intake_release(&s->intake);
	replies_release(&s->replies);
	access_release(&s->access);
	found_free(s->found);
	found_free(s->job.found);
	buf_release(&s->job.header);
	buf_release(&s->job.wildmat);
	buf_release(&s->job.at);
	buf_release(&s->job.xref);
}

void
session_reply(struct session *s, const char *line)
{
	session_answer(s, view_str(line));
}

void
session_answer(struct session *s, struct view line)
{
	replies_line(&s->replies, line, &s->out);
}

void
session_begin_switch(struct session *s, enum session_state to)
{
	set_state(s, to);
}

void
session_begin_login(struct session *s)
{
	set_state(s, SESSION_AUTH);
}

void
session_logged_in(struct session *s, struct view answer)
{
	assert(s->state == SESSION_AUTH);
	set_state(s, SESSION_COMMAND);
	auth_answer(s, answer);
}

void
session_switched(struct session *s)
{
	assert(s->state == SESSION_TLS || s->state == SESSION_DEFLATE);
	if (s->state == SESSION_DEFLATE)
		s->carrier.deflate = true;
	else {
		/* RFC 4642 2.2.2: what came before may have been somebody else's */
		s->carrier.tls = true;
		place_leave(s);
		s->commands = s->unknown = 0;
		s->named = false;
	}
	buf_reset(&s->line);
	set_state(s, SESSION_COMMAND);
}

void
session_rest(struct session *s)
{
	if (s->state != SESSION_COMMAND)
		return;
	if (s->line.len == 0)
		buf_release(&s->line);
	if (s->out.len == 0)
		buf_release(&s->out);
	buf_release(&s->job.header);
	buf_release(&s->job.wildmat);
	buf_release(&s->job.at);
	buf_release(&s->job.xref);
}

void
session_close(struct session *s)
{
	set_state(s, SESSION_CLOSED);
}

void
session_begin_post(struct session *s)
{
	intake_begin(&s->intake, NULL);
	s->into = INTO_POST;
	s->refusal = NULL;
	set_state(s, SESSION_POST);
}

void
session_begin_offer(struct session *s, int into, struct view msgid, const char *refusal)
{
	assert(msgid.len <= MSGID_MAX);
	intake_begin(&s->intake, refusal);
	s->into = into;
	s->refusal = refusal;
	if (msgid.len > 0)
		memcpy(s->msgid, msgid.p, msgid.len);
	s->msgid[msgid.len] = '\0';
	set_state(s, SESSION_POST);
}

void
session_begin_job(struct session *s, session_job_fn *run)
{
	s->job.run = run;
	s->job.started = false;
	set_state(s, SESSION_ANSWER);
	session_step(s);
}

void
session_step(struct session *s)
{
	bool done = false;
	enum err e;

	assert(s->state == SESSION_ANSWER);
	e = s->job.run(s, &done);
	if (e == ERR_OK)
		e = buf_err(&s->out);
	if (e != ERR_OK) {
		log_at(LOG_ERROR, "session answer error=\"%s\"", err_text(e));
		if (!s->job.started && buf_err(&s->out) == ERR_OK) {
			session_reply(s, "403 The spool cannot be read");
			set_state(s, SESSION_COMMAND);
		} else
			set_state(
			    s, SESSION_CLOSED); /* RFC 3977 3.2.1: no other way to tell */
		return;
	}
	if (!done)
		return;
	if (s->job.started)
		buf_add(&s->out, ".\r\n", 3);
	else if (s->job.none != NULL)
		session_reply(s, s->job.none);
	set_state(s, SESSION_COMMAND);
}

/* A browser, a TLS or an SSH client: nothing that NNTP begins with. */
static bool
alien(const struct session *s, struct view line)
{
	if (s->commands > 0)
		return false;
	if (view_casestarts(line, "SSH-"))
		return true;
	for (size_t i = 0; i < line.len; i++)
		if (line.p[i] < 0x20 && line.p[i] != '\t')
			return true;
	return view_find(line, " HTTP/") < line.len;
}

static void
line_done(struct session *s)
{
	struct view line = buf_view(&s->line);

	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	if (alien(s, line)) {
		session_close(s);
		return;
	}
	if (s->replies.owed > 0 && !commands_stream(line)) {
		set_state(s, SESSION_WAIT);
		return;
	}
	s->commands++;
	if (view_chr(line, '\0') < line.len || view_chr(line, '\r') < line.len)
		session_reply(s, "501 Syntax error");
	else
		commands_run(s, line);
	if (s->unknown >= SESSION_UNKNOWN_MAX)
		session_close(s);
	if (s->secret)
		OPENSSL_cleanse(s->line.p, s->line.room);
	buf_reset(&s->line);
}

void
session_posted(struct session *s, struct view answer)
{
	assert(s->state == SESSION_COMMIT);
	buf_release(&s->intake.bytes);
	session_answer(s, answer);
	set_state(s, SESSION_COMMAND);
}

static void
end_post(struct session *s)
{
	struct buf line = BUF_INIT(LINE_MAX_NNTP);

	set_state(s, SESSION_COMMIT);
	if (s->intake.fault != NULL) {
		buf_addf(&line, "441 %s", s->intake.fault);
		session_posted(s, buf_view(&line));
	} else if (!s->env->post(s->env->post_arg, s, buf_view(&s->intake.bytes)))
		session_posted(s, VIEW_LIT("441 The writer is away, try again"));
	buf_release(&line);
}

/* Its bytes are not needed any more; those of a big one are given back. */
static void
forget(struct session *s)
{
	if (s->intake.bytes.room > STEP_BYTES)
		buf_release(&s->intake.bytes);
	else
		buf_reset(&s->intake.bytes);
}

/* RFC 3977 6.3.2, RFC 4644 2.5: the same fate in the words of either command. */
static void
fate_line(enum reply_to to, struct view msgid, struct view answer, struct buf *line)
{
	static const struct {
		unsigned char fate;
		const char *code[2]; /* REPLY_IHAVE, REPLY_TAKETHIS */
	} fates[] = {
		{ OFFER_STORED, { "235 ", "239 " } },
		{ OFFER_REFUSED, { "437 ", "439 " } },
		{ OFFER_LATER, { "436 ", "400 " } },
	};
	size_t i = 0;

	while (i < 2 && (answer.len == 0 || answer.p[0] != fates[i].fate))
		i++;
	answer = view_slice(answer, 1, answer.len);
	buf_adds(line, fates[i].code[to]);
	if (to == REPLY_TAKETHIS && fates[i].fate != OFFER_LATER) {
		buf_addv(line, msgid);
		if (answer.len > 0)
			buf_addc(line, ' ');
	}
	/* the reason gives way to the length of a line */
	buf_addv(line, view_slice(answer, 0, LINE_MAX_NNTP - 2 - line->len));
}

void
session_offered(struct session *s, struct view answer)
{
	struct buf line = BUF_INIT(LINE_MAX_NNTP);
	bool later = answer.len == 0 || answer.p[0] == OFFER_LATER;
	enum reply_to to;
	struct view msgid;

	if (s->state == SESSION_CLOSED || !replies_owed(&s->replies, &to, &msgid))
		return;
	claims_drop(s->env->claims, msgid, s->number);
	fate_line(to, msgid, answer, &line);
	replies_settle(&s->replies, buf_view(&line), &s->out);
	buf_release(&line);
	/* RFC 4644 2.5.2: TAKETHIS has no word for "later" but the end */
	if (later && to == REPLY_TAKETHIS)
		session_close(s);
	else if (s->replies.owed == 0 && s->state == SESSION_WAIT) {
		set_state(s, SESSION_COMMAND);
		line_done(s);
	}
}

void
session_handed(struct session *s)
{
	assert(s->state == SESSION_HAND);
	forget(s);
	set_state(s, SESSION_COMMAND);
}

void
session_lost(struct session *s)
{
	if (s->state == SESSION_HAND)
		session_handed(s);
	if (s->state == SESSION_COMMIT)
		session_posted(s,
		    VIEW_LIT("441 The writer stopped; look whether it is there, "
			     "then post again"));
	while (s->replies.owed > 0 && s->state != SESSION_CLOSED)
		session_offered(s, VIEW_LIT("lThe writer stopped, try again later"));
}

/* Why it is refused, or NULL; then env->taken has it. */
static const char *
look(struct session *s)
{
	struct offer *o = &s->env->taken;
	unsigned reason;

	if (s->intake.fault != NULL)
		return s->intake.fault;
	if (!offer_read(o, buf_view(&s->intake.bytes), &reason))
		return reason_text(reason);
	return strcmp(o->article.msgid, s->msgid) == 0 ? NULL : OFFER_OTHER_ID;
}

static void
refuse_offer(struct session *s, enum reply_to to, const char *why)
{
	struct buf answer = BUF_INIT(LINE_MAX_NNTP), line = BUF_INIT(LINE_MAX_NNTP);

	buf_addf(&answer, "%c%s", OFFER_REFUSED, why);
	fate_line(to, view_str(s->msgid), buf_view(&answer), &line);
	session_answer(s, buf_view(&line));
	claims_drop(s->env->claims, view_str(s->msgid), s->number);
	buf_release(&answer);
	buf_release(&line);
}

static void
hand(struct session *s, enum reply_to to)
{
	struct view msgid = view_str(s->msgid), stored = buf_view(&s->env->taken.clean);
	enum err e;

	replies_owe(&s->replies, to, msgid, stored.len);
	e = s->env->offer(s->env->post_arg, s, msgid, stored);
	if (e == ERR_MORE) {
		buf_reset(&s->intake.bytes);
		buf_addv(&s->intake.bytes, stored);
		set_state(s, SESSION_HAND);
	} else if (e != ERR_OK)
		session_offered(s, VIEW_LIT("lThe writer is away, try again"));
}

/* The answer has its place in either case. */
static void
end_offer(struct session *s)
{
	enum reply_to to = s->into == INTO_IHAVE ? REPLY_IHAVE : REPLY_TAKETHIS;
	const char *why;

	set_state(s, SESSION_COMMAND);
	if (s->refusal != NULL)
		session_reply(s, s->refusal);
	else if ((why = look(s)) != NULL)
		refuse_offer(s, to, why);
	else
		hand(s, to);
	if (s->state != SESSION_HAND)
		forget(s);
}

static void
end_article(struct session *s)
{
	if (s->into == INTO_POST)
		end_post(s);
	else
		end_offer(s);
}

static size_t
article_input(struct session *s, struct view in)
{
	bool done;
	size_t n = intake_take(&s->intake, in, &done);

	if (done)
		end_article(s);
	return n;
}

/* Takes bytes of a command line up to its end; a line over the limit is read past. */
static size_t
line_input(struct session *s, struct view in)
{
	size_t n = view_chr(in, '\n');
	bool whole = n < in.len;

	if (s->commands == 0 && s->line.len == 0 && in.p[0] >= 0x80) {
		session_close(s);
		return in.len;
	}
	if (s->commands == 0 && s->line.len == 0 && in.p[0] == 0x16) {
		session_close(s); /* a TLS ClientHello has no line end to wait for */
		return in.len;
	}
	if (s->state == SESSION_COMMAND && s->line.len + n + 1 > LINE_MAX_NNTP) {
		if (s->commands == 0 && view_find(view_slice(in, 0, n), " HTTP/") < n) {
			session_close(s);
			return in.len;
		}
		session_reply(s, "501 The line is too long");
		buf_reset(&s->line);
		s->commands++;
		set_state(s, SESSION_SKIP);
	}
	if (s->state == SESSION_COMMAND) {
		/* whole at once: growing would leave pieces of a password behind */
		if (s->line.room == 0)
			buf_reserve(&s->line, LINE_MAX_NNTP);
		buf_add(&s->line, in.p, n);
		if (whole)
			line_done(s);
	} else if (whole)
		set_state(s, SESSION_COMMAND);
	return whole ? n + 1 : n;
}

size_t
session_input(struct session *s, struct view in)
{
	unsigned last = s->commands + SESSION_TURN;
	size_t used = 0;

	while (used < in.len && s->out.len < STEP_BYTES && s->commands != last &&
	    session_takes_input(s)) {
		struct view rest = view_slice(in, used, in.len);

		if (s->state == SESSION_POST)
			used += article_input(s, rest);
		else if (s->state == SESSION_COMMAND || s->state == SESSION_SKIP)
			used += line_input(s, rest);
		else
			break;
		if (buf_err(&s->out) != ERR_OK)
			session_close(s);
	}
	return used;
}
