#include "reader/export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/date.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/node.h"
#include "lib/sandbox.h"
#include "lib/text.h"
#include "lib/wildmat.h"
#include "reader/advice.h"
#include "reader/import_options.h"
#include "reader/mbox.h"
#include "spool/spool.h"

#define EXIT_FAILED 1
#define EXIT_USAGE 2
#define METAS 200           /* arrivals asked for at a time */
#define OUT_FULL (1u << 20) /* then it is written */
#define PATH "Path: hearsay!not-for-mail\n"

struct options {
	const char *dir, *format;
	bool help;
};

#define AT(field) offsetof(struct options, field)

static const struct option_row rows[] = {
	{ "-C", "DIR", OPTION_TEXT, AT(dir), "the node's folder" },
	{ "--format", "FORMAT", OPTION_TEXT, AT(format), "rnews (as it is) or mbox" },
	{ "--help", NULL, OPTION_FLAG, AT(help), "print this" },
};

#define ROWS (sizeof rows / sizeof rows[0])
#define USAGE "usage: hearsay export [options] WILDMAT >FILE"

struct export;
typedef enum err format_fn(struct export *, const struct spool_meta *);

struct export
{
	struct options o;
	struct node node;
	struct spool *spool;
	struct view wanted;
	format_fn *format;
	struct buf stored; /* as it lies in the spool */
	struct buf text;   /* as it is exported, LF line ends */
	struct buf out;
	struct buf groups; /* by group id: 'y', 'n', or 0 for not asked yet */
	struct spool_meta *metas;
	unsigned count;
	uint64_t exported, waiting;
};

/* ---- which ones ------------------------------------------------------------------ */

static bool
group_wanted(struct export *x, uint32_t id)
{
	struct spool_group g;
	size_t len = x->groups.len;
	unsigned char *p;

	if (id >= len) {
		if ((p = buf_grow(&x->groups, id + 1 - len)) == NULL)
			return false;
		memset(p, 0, id + 1 - len);
	}
	if (x->groups.p[id] == 0 && spool_group_by_id(x->spool, id, &g) == ERR_OK)
		x->groups.p[id] = wildmat_match(x->wanted, view_str(g.name)) ? 'y' : 'n';
	return x->groups.p[id] == 'y';
}

/* A control article is numbered in another group than it is for. */
static bool
control_wanted(const struct export *x, const struct article *a)
{
	struct view rest = a->newsgroups, name;

	while (article_next_group(&rest, &name))
		if (wildmat_match(x->wanted, name))
			return true;
	return false;
}

static bool
numbered_wanted(struct export *x, const struct spool_meta *m)
{
	for (unsigned i = 0; i < m->groups && i < GROUPS_FOREIGN_MAX; i++)
		if (group_wanted(x, m->in[i].group))
			return true;
	return false;
}

/* ---- how they look --------------------------------------------------------------- */

/* Stored articles have CRLF everywhere and no CR alone. */
static void
add_lf(struct buf *out, struct view v)
{
	size_t n;

	while ((n = view_find(v, "\r\n")) < v.len) {
		buf_add(out, v.p, n);
		buf_addc(out, '\n');
		v = view_slice(v, n + 2, v.len);
	}
	buf_addv(out, v);
}

/* The article as RFC 5536 has it: Path, and for a native one Message-ID, are made up. */
static void
add_article(const struct article *a, struct buf *out)
{
	struct view v = a->bytes;

	buf_adds(out, PATH);
	if (a->native) {
		v = view_slice(v, view_find(v, "\r\n") + 2, v.len);
		buf_addf(out, "Message-ID: %s\n", a->msgid);
	}
	add_lf(out, v);
}

static enum err
add_rnews(struct export *x, const struct spool_meta *m)
{
	(void)m;
	buf_addf(&x->out, "#! rnews %zu\n", x->text.len);
	buf_addv(&x->out, buf_view(&x->text));
	return buf_err(&x->out);
}

