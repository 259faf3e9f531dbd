/* Cancel-Lock and Cancel-Key: the first line is the lock, the rest the key. */
#include "spool/cancellock.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view all = { data, size }, lock, rest, key;
	size_t n = view_chr(all, '\n'), before;

	lock = view_slice(all, 0, n);
	rest = view_slice(all, n + 1, size);
	for (before = rest.len; cancellock_next(&rest, &key); before = rest.len) {
		assert(
		    rest.len < before && key.len <= CANCELLOCK_KEY_MAX && key.len >= 3);
		/* no element opens an empty lock */
		assert(!cancellock_opens((struct view){ NULL, 0 }, key));
		cancellock_opens(lock, key);
	}
	cancellock_opens(lock, all);
	return 0;
}
