#include "newsd/greeting.h"

#include <string.h>

#include "newsd/frame.h"

#define MAGIC "HSY"
#define VERSION '1'
#define WORDS 35 /* characters, the CRC's 8 among them */
#define CRC_AT 27

/* What terminals, terminal servers and modems like to change; neither 7D nor 7E. */
static const unsigned char tail[] = { 0x00, 0x01, 0x03, 0x04, 0x08, 0x0a, 0x0d, 0x11,
	0x1a, 0x13, 0x1b, 0x1c, 0x7f, 0x80, 0x8d, 0x91, 0x93, 0xaa, 0xd5, 0xff };

void
greeting_write(const struct greeting *g, struct buf *out)
{
	size_t start = out->len;
	struct view words;

	buf_addf(out, MAGIC "%c%c%02x%02x%02x%08x%08x", VERSION, g->answer ? 'a' : 'c',
	    g->flags, g->number, g->heard, g->session, g->other);
	if (buf_err(out) != ERR_OK)
		return;
	words = view_slice(buf_view(out), start, CRC_AT);
	buf_addf(out, "%08x", frame_crc32c(0, words));
	buf_add(out, tail, sizeof tail);
	buf_addc(out, FRAME_FLAG);
}

static enum err
hex(const unsigned char *p, size_t n, uint32_t *out)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++) {
		const char *d = p[i] == 0 ? NULL : strchr(digits, p[i]);

		if (d == NULL)
			return ERR_SYNTAX;
		v = v << 4 | (uint32_t)(d - digits);
	}
	*out = v;
	return ERR_OK;
}

/* Whether it came like this: with bit 8 cleared (and), and without the bytes that are flow
 * control when seen through this mask (eaten; 0: none was taken). */
static bool
came_as(struct view came, unsigned char and, unsigned char eaten)
{
	size_t at = 0;

	for (size_t i = 0; i < sizeof tail; i++) {
		unsigned char c = tail[i] & and;

		if (eaten != 0 &&
		    ((tail[i] & eaten) == 0x11 || (tail[i] & eaten) == 0x13))
			continue;
		if (at == came.len || came.p[at++] != c)
			return false;
	}
	return at == came.len;
}

static enum greeting_path
judge(struct view came, bool bits)
{
	if (bits || came_as(came, 0x7f, 0) || came_as(came, 0x7f, 0x7f) ||
	    came_as(came, 0x7f, 0xff))
		return GREETING_SEVEN_BITS;
	if (came_as(came, 0xff, 0))
		return GREETING_CLEAN;
	return came_as(came, 0xff, 0xff) ? GREETING_FLOW : GREETING_CHANGED;
}

enum err
greeting_read(struct view raw, struct greeting *out)
{
	unsigned char w[WORDS];
	uint32_t flags, number, heard, crc;
	struct greeting g = { 0 };
	bool bits = false;
	size_t at = 0, n = 0;

	for (; at < raw.len && n < WORDS; at++) {
		unsigned char c = raw.p[at] & 0x7f;

		if (c == 0x11 || c == 0x13)
			continue;
		/* parity looks like this to a line of 8 bits */
		bits |= c != raw.p[at];
		w[n++] = c;
	}
	if (n < WORDS || memcmp(w, MAGIC, 3) != 0 || hex(w + CRC_AT, 8, &crc) != ERR_OK ||
	    crc != frame_crc32c(0, (struct view){ w, CRC_AT }))
		return ERR_SYNTAX;
	if (w[3] != VERSION)
		return ERR_VERSION;
	if ((w[4] != 'a' && w[4] != 'c') || hex(w + 5, 2, &flags) != ERR_OK ||
	    hex(w + 7, 2, &number) != ERR_OK || hex(w + 9, 2, &heard) != ERR_OK ||
	    hex(w + 11, 8, &g.session) != ERR_OK || hex(w + 19, 8, &g.other) != ERR_OK ||
	    flags > GREETING_FLAGS || g.session == 0)
		return ERR_SYNTAX;
	g.answer = w[4] == 'a';
	g.flags = (uint8_t)flags;
	g.number = (uint8_t)number;
	g.heard = (uint8_t)heard;
	g.tail = view_slice(raw, at, raw.len);
	g.path = judge(g.tail, bits);
	*out = g;
	return ERR_OK;
}

int
greeting_changed(struct view came)
{
	for (size_t i = 0; i < sizeof tail; i++)
		if (i >= came.len || came.p[i] != tail[i])
			return tail[i];
	return -1;
}
