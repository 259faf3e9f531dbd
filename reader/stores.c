#include "reader/stores.h"

#include "lib/log.h"
#include "reader/advice.h"
#include "spool/search.h"

/* The database is opened here once so that trouble with it is told at the start; an older
 * one is migrated. */
static void
check_spool(const struct node *node)
{
	struct spool *sp = NULL;
	enum err e = spool_open(NODE_PATH(node, "spool.db"), SPOOL_WRITE, &sp);

	spool_close(sp);
	if (e == ERR_NOTFOUND)
		die("no spool in %s; `hearsay setup` makes one", node->dir);
	if (e != ERR_OK)
		die("%s/spool.db: %s%s", node->dir, err_text(e), advice_spool(e));
}

/* What the workers open must be there, and sound, before they do; they serve without it. */
static void
check_search(const struct node *node)
{
	struct search *search = NULL;
	struct spool *sp = NULL;
	enum err e;

	if ((e = spool_open(NODE_PATH(node, "spool.db"), SPOOL_READ, &sp)) == ERR_OK)
		e = search_open(NODE_PATH(node, "search.db"), sp, SPOOL_WRITE, &search);
	search_close(search);
	spool_close(sp);
	if (e != ERR_OK)
		log_at(LOG_ERROR, "%s/search.db: %s; nothing can be searched", node->dir,
		    err_text(e));
}

void
stores_check(const struct node *node)
{
	check_spool(node);
	check_search(node);
}
