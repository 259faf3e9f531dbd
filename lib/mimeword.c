#include "lib/mimeword.h"

#include <string.h>

#define PIECE 45 /* bytes: 60 in base64, 72 with what stands around them */

static bool
ascii(struct view v)
{
	unsigned char all = 0;

	for (size_t i = 0; i < v.len; i++)
		all |= v.p[i];
	return all < 0x80;
}

static void
base64(struct buf *out, struct view v)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < v.len; i += 3) {
		size_t left = v.len - i;
		unsigned bits = (unsigned)v.p[i] << 16 |
		    (left > 1 ? (unsigned)v.p[i + 1] << 8 : 0) |
		    (left > 2 ? (unsigned)v.p[i + 2] : 0);

		buf_addc(out, digits[bits >> 18]);
		buf_addc(out, digits[bits >> 12 & 63]);
		buf_addc(out, left > 1 ? digits[bits >> 6 & 63] : '=');
		buf_addc(out, left > 2 ? digits[bits & 63] : '=');
	}
}

/* RFC 2047 5: no letter is cut in two. */
static size_t
piece(struct view v)
{
	size_t n = v.len < PIECE ? v.len : PIECE;

	if (n == v.len)
		return n;
	while (n > 1 && (v.p[n] & 0xc0) == 0x80)
		n--;
	return n;
}

void
mimeword_text(struct buf *out, struct view text, const char *gap)
{
	size_t from = 0, to = text.len;

	if (ascii(text)) {
		buf_addv(out, text);
		return;
	}
	while (text.p[from] < 0x80)
		from++;
	while (from > 0 && text.p[from - 1] != ' ')
		from--;
	while (text.p[to - 1] < 0x80)
		to--;
	while (to < text.len && text.p[to] != ' ')
		to++;
	buf_addv(out, view_slice(text, 0, from));
	for (size_t at = from, n; at < to; at += n) {
		n = piece(view_slice(text, at, to - at));
		if (at > from)
			buf_adds(out, gap);
		buf_adds(out, "=?UTF-8?B?");
		base64(out, view_slice(text, at, n));
		buf_adds(out, "?=");
	}
	buf_addv(out, view_slice(text, to, text.len));
}

void
mimeword_from(struct buf *out, struct view from, const char *gap)
{
	size_t end = view_chr(from, '<');

	if (end > 0 && end < from.len && from.p[end - 1] == ' ')
		end--;
	mimeword_text(out, view_slice(from, 0, end), gap);
	buf_addv(out, view_slice(from, end, from.len));
}

void
mimeword_head(struct buf *out, struct view head)
{
	static const struct {
		const char *name;
		void (*add)(struct buf *, struct view, const char *);
	} spoken[] = {
		{ "From: ", mimeword_from },
		{ "Subject: ", mimeword_text },
		{ "Keywords: ", mimeword_text },
		{ "Summary: ", mimeword_text },
	};

	if (ascii(head)) {
		buf_addv(out, head);
		return;
	}
	for (size_t n, i; head.len > 0; head = view_slice(head, n, head.len)) {
		struct view line;

		n = view_chr(head, '\n');
		n += n < head.len;
		line = view_slice(head, 0, n);
		for (i = 0; i < sizeof spoken / sizeof spoken[0]; i++)
			if (view_starts(line, spoken[i].name))
				break;
		if (i == sizeof spoken / sizeof spoken[0]) {
			buf_addv(out, line);
			continue;
		}
		buf_adds(out, spoken[i].name);
		line = view_slice(line, strlen(spoken[i].name), line.len);
		spoken[i].add(out, view_slice(line, 0, view_find(line, "\r\n")), "\r\n ");
		buf_adds(out, "\r\n");
	}
}
