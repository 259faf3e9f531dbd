#include "newsd/chance.h"

#include <sys/random.h>

#include "lib/log.h"

uint32_t
chance(void)
{
	uint32_t n;

	/* so few bytes come whole, or never */
	if (getrandom(&n, sizeof n, 0) != sizeof n)
		die("the system gives no random bytes");
	return n;
}

uint32_t
chance_between(uint32_t min, uint32_t max)
{
	return min + chance() % (max - min + 1);
}
