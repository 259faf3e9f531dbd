#include "reader/throttle.h"

#include <string.h>

#include "reader/address.h"

static void
network(const unsigned char address[ADDRESS_LEN], unsigned char out[ADDRESS_LEN])
{
	memcpy(out, address, ADDRESS_LEN);
	if (!address_mapped(address))
		memset(out + 8, 0, 8);
}

/* What is left of them after the quiet since. */
static unsigned
wrong_now(const struct throttled *e, int64_t now)
{
	int64_t quiet = now > e->last ? (now - e->last) / THROTTLE_FORGET : 0;

	return quiet >= e->wrong ? 0 : e->wrong - (unsigned)quiet;
}

static size_t
place_of(const struct throttle *t, const unsigned char net[ADDRESS_LEN])
{
	size_t oldest = 0;

	for (size_t i = 0; i < THROTTLE_ADDRESSES; i++) {
		const struct throttled *e = &t->list[i];

		if (e->wrong > 0 && memcmp(e->address, net, ADDRESS_LEN) == 0)
			return i;
		if (e->wrong == 0 ||
		    (t->list[oldest].wrong > 0 && e->last < t->list[oldest].last))
			oldest = i;
	}
	return oldest;
}

int64_t
throttle_wait(
    const struct throttle *t, const unsigned char address[ADDRESS_LEN], int64_t now)
{
	unsigned char net[ADDRESS_LEN];
	const struct throttled *e;
	int64_t delay = THROTTLE_FIRST;
	unsigned wrong;

	network(address, net);
	e = &t->list[place_of(t, net)];
	if (memcmp(e->address, net, ADDRESS_LEN) != 0 || (wrong = wrong_now(e, now)) == 0)
		return 0;
	while (--wrong > 0 && delay < THROTTLE_MOST)
		delay *= 2;
	delay = delay > THROTTLE_MOST ? THROTTLE_MOST : delay;
	return e->last + delay > now ? e->last + delay - now : 0;
}

void
throttle_wrong(struct throttle *t, const unsigned char address[ADDRESS_LEN], int64_t now)
{
	unsigned char net[ADDRESS_LEN];
	struct throttled *e;

	network(address, net);
	e = &t->list[place_of(t, net)];
	e->wrong = memcmp(e->address, net, ADDRESS_LEN) == 0 ? wrong_now(e, now) + 1 : 1;
	memcpy(e->address, net, ADDRESS_LEN);
	e->last = now;
}
