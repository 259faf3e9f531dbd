#include "cli/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/verb.h"

static void __attribute__((format(printf, 1, 0))) line(const char *fmt, va_list ap)
{
	fflush(stdout);
	fputs("hearsay: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

int
say_failed(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(fmt, ap);
	va_end(ap);
	return FAILED;
}

int
say_usage(const char *verb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(fmt, ap);
	va_end(ap);
	if (verb != NULL)
		fprintf(stderr, "Try 'hearsay help %s'.\n", verb);
	else
		fputs("Try 'hearsay --help'.\n", stderr);
	return USAGE;
}

const char *
say_why(enum err e)
{
	return e == ERR_IO || e == ERR_NOTFOUND ? strerror(errno) : err_text(e);
}

int
say_spool(const char *verb, const char *dir, enum err e)
{
	switch (e) {
	case ERR_NOTFOUND:
		return say_failed(
		    "%s: %s/spool.db is missing: run hearsay setup again", verb, dir);
	case ERR_VERSION:
		return say_failed(
		    "%s: %s/spool.db was written by a newer Hearsay: install "
		    "that one; nothing was changed",
		    verb, dir);
	case ERR_CORRUPT:
		return say_failed("%s: %s/spool.db is damaged: hearsay check --repair "
				  "builds anew what can be",
		    verb, dir);
	case ERR_BUSY:
		say_failed("%s: %s/spool.db is busy: try again", verb, dir);
		return LATER;
	default:
		return say_failed(
		    "%s: cannot read %s/spool.db: %s", verb, dir, say_why(e));
	}
}

void
say_word(struct buf *out, const char *word)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:,@%";

	if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
		buf_adds(out, word);
		return;
	}
	buf_addc(out, '\'');
	for (; *word != '\0'; word++)
		if (*word == '\'')
			buf_adds(out, "'\\''");
		else
			buf_addc(out, (unsigned char)*word);
	buf_addc(out, '\'');
}
