#include "cli/links.h"

#include <inttypes.h>
#include <string.h>

#include "cli/moment.h"
#include "lib/text.h"

#define SHOWN_MAX 200
#define ERROR_MAX 250

/* A word, or what stands between double quotes, as text_quote writes it. */
static bool
take_value(struct view *rest, struct view *out)
{
	size_t end = 0;

	*rest = text_trim(*rest);
	if (rest->len == 0 || rest->p[0] != '"')
		return text_word(rest, out);
	*rest = view_slice(*rest, 1, rest->len);
	for (; end < rest->len && rest->p[end] != '"'; end++)
		if (rest->p[end] == '\\')
			end++;
	if (end >= rest->len)
		return false;
	*out = view_slice(*rest, 0, end);
	*rest = view_slice(*rest, end + 1, rest->len);
	return true;
}

static struct view
or_none(struct view v)
{
	return view_eqs(v, "-") ? view_slice(v, 0, 0) : v;
}

static int64_t
moment(struct view v)
{
	uint64_t n;

	return text_num(v, 0, INT64_MAX, &n) == ERR_OK ? (int64_t)n : 0;
}

static bool
parse(struct view line, struct links_line *out)
{
	struct links_line l = { 0 };
	struct view key, value;

	while (text_word(&line, &key)) {
		if (!take_value(&line, &value))
			return false;
		if (view_eqs(key, "friend"))
			l.name = value;
		else if (view_eqs(key, "state"))
			l.state = value;
		else if (view_eqs(key, "carrier"))
			l.carrier = or_none(value);
		else if (view_eqs(key, "last-error"))
			l.error = or_none(value);
		else if (view_eqs(key, "heard"))
			l.heard = moment(value);
		else if (view_eqs(key, "since"))
			l.since = moment(value);
		else if (view_eqs(key, "next-call"))
			l.next = moment(value);
	}
	if (!text_name(l.name) || l.state.len == 0)
		return false;
	*out = l;
	return true;
}

bool
links_next(struct view *file, struct links_line *out)
{
	struct view line;

	while (text_line(file, &line))
		if (parse(line, out))
			return true;
	return false;
}

static void
tell_next(const struct links_line *l, int64_t now, struct buf *out)
{
	if (l->next <= 0)
		return;
	if (l->next <= now) {
		buf_adds(out, "; next call now");
		return;
	}
	buf_adds(out, "; next call in ");
	moment_distance(l->next - now, out);
}

/* What helps, by a word of newsd's; %s is the friend. */
static void
tell_cure(const struct links_line *l, struct buf *out)
{
	static const char *const cures[][2] = {
		{ "budget", "hearsay when %s" },
		{ "window", "hearsay when %s" },
		{ "keys", "carry a stick, or join again" },
		{ "running", "it goes on by itself" },
		{ "machine", "see what `hearsay up` said" },
		{ "exchange failed", "what `hearsay up` said says why, here or there" },
		{ "lost", "the line was cut, or %s went down" },
		{ "cut us", "hearsay address %s, or ask" },
		{ "not this friend", "hearsay address %s" },
		{ "dialled", "hearsay address %s" },
		{ "carrier", "hearsay address %s" },
		{ "name", "hearsay address %s" },
		{ "proxy", "hearsay address %s" },
		{ "command", "hearsay address %s" },
		{ "", "if %s is up, look at hearsay address" },
	};
	size_t i = 0;
	const char *hole;

	while (cures[i][0][0] != '\0' && view_find(l->error, cures[i][0]) == l->error.len)
		i++;
	buf_adds(out, " (");
	if ((hole = strstr(cures[i][1], "%s")) != NULL) {
		buf_add(out, cures[i][1], (size_t)(hole - cures[i][1]));
		buf_addv(out, l->name);
		buf_adds(out, hole + 2);
	} else
		buf_adds(out, cures[i][1]);
	buf_addc(out, ')');
}

void
links_tell(const struct links_line *l, int64_t now, struct buf *out)
{
	bool down = view_eqs(l->state, "down");

	buf_adds(out, down ? "no link" : "link ");
	if (!down)
		text_show(out, l->state, SHOWN_MAX);
	if (!down && view_eqs(l->carrier, "called"))
		buf_adds(out, ", called from there,");
	else if (!down && l->carrier.len > 0) {
		buf_adds(out, " by ");
		text_show(out, l->carrier, SHOWN_MAX);
	}
	if (l->since > 0 && l->since <= now) {
		buf_adds(out, " for ");
		moment_distance(now - l->since, out);
	}
	tell_next(l, now, out);
	if (l->error.len > 0) {
		buf_adds(out, "; last failure: ");
		if (down && l->carrier.len > 0 && !view_eqs(l->carrier, "called")) {
			text_show(out, l->carrier, SHOWN_MAX);
			buf_adds(out, ": ");
		}
		text_show(out, l->error, ERROR_MAX);
		tell_cure(l, out);
	}
}

bool
links_silent(const struct links_line *l)
{
	return view_eqs(l->state, "down") && l->next <= 0 && l->error.len == 0;
}

void
links_machine(const struct links_line *l, struct buf *out)
{
	buf_addf(out, "link=%.*s state=", (int)l->name.len, (const char *)l->name.p);
	text_show(out, l->state, SHOWN_MAX);
	buf_addf(
	    out, " since=%" PRId64 " next-call=%" PRId64 " carrier=", l->since, l->next);
	text_show(out, l->carrier, SHOWN_MAX);
	buf_adds(out, " last-error=");
	text_quote(out, l->error, SHOWN_MAX);
}
