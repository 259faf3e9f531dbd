/* links: batcher */
/* The key file: what is accepted is what would be written, and can be looked at. */
#include <assert.h>
#include <stdlib.h>

#include "batcher/ring.h"

#define FILE_CAP (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view file = { data, size };
	struct buf again = BUF_INIT(FILE_CAP);
	struct ring r = { 0 };

	crypto_init();
	if (ring_parse(file, &r) != ERR_OK) {
		assert(r.count == 0);
		return 0;
	}
	if (ring_write(&r, &again) != ERR_OK || !view_eq(buf_view(&again), file))
		abort();
	for (int i = 0; i < 4; i++)
		ring_look(&r, r.looked + i * 10 * 86400ll % INT32_MAX);
	for (unsigned i = 0; i < r.count; i++) {
		struct chain c[ROOT_TRIALS];
		size_t n = root_trials(r.root[i], c);

		for (size_t j = 0; j < n; j++)
			key_release(&c[j].key);
		root_prekey(&r, r.root[i]);
	}
	ring_sending(&r);
	buf_wipe(&again);
	ring_release(&r);
	return 0;
}
