/* search: which articles hold these words. The reader looks; here they become one text. */
#include "cli/cmd.h"

#include "cli/child.h"
#include "cli/say.h"
#include "lib/log.h"
#include "lib/text.h"
#include "lib/wildmat.h"
#include "spool/query.h"

/* The shell took the quotes of "sourdough starter" and of from:"ana lima" away: what holds a
 * blank is one phrase again. */
static void
add_word(struct view v, struct buf *out)
{
	static const char *const before[] = { "-", "from:", "subject:" };
	bool phrase = view_chr(v, ' ') < v.len && view_chr(v, '"') == v.len;

	for (size_t i = 0; i < sizeof before / sizeof before[0] && phrase; i++)
		if (view_casestarts(v, before[i])) {
			size_t n = view_str(before[i]).len;

			buf_adds(out, before[i]);
			v = view_slice(v, n, v.len);
		}
	if (phrase)
		buf_addc(out, '"');
	buf_addv(out, v);
	buf_adds(out, phrase ? "\" " : " ");
}

static int
check(const struct buf *text)
{
	const char *why = "that is too long";
	struct query q;
	int code = DONE;

	query_init(&q);
	if (buf_err(text) != ERR_OK || query_parse(buf_view(text), &q, &why) != ERR_OK)
		code = say_usage("search", "%s", why);
	query_release(&q);
	return code;
}

int
cmd_search(struct call *call)
{
	const struct command *c = call->cmd;
	const char *groups = command_value(c, OPT_GROUPS);
	struct buf text = BUF_INIT(QUERY_MAX);
	struct program p;
	int code;

	if (groups != NULL && !wildmat_valid(view_str(groups)))
		return say_usage("search", "%s is no wildmat, as comp.*,!comp.binaries.*",
		    quoted(view_str(groups)));
	for (size_t i = 0; i < c->nargs; i++)
		add_word(view_str(c->args[i]), &text);
	if (groups != NULL)
		buf_addf(&text, "group:%s", groups);
	code = check(&text);
	if (code == DONE && !child_init(&p, "reader", "--search", call))
		code = FAILED;
	if (code == DONE) {
		program_arg(&p, "--");
		if (command_has(c, OPT_MACHINE))
			program_arg(&p, "-m");
		program_arg(&p, buf_cstr(&text));
		code = child_exec(&p);
	}
	buf_release(&text);
	return code;
}
