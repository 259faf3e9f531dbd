#include "cli/qr.h"

#include <errno.h>
#include <qrencode.h>

#define QUIET 4 /* light modules around it: ISO 18004 */

static bool
dark(const QRcode *q, int x, int y)
{
	x -= QUIET;
	y -= QUIET;
	if (x < 0 || y < 0 || x >= q->width || y >= q->width)
		return false;
	return (q->data[y * q->width + x] & 1) != 0;
}

/* Two rows a line: what is light is drawn, what is dark stays. */
static void
draw_line(const QRcode *q, int y, bool colour, struct buf *out)
{
	static const char *const cells[2][2] = { { "\xe2\x96\x88", "\xe2\x96\x80" },
		{ "\xe2\x96\x84", " " } };
	int width = q->width + 2 * QUIET;

	if (colour)
		buf_adds(out, "\033[40;37;1m");
	for (int x = 0; x < width; x++)
		buf_adds(out, cells[dark(q, x, y)][y + 1 < width && dark(q, x, y + 1)]);
	buf_adds(out, colour ? "\033[0m\n" : "\n");
}

enum err
qr_draw(const char *text, bool colour, struct buf *out)
{
	QRcode *q = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 0);

	if (q == NULL)
		return errno == ENOMEM ? ERR_NOMEM : ERR_TOOBIG;
	for (int y = 0; y < q->width + 2 * QUIET; y += 2)
		draw_line(q, y, colour, out);
	QRcode_free(q);
	return buf_err(out);
}
