#include "reader/intake.h"

#include <string.h>

void
intake_init(struct intake *in)
{
	*in = (struct intake){ 0 };
	buf_init(&in->bytes, ARTICLE_MAX);
}

void
intake_release(struct intake *in)
{
	buf_release(&in->bytes);
}

void
intake_begin(struct intake *in, const char *fault)
{
	buf_reset(&in->bytes);
	in->at = INTAKE_START;
	in->fault = fault;
}

/* The first fault counts; what comes after it is read past and not kept. */
static void
fault(struct intake *in, const char *why)
{
	if (in->fault == NULL)
		in->fault = why;
	buf_release(&in->bytes);
}

static void
broken(struct intake *in, const char *why, int byte)
{
	fault(in, why);
	in->at = byte == '\r' ? INTAKE_CR : INTAKE_TEXT;
}

/* One byte where it matters: ends of lines, dots, NUL. True: the article has ended. */
static bool
take_byte(struct intake *in, unsigned char c)
{
	bool after_cr = in->at == INTAKE_CR || in->at == INTAKE_DOT_CR;

	if (c == '\n' && in->at == INTAKE_DOT_CR)
		return true;
	if (c == '\n' && in->at == INTAKE_CR) {
		if (in->fault == NULL)
			buf_add(&in->bytes, "\r\n", 2);
		in->at = INTAKE_START;
	} else if (after_cr)
		broken(in, "The article has a CR without LF", c);
	else if (c == '\n')
		broken(in, "The article has an LF without CR", c);
	else if (c == '\0')
		broken(in, "The article has a NUL byte", c);
	else if (c == '\r')
		in->at = in->at == INTAKE_DOT ? INTAKE_DOT_CR : INTAKE_CR;
	else if (c == '.' && in->at == INTAKE_START)
		in->at = INTAKE_DOT; /* the first dot is not the article's */
	else {
		if (in->fault == NULL)
			buf_addc(&in->bytes, c);
		in->at = INTAKE_TEXT;
	}
	return false;
}

/* Bytes of a line that need no look. */
static size_t
plain(struct view v)
{
	const unsigned char *cr = memchr(v.p, '\r', v.len);
	size_t n = cr == NULL ? v.len : (size_t)(cr - v.p);
	const unsigned char *lf = memchr(v.p, '\n', n);

	n = lf == NULL ? n : (size_t)(lf - v.p);
	return view_chr(view_slice(v, 0, n), '\0');
}

size_t
intake_take(struct intake *in, struct view v, bool *done)
{
	size_t i = 0, n;

	*done = false;
	while (i < v.len && !*done) {
		struct view rest = view_slice(v, i, v.len);

		n = in->at == INTAKE_TEXT ? plain(rest) : 0;
		if (n > 0 && in->fault == NULL)
			buf_add(&in->bytes, rest.p, n);
		i += n;
		if (i < v.len)
			*done = take_byte(in, v.p[i++]);
		if (in->fault == NULL && buf_err(&in->bytes) != ERR_OK)
			fault(in, "The article is too large: 1 MiB is the limit");
	}
	return i;
}
