#include "reader/claims.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "lib/clock.h"
#include "lib/digest.h"

#define ROWS 2048 /* with WAYS: eight peers with 1,000 offers each under way */
#define WAYS 4

/* Each value alone is whole; that they belong together is only likely. */
struct claim {
	_Atomic uint64_t id, session;
	_Atomic int64_t until; /* clock_ms */
};

struct claims {
	struct claim rows[ROWS][WAYS];
};

enum err
claims_new(struct claims **out)
{
	void *p = mmap(NULL, sizeof **out, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return ERR_NOMEM;
	*out = p;
	return ERR_OK;
}

void
claims_free(struct claims *c)
{
	if (c != NULL)
		munmap(c, sizeof *c);
}

static uint64_t
number_of(struct view msgid)
{
	unsigned char h[DIGEST_LEN];
	struct view v = { h, sizeof h };
	uint64_t n = 0;

	digest_sha256(msgid, h);
	return view_u64(&v, &n) == ERR_OK ? n : 0;
}

bool
claims_take(struct claims *c, struct view msgid, uint64_t session)
{
	int64_t now = clock_ms();
	struct claim *row, *unused = NULL;
	uint64_t id;

	if (c == NULL)
		return true;
	id = number_of(msgid);
	row = c->rows[id % ROWS];
	for (size_t i = 0; i < WAYS; i++) {
		bool live = row[i].until > now;

		if (live && row[i].id == id) {
			if (row[i].session != session)
				return false;
			unused = &row[i];
			break;
		}
		if (!live)
			unused = &row[i];
	}
	/* no room: then it is not noted, and costs a duplicate at worst */
	if (unused != NULL) {
		unused->id = id;
		unused->session = session;
		unused->until = now + CLAIM_SECONDS * 1000;
	}
	return true;
}

void
claims_drop(struct claims *c, struct view msgid, uint64_t session)
{
	struct claim *row;
	uint64_t id;

	if (c == NULL)
		return;
	id = number_of(msgid);
	row = c->rows[id % ROWS];
	for (size_t i = 0; i < WAYS; i++)
		if (row[i].id == id && row[i].session == session)
			row[i].until = 0;
}
