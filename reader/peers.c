#include "reader/peers.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "reader/address.h"

void
peers_init(struct peers *p, uint32_t most, uint32_t a_minute)
{
	*p = (struct peers){ .most = most, .a_minute = a_minute };
	/* without chance the places can be foreseen: worse, not wrong */
	if (getrandom(&p->salt, sizeof p->salt, GRND_NONBLOCK) != sizeof p->salt)
		p->salt = (uint64_t)(uintptr_t)p;
}

void
peers_release(struct peers *p)
{
	free(p->list);
	*p = (struct peers){ 0 };
}

static size_t
set_of(const struct peers *p, const unsigned char a[ADDRESS_LEN])
{
	uint64_t h = p->salt;

	for (size_t i = 0; i < ADDRESS_LEN; i++) {
		h = (h ^ a[i]) * 0x100000001b3u;
		h ^= h >> 29;
	}
	return (size_t)(h % PEERS_SETS) * PEERS_WAYS;
}

/* Its place, or the one of somebody who is not connected and was seen longest ago. */
static struct peer *
place_of(struct peers *p, const unsigned char a[ADDRESS_LEN])
{
	struct peer *set = p->list + set_of(p, a), *spare = NULL;

	for (size_t i = 0; i < PEERS_WAYS; i++) {
		if (set[i].seen != 0 && memcmp(set[i].address, a, ADDRESS_LEN) == 0)
			return &set[i];
		if (set[i].connections == 0 &&
		    (spare == NULL || set[i].seen < spare->seen))
			spare = &set[i];
	}
	if (spare != NULL) {
		*spare = (struct peer){ .credit = 60 * p->a_minute };
		memcpy(spare->address, a, ADDRESS_LEN);
	}
	return spare;
}

static void
earn(const struct peers *p, struct peer *e, int64_t now)
{
	int64_t more = now - e->seen;

	if (e->seen == 0 || more < 0 || more > 60)
		more = 60;
	more = (int64_t)e->credit + more * p->a_minute;
	e->credit = more > 60ll * p->a_minute ? 60 * p->a_minute : (uint32_t)more;
}

enum err
peers_enter(struct peers *p, const struct sockaddr *sa, int64_t now, int *place)
{
	unsigned char a[ADDRESS_LEN];
	struct peer *e;

	*place = PEERS_NONE;
	if (!address_of(sa, a) || address_loopback(a))
		return ERR_OK;
	if (!address_mapped(a))
		memset(a + 8, 0, 8);
	if (p->list == NULL &&
	    (p->list = calloc(PEERS_SETS * PEERS_WAYS, sizeof *p->list)) == NULL)
		return ERR_NOMEM;
	if ((e = place_of(p, a)) == NULL)
		return ERR_TOOBIG;
	earn(p, e, now);
	e->seen = now;
	if (p->most > 0 && e->connections >= p->most)
		return ERR_TOOBIG;
	if (p->a_minute > 0 && e->credit < 60)
		return ERR_BUSY;
	e->credit -= p->a_minute > 0 ? 60 : 0;
	e->connections++;
	*place = (int)(e - p->list);
	return ERR_OK;
}

void
peers_leave(struct peers *p, int place)
{
	if (place != PEERS_NONE)
		p->list[place].connections--;
}
