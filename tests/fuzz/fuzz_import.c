/* links: reader */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "reader/import_items.h"
#include "reader/import_store.h"

#define ENOUGH (8u << 20) /* bytes of articles of one input: a bomb costs no minutes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sum {
	size_t bytes;
	struct buf crlf;
};

static bool
article(void *arg, struct view raw, const struct import_place *at)
{
	struct sum *s = arg;

	(void)at;
	buf_reset(&s->crlf);
	import_crlf(raw, &s->crlf);
	s->bytes += raw.len + 1;
	return s->bytes < ENOUGH;
}

static void
refused(void *arg, unsigned reason, int errnum, const struct import_place *at)
{
	struct sum *s = arg;

	(void)errnum;
	(void)at;
	s->bytes += reason_name(reason) != NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf window = BUF_INIT(IMPORT_WINDOW);
	struct source src = { .fd = -1 };
	struct sum sum = { 0 };
	const struct import_sink sink = {
		.arg = &sum, .article = article, .refused = refused
	};
	int fd = memfd_create("import", MFD_CLOEXEC);

	buf_init(&sum.crlf, 2 * RNEWS_MAX + 2);
	if (fd >= 0 && write(fd, data, size) == (ssize_t)size &&
	    lseek(fd, 0, SEEK_SET) == 0 && source_attach(&src, fd) == ERR_OK)
		(void)import_items(&src, "fuzz", &window, &sink);
	source_release(&src);
	if (fd >= 0)
		close(fd);
	buf_release(&window);
	buf_release(&sum.crlf);
	return 0;
}
