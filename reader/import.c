#include "reader/import.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fs.h"
#include "lib/log.h"
#include "lib/node.h"
#include "lib/sandbox.h"
#include "lib/text.h"
#include "lib/wake.h"
#include "lib/wildmat.h"
#include "reader/advice.h"
#include "reader/import_active.h"
#include "reader/import_inputs.h"
#include "reader/import_options.h"
#include "reader/import_report.h"

#define EXIT_FAILED 1
#define EXIT_USAGE 2
#define EXIT_LATER 75
#define SANDBOX_PATHS 64 /* more paths than these: reading is not fenced by path */

struct options {
	const char *dir, *groups, *active, *newsgroups;
	uint64_t warn_over;
	bool local, yes, progress, verbose, machine, help;
};

#define AT(field) offsetof(struct options, field)

static const struct option_row rows[] = {
	{ "-C", "DIR", OPTION_TEXT, AT(dir), "the node's folder" },
	{ "--groups", "WILDMAT", OPTION_TEXT, AT(groups),
	    "only articles in these groups" },
	{ "--active", "FILE", OPTION_TEXT, AT(active),
	    "INN's active file: groups, status, numbers go on above its marks" },
	{ "--newsgroups", "FILE", OPTION_TEXT, AT(newsgroups),
	    "INN's descriptions of groups" },
	{ "--local", NULL, OPTION_FLAG, AT(local), "friends do not get these articles" },
	{ "--yes", NULL, OPTION_FLAG, AT(yes),
	    "go on though it is more than friends take a day" },
	{ "--warn-over", "N", OPTION_NUMBER, AT(warn_over),
	    "articles that a friend takes a day" },
	{ "--progress", NULL, OPTION_FLAG, AT(progress),
	    "tell how far it is, also to no terminal" },
	{ "-v", NULL, OPTION_FLAG, AT(verbose), "show examples of what is refused" },
	{ "-m", NULL, OPTION_FLAG, AT(machine), "print key=value lines" },
	{ "--help", NULL, OPTION_FLAG, AT(help), "print this" },
};

#define ROWS (sizeof rows / sizeof rows[0])
#define USAGE "usage: hearsay import [options] PATH..."

struct import {
	struct options o;
	struct node node;
	struct import_inputs inputs;
	struct import_store store;
	struct import_report report;
	struct import_groups groups;
	struct view wanted;
	uint64_t counted;
	bool agreed;     /* to queue more than warn_over */
	bool later;      /* nobody agreed */
	enum err failed; /* the spool's */
	/* where the numbered file lies that is read; is that its group's folder in an INN
	 * spool, and was the group not asked for? */
	char folder[TREE_PATH + 1];
	bool numbered, folder_known, folder_left;
};

/* ---- the quota of friends -------------------------------------------------------- */

static bool
ask(struct import *im)
{
	char c = 0, first = 0;

	if (isatty(STDIN_FILENO) != 1)
		return false;
	for (int i = 0; i < im->inputs.count; i++)
		if (strcmp(im->inputs.paths[i], "-") == 0)
			return false;
	(void)fs_write_all(STDERR_FILENO, VIEW_LIT("Go on? [y/N] "));
	while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
		if (first == 0)
			first = c;
	return first == 'y' || first == 'Y';
}

/* Says that it is too much for a day; false when that ends the import. */
static bool
agree(struct import *im, const char *amount, uint64_t n)
{
	log_at(LOG_WARN,
	    "this import queues %s%" PRIu64
	    " articles for each friend, who takes %" PRIu64
	    " a day: the rest waits for the days after",
	    amount, n, im->o.warn_over);
	im->agreed = im->o.yes || ask(im);
	im->later = !im->agreed;
	if (im->later)
		log_at(
		    LOG_INFO, "stopped; --local keeps them on this node, --yes goes on");
	return im->agreed;
}

static bool
names_wanted(const struct import *im, struct view groups)
{
	struct view name;

	while (article_next_group(&groups, &name))
		if (wildmat_match(im->wanted, name))
			return true;
	return false;
}

/* Would an article that is only counted be new, and in a group that is wanted? Folds are
 * not looked at: such an id counts as new. */
