#include "cli/lines.h"

#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/limits.h"
#include "lib/text.h"

bool
lines_key(const char *const *keys, struct view key)
{
	for (; *keys != NULL; keys++)
		if (view_eqs(key, *keys))
			return true;
	return false;
}

static bool
is_theirs(const char *const *keys, struct view raw)
{
	struct view rest = text_trim(raw), key;

	return text_word(&rest, &key) && lines_key(keys, key);
}

static void
add_line(struct buf *out, struct view raw)
{
	buf_addv(out, raw);
	buf_addc(out, '\n');
}

static enum err
check(struct view file)
{
	struct conf_line line;
	unsigned number = 0;
	enum err e;

	while (conf_next(&file, &number, &line, &e))
		;
	return e;
}

void
lines_replace(
    struct view file, const char *const *keys, struct view text, struct buf *out)
{
	size_t start = out->len;
	bool due = true;
	struct view raw;
	enum err e;

	while (text_line(&file, &raw)) {
		if (!is_theirs(keys, raw)) {
			add_line(out, raw);
			continue;
		}
		if (due)
			buf_addv(out, text);
		due = false;
	}
	if (due)
		buf_addv(out, text);
	e = buf_err(out);
	if (e == ERR_OK && (e = check(view_slice(buf_view(out), start, out->len))) != 0)
		out->e = e;
}

enum err
lines_write(const char *path, const char *const *keys, struct view text)
{
	struct buf file = BUF_INIT(CONF_MAX), out = BUF_INIT(CONF_MAX);
	enum err e = fs_read(path, &file);

	if (e == ERR_OK || e == ERR_NOTFOUND) {
		lines_replace(buf_view(&file), keys, text, &out);
		if ((e = buf_err(&out)) == ERR_OK)
			e = fs_write_atomic(path, buf_view(&out), false);
	}
	buf_release(&file);
	buf_release(&out);
	return e;
}
