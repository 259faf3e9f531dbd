#include "reader/session.h"

#include <assert.h>
#include <string.h>

#include "lib/log.h"
#include "lib/text.h"
#include "reader/commands.h"

static const char *const state_names[] = { "command", "skip", "answer", "post", "commit",
	"tls", "deflate", "closed" };

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
	buf_init(&s->post, ARTICLE_MAX);
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

void
session_release(struct session *s)
{
	if (s == NULL)
		return;
	buf_release(&s->line);
	buf_release(&s->out);
	buf_release(&s->post);
	buf_release(&s->job.header);
	buf_release(&s->job.wildmat);
	buf_release(&s->job.at);
	buf_release(&s->job.xref);
}

void
session_reply(struct session *s, const char *line)
{
	buf_adds(&s->out, line);
	buf_add(&s->out, "\r\n", 2);
}

void
session_begin_switch(struct session *s, enum session_state to)
{
	set_state(s, to);
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
		s->group = 0;
		s->group_name[0] = '\0';
		s->current = 0;
		s->commands = s->unknown = 0;
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
	buf_reset(&s->post);
	s->post_at = POST_START;
	s->post_fault = NULL;
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

void
session_posted(struct session *s, struct view answer)
{
	assert(s->state == SESSION_COMMIT);
	buf_release(&s->post);
	buf_addv(&s->out, answer);
	buf_add(&s->out, "\r\n", 2);
	set_state(s, SESSION_COMMAND);
}

/* The post has ended: refused here, or given to the writer. */
static void
end_post(struct session *s)
{
	if (s->post_fault == NULL && buf_err(&s->post) != ERR_OK)
		s->post_fault = "441 The article is too large: 1 MiB is the limit";
	set_state(s, SESSION_COMMIT);
	if (s->post_fault != NULL)
		session_posted(s, view_str(s->post_fault));
	else if (!s->env->post(s->env->post_arg, s, buf_view(&s->post)))
		session_posted(s, VIEW_LIT("441 The writer is away, try again"));
}

static void
post_fault(struct session *s, const char *why)
{
	if (s->post_fault == NULL)
		s->post_fault = why;
	buf_release(&s->post);
	s->post_at = POST_TEXT;
}

/* One byte where it matters: ends of lines, dots, NUL. Only CRLF.CRLF ends a post. */
static void
post_byte(struct session *s, unsigned char c)
{
	bool after_cr = s->post_at == POST_CR || s->post_at == POST_DOT_CR;

	if (c == '\n' && s->post_at == POST_DOT_CR)
		end_post(s);
	else if (c == '\n' && s->post_at == POST_CR) {
		buf_add(&s->post, "\r\n", 2);
		s->post_at = POST_START;
	} else if (after_cr) {
		post_fault(s, "441 The article has a CR without LF");
		if (c == '\r')
			s->post_at = POST_CR;
	} else if (c == '\n')
		post_fault(s, "441 The article has an LF without CR");
	else if (c == '\0')
		post_fault(s, "441 The article has a NUL byte");
	else if (c == '\r')
		s->post_at = s->post_at == POST_DOT ? POST_DOT_CR : POST_CR;
	else if (c == '.' && s->post_at == POST_START)
		s->post_at =
		    POST_DOT; /* RFC 3977 3.1.1: the first dot is not the article's */
	else {
		buf_addc(&s->post, c);
		s->post_at = POST_TEXT;
	}
}

static size_t
post_input(struct session *s, struct view in)
{
	size_t i = 0;

	while (i < in.len && s->state == SESSION_POST) {
		size_t n = i;

		if (s->post_at == POST_TEXT)
			while (n < in.len && in.p[n] != '\r' && in.p[n] != '\n' &&
			    in.p[n] != 0)
				n++;
		if (n > i && s->post_fault == NULL)
			buf_add(&s->post, in.p + i, n - i);
		i = n;
		if (i < in.len)
			post_byte(s, in.p[i++]);
		if (s->post_fault != NULL || buf_err(&s->post) != ERR_OK) {
			enum err e = buf_err(&s->post);

			buf_release(&s->post);
			s->post.e = e; /* remembered, while the rest is read past */
		}
	}
	return i;
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
	s->commands++;
	if (view_chr(line, '\0') < line.len || view_chr(line, '\r') < line.len)
		session_reply(s, "501 Syntax error");
	else
		commands_run(s, line);
	if (s->unknown >= SESSION_UNKNOWN_MAX)
		session_close(s);
	buf_reset(&s->line);
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

	while (used < in.len && s->out.len < STEP_BYTES && s->commands != last) {
		struct view rest = view_slice(in, used, in.len);

		if (s->state == SESSION_POST)
			used += post_input(s, rest);
		else if (s->state == SESSION_COMMAND || s->state == SESSION_SKIP)
			used += line_input(s, rest);
		else
			break;
		if (buf_err(&s->out) != ERR_OK)
			session_close(s);
	}
	return used;
}
