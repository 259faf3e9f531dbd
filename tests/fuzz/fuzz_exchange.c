/* links: batcher */
/* A session hears HELLO and then anything: it ends or goes on, and what it stored is sound.
 * The first byte says which end we are. */
#include "tests/unit/exchange_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
size_of(unsigned i)
{
	return 100 + i;
}

/* Both nodes serve all inputs; their files go in the end. */
static struct pair *pair;

static void
leave(void)
{
	pair_free(pair);
}

static struct pair *
the_pair(void)
{
	if (pair == NULL) {
		crypto_init();
		pair = pair_new();
		post_many(&pair->bob, "bob", 0, 20, size_of);
		post_many(&pair->ana, "ana", 0, 20, size_of);
		must(atexit(leave) == 0);
	}
	return pair;
}

static void
greet(struct pair *p)
{
	pair_start(p);
	must(session_work(p->ana.s, p->ms, false) == ERR_OK);
	end_turn(&p->ana, &p->bob.in, p->ms, SIZE_MAX);
	end_turn(&p->bob, &p->ana.in, p->ms, SIZE_MAX);
	must(p->ana.e == ERR_OK && p->bob.e == ERR_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pair *p = the_pair();
	struct end *x, *other;

	if (size == 0)
		return 0;
	greet(p);
	x = data[0] & 1 ? &p->ana : &p->bob;
	other = x == &p->ana ? &p->bob : &p->ana;
	if (data[0] & 2) /* the caller hears HELLO and offers, then this */
		end_turn(x, &other->in, p->ms += 60, SIZE_MAX);
	buf_add(&x->in, data + 1, size - 1);
	for (int i = 0; i < 8 && x->e == ERR_OK; i++)
		end_turn(x, &other->in, p->ms += 60, SIZE_MAX);
	must(x->e == ERR_OK || x->e == ERR_SYNTAX);
	must(session_end(p->ana.s) == ERR_OK || x->e == ERR_SYNTAX);
	must(session_end(p->bob.s) == ERR_OK || x->e == ERR_SYNTAX);
	return 0;
}
