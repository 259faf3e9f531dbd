#include "reader/import_report.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/log.h"

#define PROGRESS_AFTER 2000 /* ms */
#define PROGRESS_EVERY 500
#define LOOK_EVERY 64 /* calls between two looks at the clock */

void
import_report_init(struct import_report *r)
{
	*r = (struct import_report){ .started = clock_ms() };
	r->terminal = isatty(STDERR_FILENO) == 1;
	r->progress = r->terminal;
}

static void
write_line(int fd, struct buf *line)
{
	if (buf_err(line) == ERR_OK)
		(void)fs_write_all(fd, buf_view(line));
	buf_release(line);
}

static void
clear_progress(struct import_report *r)
{
	if (r->shown && r->terminal)
		(void)fs_write_all(STDERR_FILENO, VIEW_LIT("\r\033[K"));
	r->shown = false;
}

void
import_report_progress(struct import_report *r, const struct import_store *s)
{
	struct buf line = BUF_INIT(512);
	struct import_counts c;
	int64_t now;

	if (!r->progress || ++r->calls % LOOK_EVERY != 0)
		return;
	now = clock_ms();
	if (now - r->started < PROGRESS_AFTER || now - r->last < PROGRESS_EVERY)
		return;
	r->last = now;
	c = import_store_counts(s);
	buf_addf(&line,
	    "%simported %" PRIu64 ", duplicates %" PRIu64 ", refused %" PRIu64
	    ", %" PRId64 " s%s",
	    r->terminal ? "\r" : "", c.stored, c.duplicates, c.refused,
	    (now - r->started) / 1000, r->terminal ? "\033[K" : "\n");
	write_line(STDERR_FILENO, &line);
	r->shown = true;
}

/* May one more line be written? The last one says that others follow unseen. */
static bool
may_tell(struct import_report *r, unsigned reason)
{
	if (r->verbose)
		return r->examples[reason]++ < REPORT_EXAMPLES;
	if (reason < FAULT_COUNT || r->lines > REPORT_LINES)
		return false;
	if (r->lines++ < REPORT_LINES)
		return true;
	clear_progress(r);
	log_at(LOG_INFO, "more of these are not shown; -v shows %d of each kind",
	    REPORT_EXAMPLES);
	return false;
}

void
import_report_refused(
    struct import_report *r, unsigned reason, int errnum, const struct import_place *at)
{
	if (reason == REASON_UNREADABLE) {
		import_report_path(r, at->path, strerror(errnum));
		return;
	}
	if (!may_tell(r, reason))
		return;
	clear_progress(r);
	log_at(LOG_INFO, "%s, byte %" PRIu64 "%s: refused: %s",
	    quoted(view_str(at->path)), at->at, at->unpacked ? " unpacked" : "",
	    reason_text(reason));
}

void
import_report_path(struct import_report *r, const char *path, const char *why)
{
	r->unread = true;
	clear_progress(r);
	log_at(LOG_ERROR, "%s: %s", quoted(view_str(path)), why);
}

static void
end_machine(const struct import_counts *c, struct buf *out)
{
	buf_addf(out,
	    "imported=%" PRIu64 "\nduplicates=%" PRIu64 "\nrefused=%" PRIu64 "\n",
	    c->stored, c->duplicates, c->refused);
	buf_addf(
	    out, "differing=%" PRIu64 "\npassed=%" PRIu64 "\n", c->differing, c->passed);
	for (unsigned i = 0; i < REASON_COUNT_OF; i++)
		if (c->reasons[i] > 0)
			buf_addf(out, "refused.%s=%" PRIu64 "\n", reason_name(i),
			    c->reasons[i]);
}

static void
end_text(const struct import_counts *c, struct buf *out)
{
	buf_addf(out,
	    "imported %" PRIu64 ", duplicates %" PRIu64 ", refused %" PRIu64 "\n",
	    c->stored, c->duplicates, c->refused);
	if (c->differing > 0)
		buf_addf(out,
		    "  %" PRIu64 " duplicates differ from the copy that is kept\n",
		    c->differing);
	if (c->passed > 0)
		buf_addf(out, "  passed over %" PRIu64 ": in no group of --groups\n",
		    c->passed);
	for (unsigned i = 0; i < REASON_COUNT_OF; i++)
		if (c->reasons[i] > 0)
			buf_addf(out, "  refused %" PRIu64 " %s: %s\n", c->reasons[i],
			    reason_name(i), reason_text(i));
}

enum err
import_report_end(struct import_report *r, const struct import_counts *c)
{
	struct buf out = BUF_INIT(64u << 10);
	enum err e;

	clear_progress(r);
	if (r->machine)
		end_machine(c, &out);
	else
		end_text(c, &out);
	if ((e = buf_err(&out)) == ERR_OK)
		e = fs_write_all(STDOUT_FILENO, buf_view(&out));
	buf_release(&out);
	return e;
}
