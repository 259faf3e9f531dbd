#include "reader/import_active.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/group.h"
#include "lib/text.h"
#include "lib/wildmat.h"

#define LINES_TXN 200 /* groups of one transaction */

/* Handles one line; *why says that it was left out, and why. */
typedef enum err line_fn(struct import_groups *, struct view line, const char **why);

static bool
is_wanted(const struct import_groups *g, struct view name)
{
	return g->wanted.p == NULL || wildmat_match(g->wanted, name);
}

static bool
is_inns_own(struct view name)
{
	return view_eqs(name, "junk") || view_eqs(name, "to") || view_starts(name, "to.");
}

static enum err
create(struct import_groups *g, struct view name, const char **why)
{
	struct spool_group old;
	enum err e;

	e = spool_group(g->spool, name, &old);
	if (e != ERR_NOTFOUND)
		return e;
	if (g->new_groups == 0) {
		*why = "over the limit of groups";
		return ERR_OK;
	}
	if ((e = spool_group_new(g->spool, name, clock_now())) != ERR_OK)
		return e;
	g->new_groups--;
	g->created++;
	return ERR_OK;
}

static enum err
active_line(struct import_groups *g, struct view line, const char **why)
{
	struct view name, high, low, status;
	uint64_t n, ignored;
	enum err e;
	int c;

	*why = "not `group high low status`";
	if (!text_word(&line, &name) || !text_word(&line, &high) ||
	    !text_word(&line, &low) || !text_word(&line, &status) ||
	    text_trim(line).len > 0 || text_num(low, 0, UINT64_MAX, &ignored) != ERR_OK)
		return ERR_OK;
	*why = NULL;
	if (!is_wanted(g, name) || is_inns_own(name))
		return ERR_OK;
	c = status.p[0] == 'x' ? 'n' : status.p[0];
	if (!group_valid(name) || name.len > GROUP_MAX)
		*why = "not a group name";
	else if (text_num(high, 0, ACTIVE_HIGH_MAX, &n) != ERR_OK)
		*why = "a high mark that is no article number";
	else if (status.len != 1 || (c != 'y' && c != 'n' && c != 'm'))
		*why = "its status is none of y, n, m, x";
	if (*why != NULL || (e = create(g, name, why)) != ERR_OK)
		return *why != NULL ? ERR_OK : e;
	if (*why != NULL)
		return ERR_OK;
	g->set++;
	return spool_group_set(g->spool, name, (char)c, (struct view){ 0 }, n);
}

static enum err
newsgroups_line(struct import_groups *g, struct view line, const char **why)
{
	struct spool_group old;
	struct view name, text;
	enum err e;

	*why = NULL;
	if (!text_word(&line, &name) || name.p[0] == '#' || !is_wanted(g, name))
		return ERR_OK;
	text = text_trim(line);
	if (text.len == 0 || name.len > GROUP_MAX)
		return ERR_OK;
	if ((e = spool_group(g->spool, name, &old)) != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_OK : e;
	if (!text_utf8(text))
		*why = "a description that is not UTF-8";
	else if (text.len >= sizeof old.description)
		*why = "a description over 255 bytes";
	else if (view_chr(text, '\0') < text.len)
		*why = "a description with a NUL";
	if (*why != NULL)
		return ERR_OK;
	g->described++;
	return spool_group_set(g->spool, name, old.status, text, old.high);
}

static enum err
each_line(struct import_groups *g, const char *path, struct view file, line_fn *fn)
{
	struct view line;
	const char *why;
	unsigned number = 0;
	enum err e;

	if ((e = spool_begin(g->spool)) != ERR_OK)
		return e;
	while (text_line(&file, &line)) {
		if (++number % LINES_TXN == 0 &&
		    ((e = spool_commit(g->spool)) != ERR_OK ||
			(e = spool_begin(g->spool)) != ERR_OK))
			goto out;
		if (text_trim(line).len == 0)
			continue;
		if ((e = fn(g, line, &why)) != ERR_OK)
			goto out;
		if (why == NULL)
			continue;
		g->left_out++;
		g->trouble(g->arg, path, number, why);
	}
	e = spool_commit(g->spool);
out:
	if (e != ERR_OK)
		spool_rollback(g->spool);
	return e;
}

static enum err
read_and(struct import_groups *g, const char *path, line_fn *fn, bool *spool)
{
	struct buf file = BUF_INIT(ACTIVE_FILE_MAX);
	enum err e;

	*spool = false;
	if ((e = fs_read(path, &file)) == ERR_OK) {
		e = each_line(g, path, buf_view(&file), fn);
		*spool = e != ERR_OK;
	}
	buf_release(&file);
	return e;
}

enum err
import_active(struct import_groups *g, const char *path, bool *spool)
{
	return read_and(g, path, active_line, spool);
}

enum err
import_newsgroups(struct import_groups *g, const char *path, bool *spool)
{
	return read_and(g, path, newsgroups_line, spool);
}
