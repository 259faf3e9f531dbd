#include "reader/indexer.h"

#include <malloc.h>
#include <poll.h>
#include <stddef.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/sandbox.h"
#include "reader/plaintext.h"
#include "spool/search.h"

#define NICE 19           /* others first */
#define SETTLE_MS 200     /* without a commit: then what came together is taken, */
#define PATIENCE_MS 10000 /* and at the latest then: on two cores it would slow a feed */
#define LOOK_MS 30000     /* though nothing was heard: the watch may have lost it */
#define REST_MS 5000      /* between two times that caches go */
#define EVENTS_ROOM 4096

struct indexer {
	struct spool *spool;
	struct search *search;
	struct plaintext text;
	int control, watch;
	int64_t rested;
};

/* Every commit into the spool is written to its WAL; reading it writes nothing there. */
static void
open_watch(struct indexer *x, const struct node *node)
{
	x->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (x->watch >= 0)
		(void)inotify_add_watch(
		    x->watch, NODE_PATH(node, "spool.db-wal"), IN_MODIFY);
}

static enum err
begin(struct indexer *x, const struct node *node)
{
	enum err e;

	if ((e = spool_open(NODE_PATH(node, "spool.db"), SPOOL_READ, &x->spool)) !=
		ERR_OK ||
	    (e = search_open(NODE_PATH(node, "search.db"), x->spool, SPOOL_WRITE,
		 &x->search)) != ERR_OK)
		return e;
	open_watch(x, node);
	if (setpriority(PRIO_PROCESS, 0, NICE) != 0)
		log_at(LOG_WARN, "indexer runs at the same priority as others");
	if ((e = sandbox_enter(SANDBOX_READER_WRITER, NULL, 0)) != ERR_OK)
		return e;
	return fs_write_all(x->control, VIEW_LIT("r"));
}

enum heard { NOTHING, STORED, THE_END };

/* What comes first within the time. */
static enum heard
listen_for(struct indexer *x, int ms)
{
	unsigned char events[EVENTS_ROOM];
	struct pollfd p[] = {
		{ .fd = x->control, .events = POLLIN },
		{ .fd = x->watch, .events = POLLIN },
	};

	if (poll(p, 2, ms) <= 0)
		return NOTHING;
	if (p[0].revents != 0)
		return THE_END; /* nobody says anything else */
	while (read(x->watch, events, sizeof events) > 0)
		;
	return STORED;
}

/* Until there is something to do and those who store have paused, or a second is over. */
static bool
attend(struct indexer *x, bool more)
{
	enum heard h = listen_for(x, more ? 0 : LOOK_MS);
	int64_t end = clock_ms() + PATIENCE_MS;

	while (h == STORED && clock_ms() < end)
		h = listen_for(x, SETTLE_MS);
	return h != THE_END;
}

/* All is done. A trickle of posts finds the caches warm most of the time. */
static void
rest(struct indexer *x)
{
	if (clock_ms() - x->rested < REST_MS)
		return;
	x->rested = clock_ms();
	search_rest(x->search);
	spool_rest(x->spool);
	(void)malloc_trim(0);
}

static enum err
loop(struct indexer *x)
{
	struct search_progress p = { .more = true };
	enum err e;

	do {
		e = search_step(x->search, plaintext_words, &x->text, &p);
		if (e == ERR_CORRUPT) {
			log_at(LOG_WARN, "indexer search.db is damaged: built anew");
			if ((e = search_reset(x->search)) == ERR_OK)
				p.more = true;
		}
		if (e != ERR_OK)
			return e;
		if (!p.more)
			rest(x);
	} while (attend(x, p.more));
	return ERR_OK;
}

int
indexer_run(const struct node *node, int control)
{
	struct indexer x = { .control = control, .watch = -1 };
	enum err e;

	plaintext_init(&x.text);
	if ((e = begin(&x, node)) == ERR_OK)
		e = loop(&x);
	if (e != ERR_OK)
		log_at(LOG_ERROR, "indexer search.db error=\"%s\"", err_text(e));
	search_close(x.search);
	spool_close(x.spool);
	plaintext_release(&x.text);
	if (x.watch >= 0)
		close(x.watch);
	return e == ERR_OK ? 0 : 1;
}