static bool
count_new(const struct import *im, struct view raw)
{
	bool wanted = im->wanted.p == NULL, known = false;
	struct view line;

	while (text_line(&raw, &line) && line.len > 0) {
		struct view value =
		    text_trim(view_slice(line, view_chr(line, ':') + 1, line.len));

		if (view_casestarts(line, "Newsgroups:"))
			wanted = wanted || names_wanted(im, value);
		else if (view_casestarts(line, "Message-ID:") &&
		    spool_known(im->store.spool, value, &known) != ERR_OK)
			known = false;
	}
	return wanted && !known;
}

static bool
count_any(void *arg, struct view raw, const struct import_place *at)
{
	struct import *im = arg;

	(void)raw;
	(void)at;
	im->counted++;
	return true;
}

static bool
count_article(void *arg, struct view raw, const struct import_place *at)
{
	struct import *im = arg;

	(void)at;
	im->counted += count_new(im, raw);
	return true;
}

static void
count_refused(void *arg, unsigned reason, int errnum, const struct import_place *at)
{
	(void)arg;
	(void)reason;
	(void)errnum;
	(void)at;
}

static void
count(struct import *im, bool quick)
{
	const struct import_sink sink = {
		.arg = im,
		.count = quick,
		.article = quick ? count_any : count_article,
		.refused = count_refused,
	};

	im->counted = 0;
	im->inputs.sink = &sink;
	import_inputs_count(&im->inputs);
}

/* Quickly first; only what may be too much is looked at closely. */
static bool
count_first(struct import *im)
{
	if (im->o.warn_over == 0 || im->o.local)
		im->agreed = true;
	if (im->agreed)
		return true;
	count(im, true);
	if (im->counted > im->o.warn_over)
		count(im, false);
	return im->counted <= im->o.warn_over || agree(im, "", im->counted);
}

/* ---- storing --------------------------------------------------------------------- */

/* Does the folder's path end in the group's name, dots being slashes? */
static bool
is_folder_of(struct view folder, struct view group)
{
	size_t from = folder.len - group.len;

	if (group.len > folder.len || (from > 0 && folder.p[from - 1] != '/'))
		return false;
	for (size_t i = 0; i < group.len; i++)
		if (folder.p[from + i] != (group.p[i] == '.' ? '/' : group.p[i]))
			return false;
	return true;
}

/* After an article of a numbered folder: which group is it? */
static void
learn_folder(struct import *im)
{
	struct view rest = im->store.offer.article.newsgroups, name;

	while (article_next_group(&rest, &name)) {
		if (!is_folder_of(view_str(im->folder), name))
			continue;
		im->folder_known = true;
		im->folder_left = !wildmat_match(im->wanted, name);
	}
}

/* Pipes are not counted first: it shows while they are read. */
static bool
check_quota(struct import *im)
{
	uint64_t n;

	if (im->agreed)
		return true;
	n = im->store.done.stored + im->store.pending.stored;
	if (n <= im->o.warn_over)
		return true;
	/* nobody else can write while a person thinks */
	if ((im->failed = import_store_commit(&im->store)) != ERR_OK)
		return false;
	return agree(im, "more than ", im->o.warn_over);
}

static bool
store_article(void *arg, struct view raw, const struct import_place *at)
{
	struct import *im = arg;
	enum import_fate fate;
	unsigned reason;

	im->failed = import_store_put(&im->store, raw, &fate, &reason);
	if (im->failed != ERR_OK)
		return false;
	if (fate == FATE_REFUSED)
		import_report_refused(&im->report, reason, 0, at);
	else if (im->numbered && im->wanted.p != NULL && !im->folder_known)
		learn_folder(im);
	import_report_progress(&im->report, &im->store);
	return check_quota(im);
}

static void
store_refused(void *arg, unsigned reason, int errnum, const struct import_place *at)
{
	struct import *im = arg;

	import_store_refuse(&im->store, reason);
	import_report_refused(&im->report, reason, errnum, at);
}

/* Nobody else can write while a transaction is open: none waits for a slow pipe. */
static void
idle(void *arg)
{
	struct import *im = arg;

	(void)import_store_commit(&im->store); /* a failure shows at the next put */
}

static void
path_trouble(void *arg, const char *path, const char *why)
{
	struct import *im = arg;

	import_report_path(&im->report, path, why);
}

/* A folder of an INN spool whose group nobody asked for: a crosspost of it to a group
 * that is wanted also lies in that group's folder. */
