#include "cli/ask.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "lib/text.h"

#define CTRL_C 3

bool
ask_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* Byte by byte: what comes after the line belongs to somebody else. */
static enum err
read_line(struct buf *out)
{
	unsigned char c = 0;
	ssize_t n;

	for (;;) {
		n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ERR_IO;
		if (c == CTRL_C || (n == 0 && out->len == 0))
			return ERR_MORE;
		if (n == 0)
			return ERR_OK;
		if (c == '\n')
			return buf_err(out);
		buf_addc(out, c);
	}
}

static enum err
answer(struct buf *out)
{
	struct buf raw = BUF_INIT(out->cap);
	enum err e = read_line(&raw);

	if (e == ERR_OK) {
		struct view v = buf_view(&raw);

		if (v.len > 0 && v.p[v.len - 1] == '\r')
			v.len--;
		buf_addv(out, text_trim(v));
		e = buf_err(out);
	}
	buf_wipe(&raw);
	return e;
}

enum err
ask_line(const char *question, const char *fallback, struct buf *out)
{
	size_t before = out->len;
	enum err e;

	fflush(stdout);
	if (fallback != NULL)
		fprintf(stderr, "%s [%s] ", question, fallback);
	else
		fprintf(stderr, "%s ", question);
	if ((e = answer(out)) == ERR_OK && out->len == before && fallback != NULL)
		buf_adds(out, fallback);
	if (e == ERR_MORE) /* what comes next is not an answer */
		fputc('\n', stderr);
	return e;
}

enum err
ask_secret(const char *question, struct buf *out)
{
	struct termios old, quiet;
	bool terminal = tcgetattr(STDIN_FILENO, &old) == 0;
	enum err e;

	fflush(stdout);
	if (terminal) {
		fprintf(stderr, "%s ", question);
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
		quiet.c_lflag |= ECHONL;
		/* a Ctrl-C that killed us here would leave the terminal without echo */
		quiet.c_cc[VEOL] = CTRL_C;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	e = answer(out);
	if (terminal)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	return e;
}

bool
ask_yes(const char *question)
{
	struct buf reply = BUF_INIT(64);
	bool yes = ask_line(question, NULL, &reply) == ERR_OK &&
	    (view_caseeqs(buf_view(&reply), "y") ||
		view_caseeqs(buf_view(&reply), "yes"));

	buf_release(&reply);
	return yes;
}
