#include "lib/conf.h"

#include "lib/limits.h"
#include "lib/text.h"

/* Splits `key value`; false when the line says nothing. */
static bool
split(struct view raw, struct conf_line *line)
{
	struct view v = text_trim(raw);

	if (v.len == 0 || v.p[0] == '#' || !text_word(&v, &line->key))
		return false;
	line->value = text_trim(v);
	return true;
}

static bool
clean(struct view raw)
{
	return raw.len <= CONF_LINE_MAX && view_chr(raw, '\0') == raw.len &&
	    view_chr(raw, '\r') == raw.len && text_utf8(raw);
}

bool
conf_next(struct view *rest, unsigned *number, struct conf_line *line, enum err *e)
{
	struct view raw;

	*e = ERR_OK;
	while (text_line(rest, &raw)) {
		line->number = ++*number;
		if (!clean(raw)) {
			*e = ERR_SYNTAX;
			return false;
		}
		if (split(raw, line))
			return true;
	}
	return false;
}

static bool
find(struct view file, const char *key, struct view *value)
{
	struct conf_line line = { 0 };
	unsigned number = 0;
	enum err e;

	while (conf_next(&file, &number, &line, &e))
		if (view_eqs(line.key, key)) {
			*value = line.value;
			return true;
		}
	return false;
}

struct view
conf_get(struct view file, const char *key, struct view fallback)
{
	struct view value = fallback;

	find(file, key, &value);
	return value;
}

bool
conf_has(struct view file, const char *key)
{
	struct view value;

	return find(file, key, &value);
}

static void
add_line(struct buf *out, const char *key, struct view value)
{
	buf_adds(out, key);
	if (value.len > 0)
		buf_addc(out, ' ');
	buf_addv(out, value);
	buf_addc(out, '\n');
}

void
conf_set(struct view file, const char *key, struct view value, struct buf *out)
{
	struct view rest = file, raw;
	bool due = value.p != NULL;

	/* a line end in a value would be a second line that nobody asked for */
	if (!clean(value) || view_chr(value, '\n') < value.len) {
		out->e = out->e ? out->e : ERR_SYNTAX;
		return;
	}
	while (rest.len > 0) {
		struct view at = rest;
		struct conf_line line = { 0 };

		text_line(&rest, &raw);
		if (split(raw, &line) && view_eqs(line.key, key)) {
			if (due)
				add_line(out, key, value);
			due = false;
			continue;
		}
		buf_addv(out, view_slice(at, 0, at.len - rest.len));
		if (rest.len == 0 && at.p[at.len - 1] != '\n')
			buf_addc(out, '\n');
	}
	if (due)
		add_line(out, key, value);
}