static bool
skip_file(void *arg, const char *path, bool number)
{
	struct import *im = arg;
	const char *slash = strrchr(path, '/');
	struct view folder = { (const unsigned char *)path,
		slash != NULL ? (size_t)(slash - path) : 0 };

	im->numbered = number && folder.len > 0 && folder.len <= TREE_PATH;
	if (!im->numbered || im->wanted.p == NULL)
		return false;
	if (!view_eqs(folder, im->folder)) {
		memcpy(im->folder, folder.p, folder.len);
		im->folder[folder.len] = '\0';
		im->folder_known = im->folder_left = false;
	}
	if (!im->folder_left)
		return false;
	im->store.done.passed++;
	(void)import_store_breathe(&im->store); /* a failure shows at the next put */
	return true;
}

/* ---- groups ---------------------------------------------------------------------- */

static void
groups_trouble(void *arg, const char *path, unsigned line, const char *why)
{
	struct import *im = arg;

	if (im->groups.left_out <= REPORT_LINES || im->o.verbose)
		log_at(LOG_INFO, "%s, line %u: left out: %s", quoted(view_str(path)),
		    line, why);
}

typedef enum err groups_fn(struct import_groups *, const char *path, bool *spool);

/* False: it could not be read, or the spool failed. */
static bool
read_groups(struct import *im, const char *path, groups_fn *fn)
{
	bool spool;
	enum err e;

	if (path == NULL)
		return true;
	im->groups.new_groups = im->store.new_groups;
	e = fn(&im->groups, path, &spool);
	im->store.new_groups = im->groups.new_groups;
	if (spool)
		im->failed = e;
	else if (e != ERR_OK)
		import_report_path(
		    &im->report, path, e == ERR_IO ? strerror(errno) : err_text(e));
	return e == ERR_OK;
}

/* Numbers that were given cannot be taken back: without the files that were named nothing
 * is imported. */
static bool
files_readable(struct import *im)
{
	const char *files[2] = { im->o.active, im->o.newsgroups };
	bool all = true;

	for (size_t i = 0; i < 2; i++) {
		if (files[i] == NULL || access(files[i], R_OK) == 0)
			continue;
		import_report_path(&im->report, files[i], strerror(errno));
		all = false;
	}
	return all;
}

static void
print_groups(const struct import *im)
{
	const struct import_groups *g = &im->groups;

	if (im->o.active == NULL && im->o.newsgroups == NULL)
		return;
	printf(im->o.machine ? "groups=%" PRIu64 "\ngroups-new=%" PRIu64
			       "\ndescribed=%" PRIu64 "\ngroups-left-out=%" PRIu64 "\n"
			     : "groups %" PRIu64 " (%" PRIu64 " new), described %" PRIu64
			       ", lines left out %" PRIu64 "\n",
	    g->set, g->created, g->described, g->left_out);
}

/* ---- the whole ------------------------------------------------------------------- */

static void
run(struct import *im)
{
	const struct import_sink sink = {
		.arg = im, .article = store_article, .refused = store_refused
	};

	if (!files_readable(im) || !read_groups(im, im->o.active, import_active) ||
	    !count_first(im))
		return;
	im->inputs.sink = &sink;
	im->inputs.arg = im;
	im->inputs.skip = skip_file;
	im->inputs.trouble = path_trouble;
	im->inputs.source.idle = idle;
	im->inputs.source.idle_arg = im;
	(void)import_inputs_read(&im->inputs);
	if (im->failed == ERR_OK)
		im->failed = import_store_commit(&im->store);
	/* last, for the groups that the articles brought */
	if (im->failed == ERR_OK)
		(void)read_groups(im, im->o.newsgroups, import_newsgroups);
}

/* The one place where the importer gives up its rights. */
static enum err
enter_sandbox(const struct import *im)
{
	struct sandbox_path paths[SANDBOX_PATHS + 3];
	const char *files[2] = { im->o.active, im->o.newsgroups };
	struct stat st;
	size_t n = 0;

	paths[n++] = (struct sandbox_path){ im->node.dir, true };
	for (size_t i = 0; i < 2; i++)
		if (files[i] != NULL && stat(files[i], &st) == 0)
			paths[n++] = (struct sandbox_path){ files[i], false };
	if (im->inputs.count > SANDBOX_PATHS)
		paths[n++] = (struct sandbox_path){ "/", false };
	for (int i = 0; i < im->inputs.count && im->inputs.count <= SANDBOX_PATHS; i++)
		if (stat(im->inputs.paths[i], &st) == 0)
			paths[n++] = (struct sandbox_path){ im->inputs.paths[i], false };
	return sandbox_enter(SANDBOX_IMPORT, paths, n);
}

