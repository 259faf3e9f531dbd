#include "lib/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/text.h"

#define QUOTED_MAX 200
#define RING 8

static const char *program = "hearsay";
static enum log_level limit = LOG_INFO;
static struct buf ring[RING];
static unsigned ring_next;

static const char *const names[] = { "error", "warning", "info", "debug" };

void
log_setup(const char *name, enum log_level level)
{
	program = name;
	limit = level;
}

/* One write a line: lines of several processes never mix. */
__attribute__((format(printf, 2, 0))) static void
emit(const char *tag, const char *fmt, va_list ap)
{
	char line[2048];
	int n, m;
	size_t len;
	ssize_t ignored;

	n = snprintf(line, sizeof line - 1, "%s: %s%s", program, tag, tag[0] ? ": " : "");
	if (n < 0)
		return;
	m = vsnprintf(line + n, sizeof line - 1 - (size_t)n, fmt, ap);
	if (m < 0)
		return;
	len = strlen(line);
	line[len++] = '\n';
	ignored = write(STDERR_FILENO, line, len);
	(void)ignored;
}

void
log_at(enum log_level level, const char *fmt, ...)
{
	va_list ap;
	int saved = errno;

	if (level > limit)
		return;
	va_start(ap, fmt);
	emit(level == LOG_INFO ? "" : names[level], fmt, ap);
	va_end(ap);
	errno = saved;
}

void
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit("", fmt, ap);
	va_end(ap);
	exit(1);
}

void
die_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit("", fmt, ap);
	va_end(ap);
	fprintf(stderr, "Try '%s --help'.\n", program);
	exit(2);
}

const char *
quoted(struct view v)
{
	struct buf *b = &ring[ring_next++ % RING];
	const char *s;

	if (b->cap == 0)
		buf_init(b, 4 * QUOTED_MAX + 16);
	buf_reset(b);
	text_quote(b, v, QUOTED_MAX);
	s = buf_cstr(b);
	return s == NULL ? "\"?\"" : s;
}