/* The From_ line has the time of arrival, in the form of asctime. */
static enum err
add_mbox(struct export *x, const struct spool_meta *m)
{
	static const char names[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct date_parts d;
	enum err e;

	if ((e = date_split(m->received, &d)) != ERR_OK)
		return e;
	buf_addf(&x->out, "From hearsay@localhost %.3s %.3s %2d %02d:%02d:%02d %d\n",
	    names + 3 * d.weekday, months + 3 * (d.month - 1), d.day, d.hour, d.minute,
	    d.second, d.year);
	mbox_quote(buf_view(&x->text), &x->out);
	buf_addc(&x->out, '\n');
	return buf_err(&x->out);
}

static const struct {
	const char *name;
	format_fn *add;
} formats[] = {
	{ "rnews", add_rnews },
	{ "mbox", add_mbox },
};

/* ---- the whole ------------------------------------------------------------------- */

static enum err
flush(struct export *x)
{
	enum err e = fs_write_all(STDOUT_FILENO, buf_view(&x->out));

	buf_reset(&x->out);
	return e;
}

static enum err
export_one(struct export *x, const struct spool_meta *m)
{
	struct article a;
	enum fault why;
	bool has_signature;
	enum err e;

	if (!m->control && !numbered_wanted(x, m))
		return ERR_OK;
	buf_reset(&x->stored);
	buf_reset(&x->text);
	e = spool_article(x->spool, m->arrival, &x->stored, NULL, &has_signature);
	if (e != ERR_OK)
		return e == ERR_NOTFOUND ? ERR_OK : e; /* expired meanwhile */
	if (article_parse(buf_view(&x->stored), &a, &why) != ERR_OK)
		return ERR_CORRUPT;
	if (m->control && !numbered_wanted(x, m) && !control_wanted(x, &a))
		return ERR_OK;
	if (m->unsigned_post) {
		x->waiting++;
		return ERR_OK;
	}
	add_article(&a, &x->text);
	if ((e = buf_err(&x->text)) != ERR_OK || (e = x->format(x, m)) != ERR_OK)
		return e;
	x->exported++;
	return x->out.len >= OUT_FULL ? flush(x) : ERR_OK;
}

static bool
keep_meta(void *arg, const struct spool_meta *m)
{
	struct export *x = arg;

	x->metas[x->count++] = *m;
	return x->count < METAS;
}

static enum err
export_all(struct export *x)
{
	uint64_t after = 0;
	enum err e;

	do {
		x->count = 0;
		e = spool_arrivals(x->spool, after, METAS, keep_meta, x);
		for (unsigned i = 0; i < x->count && e == ERR_OK; i++) {
			after = x->metas[i].arrival;
			e = export_one(x, &x->metas[i]);
		}
	} while (e == ERR_OK && x->count > 0);
	if (e == ERR_OK)
		e = buf_err(&x->groups); /* a group nobody could be asked about */
	return e == ERR_OK ? flush(x) : e;
}

static enum err
open_and_export(struct export *x)
{
	struct sandbox_path path;
	enum err e;

	if ((e = node_locate(x->o.dir, &x->node)) != ERR_OK)
		return e;
	e = spool_open(NODE_PATH(&x->node, "spool.db"), SPOOL_READ, &x->spool);
	if (e != ERR_OK)
		return e;
	path = (struct sandbox_path){ x->node.dir, true };
	if ((e = sandbox_enter(SANDBOX_IMPORT, &path, 1)) != ERR_OK)
		return e;
	if ((x->metas = calloc(METAS, sizeof *x->metas)) == NULL)
		return ERR_NOMEM;
	buf_init(&x->stored, ARTICLE_MAX + HEADER_MAX);
	buf_init(&x->text, ARTICLE_MAX + 2 * HEADER_MAX);
	/* quoting could make each line of an article one byte longer */
	buf_init(&x->out, OUT_FULL + 2 * (ARTICLE_MAX + 2 * HEADER_MAX));
	buf_init(&x->groups, 1u << 24);
	return export_all(x);
}

static int
run(struct export *x)
{
	enum err e = open_and_export(x);

	if (e == ERR_NOTFOUND && x->spool == NULL)
		log_at(LOG_ERROR, "no node at %s yet: run hearsay -C %s setup",
		    x->node.dir, x->node.dir);
	else if (e == ERR_IO)
		log_at(LOG_ERROR, "export: %s", strerror(errno));
	else if (e != ERR_OK)
		log_at(LOG_ERROR, "%s: %s%s", NODE_PATH(&x->node, "spool.db"),
		    err_text(e), advice_spool(e));
	if (e == ERR_OK)
		log_at(LOG_INFO, "exported %" PRIu64 " articles", x->exported);
	if (x->waiting > 0)
		log_at(LOG_INFO,
		    "left out %" PRIu64 " posts of this node that are not signed yet:"
		    " `hearsay status` says why",
		    x->waiting);
	spool_close(x->spool);
	node_release(&x->node);
	free(x->metas);
	buf_release(&x->stored);
	buf_release(&x->text);
	buf_release(&x->out);
	buf_release(&x->groups);
	return e == ERR_OK ? 0 : EXIT_FAILED;
}

static int
usage(const char *what, const char *which)
{
	log_at(LOG_ERROR, "%s %s; `hearsay export --help` lists the options",
	    quoted(view_str(which)), what);
	return EXIT_USAGE;
}

static int
check_and_run(struct export *x, int argc, char **argv)
{
	const char *what = NULL, *which = NULL;
	int words;

	x->o.format = formats[0].name;
	if (!options_read(rows, ROWS, &x->o, argc, argv, &words, &what, &which))
		return usage(what, which);
	if (x->o.help) {
		options_help(USAGE, rows, ROWS);
		return 0;
	}
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (strcmp(formats[i].name, x->o.format) == 0)
			x->format = formats[i].add;
	if (x->format == NULL)
		return usage("is not a format: rnews or mbox", x->o.format);
	if (words != 1)
		return usage("wants one wildmat of groups", "export");
	x->wanted = view_str(argv[0]);
	if (!wildmat_valid(x->wanted))
		return usage("is not a wildmat", argv[0]);
	return run(x);
}

int
export_main(int argc, char **argv)
{
	struct export *x = calloc(1, sizeof *x);
	int code;

	if (x == NULL) {
		log_at(LOG_ERROR, "%s", err_text(ERR_NOMEM));
		return EXIT_FAILED;
	}
	code = check_and_run(x, argc, argv);
	free(x);
	return code;
}