static int
finish(struct import *im)
{
	struct import_counts c = im->store.done;

	if (im->failed != ERR_OK)
		log_at(LOG_ERROR,
		    "the spool: %s; what is counted below is stored, import again"
		    " for the rest",
		    err_text(im->failed));
	if (im->later && c.stored == 0)
		return EXIT_LATER;
	print_groups(im);
	if (fflush(stdout) != 0 || import_report_end(&im->report, &c) != ERR_OK)
		return EXIT_FAILED;
	if (im->later || im->failed == ERR_BUSY)
		return EXIT_LATER;
	return im->failed != ERR_OK || im->report.unread ? EXIT_FAILED : 0;
}

static int
open_and_run(struct import *im)
{
	struct spool *sp = NULL;
	int code = EXIT_FAILED, wake = -1;
	enum err e;

	if ((e = node_locate(im->o.dir, &im->node)) == ERR_OK)
		e = spool_open(NODE_PATH(&im->node, "spool.db"), SPOOL_WRITE, &sp);
	if (e == ERR_NOTFOUND) {
		log_at(LOG_ERROR, "no node at %s yet: run hearsay -C %s setup",
		    im->node.dir, im->node.dir);
		goto out;
	}
	if (e == ERR_OK)
		e = import_store_init(&im->store, sp);
	wake = wake_open(&im->node);
	if (e == ERR_OK && (e = enter_sandbox(im)) != ERR_OK) {
		log_at(LOG_ERROR, "the sandbox: %s", strerror(errno));
		goto out;
	}
	if (e != ERR_OK) {
		log_at(LOG_ERROR, "%s: %s%s", NODE_PATH(&im->node, "spool.db"),
		    err_text(e), advice_spool(e));
		code = e == ERR_BUSY ? EXIT_LATER : EXIT_FAILED;
		goto out;
	}
	im->store.groups = im->wanted;
	im->store.flags = im->o.local ? PUT_NOFEED : 0;
	im->groups = (struct import_groups){
		.spool = sp, .wanted = im->wanted, .trouble = groups_trouble, .arg = im
	};
	run(im);
	code = finish(im);
	if (im->store.done.stored > 0 && !im->o.local)
		wake_tell(wake);
out:
	if (wake >= 0)
		close(wake);
	import_store_release(&im->store);
	spool_close(sp);
	node_release(&im->node);
	return code;
}

static int
usage(const char *what, const char *which)
{
	log_at(LOG_ERROR, "%s %s; `hearsay import --help` lists the options",
	    quoted(view_str(which)), what);
	return EXIT_USAGE;
}

static int
check_and_run(struct import *im, int argc, char **argv)
{
	const char *what = NULL, *which = NULL;
	int words, code;

	if (!options_read(rows, ROWS, &im->o, argc, argv, &words, &what, &which))
		return usage(what, which);
	if (im->o.help) {
		options_help(USAGE, rows, ROWS);
		return 0;
	}
	if (words == 0 && im->o.active == NULL && im->o.newsgroups == NULL)
		return usage("wants a path", "import");
	if (im->o.groups != NULL)
		im->wanted = view_str(im->o.groups);
	if (im->o.groups != NULL && !wildmat_valid(im->wanted))
		return usage("is not a wildmat", im->o.groups);
	import_report_init(&im->report);
	im->report.verbose = im->o.verbose;
	im->report.machine = im->o.machine;
	im->report.progress = im->report.progress || im->o.progress;
	import_inputs_init(&im->inputs, argv, words);
	code = open_and_run(im);
	import_inputs_release(&im->inputs);
	return code;
}

int
import_main(int argc, char **argv)
{
	struct import *im = calloc(1, sizeof *im);
	int code;

	if (im == NULL) {
		log_at(LOG_ERROR, "%s", err_text(ERR_NOMEM));
		return EXIT_FAILED;
	}
	code = check_and_run(im, argc, argv);
	free(im);
	return code;
}
