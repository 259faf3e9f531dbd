#include "cli/moment.h"

#include <inttypes.h>

#include "lib/date.h"
#include "lib/text.h"

/* Appends the digits of a form such as "0000-00-00"; false when v has another. */
static bool
digits(struct view v, const char *form, struct buf *out)
{
	size_t i;

	for (i = 0; i < v.len && form[i] != '\0'; i++) {
		int c = v.p[i], want = (unsigned char)form[i];

		if (want == '0' ? !text_isdigit(c) : c != want)
			return false;
		if (want == '0')
			buf_addc(out, c);
	}
	return i == v.len && form[i] == '\0';
}

enum err
moment_parse(struct view v, int64_t now, int64_t *out)
{
	struct buf day = BUF_INIT(16), clock = BUF_INIT(16);
	struct view rest = v, word = { 0 };
	enum err e = ERR_SYNTAX;
	int64_t ago, at;

	if (text_duration(v, &ago) == ERR_OK) {
		*out = now > ago ? now - ago : 0;
		return ERR_OK;
	}
	if (!text_word(&rest, &word) || !digits(word, "0000-00-00", &day))
		goto out;
	rest = text_trim(rest);
	if (rest.len == 0)
		buf_adds(&clock, "0000");
	else if (!digits(rest, "00:00", &clock))
		goto out;
	buf_adds(&clock, "00");
	if ((e = date_nntp(buf_view(&day), buf_view(&clock), now, &at)) == ERR_OK)
		*out = at;
out:
	buf_release(&day);
	buf_release(&clock);
	return e;
}

void
moment_write(int64_t t, struct buf *out)
{
	struct date_parts p;

	if (date_split(t, &p) == ERR_OK)
		buf_addf(out, "%04d-%02d-%02d %02d:%02d", p.year, p.month, p.day, p.hour,
		    p.minute);
	else
		buf_addf(out, "%" PRId64, t);
}

void
moment_distance(int64_t seconds, struct buf *out)
{
	static const struct {
		int64_t below, unit;
		const char *name;
	} rows[] = {
		{ 120, 1, "s" },
		{ 120 * 60, 60, "min" },
		{ 48 * 3600, 3600, "h" },
		{ INT64_MAX, 86400, "days" },
	};
	size_t i = 0;

	if (seconds < 0)
		seconds = 0;
	while (seconds >= rows[i].below && rows[i].below != INT64_MAX)
		i++;
	buf_addf(out, "%" PRId64 " %s", seconds / rows[i].unit, rows[i].name);
}
