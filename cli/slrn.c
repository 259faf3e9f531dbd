#include "cli/slrn.h"

#include "lib/fs.h"
#include "lib/text.h"

#define FILE_MAX 4096

static void
set(struct buf *out, const char *name, struct view value)
{
	/* neither " nor backslash can stand in a From of ours */
	buf_addf(out, "set %s \"", name);
	buf_addv(out, value);
	buf_adds(out, "\"\n");
}

/* What its owner added to the file stays, below ours. */
static void
keep(const struct node *n, struct buf *out)
{
	static const char *const ours[] = { "% For slrn -i: ", "set realname ",
		"set username ", "set hostname ", "set charset " };
	struct buf old = BUF_INIT(FILE_MAX);
	struct view rest, line;

	if (fs_read(NODE_PATH(n, "slrnrc"), &old) == ERR_OK) {
		rest = buf_view(&old);
		while (text_line(&rest, &line)) {
			bool mine = false;

			for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
				mine = mine || view_starts(line, ours[i]);
			if (mine)
				continue;
			buf_addv(out, line);
			buf_addc(out, '\n');
		}
	}
	buf_release(&old);
}

enum err
slrn_write(const struct node *n, struct view from)
{
	size_t open = view_chr(from, '<'), at = view_chr(from, '@'),
	       close = view_chr(from, '>');
	struct buf out = BUF_INIT(FILE_MAX);
	enum err e;

	if (open >= at || at >= close || close == from.len)
		return ERR_SYNTAX;
	buf_adds(&out, "% For slrn -i: who you are on this Hearsay node.\n");
	set(&out, "realname", text_trim(view_slice(from, 0, open)));
	set(&out, "username", view_slice(from, open + 1, at - open - 1));
	set(&out, "hostname", view_slice(from, at + 1, close - at - 1));
	buf_adds(&out, "set charset \"utf-8\"\n");
	keep(n, &out);
	if ((e = buf_err(&out)) == ERR_OK)
		e = fs_write_atomic(NODE_PATH(n, "slrnrc"), buf_view(&out), false);
	buf_release(&out);
	return e;
}
