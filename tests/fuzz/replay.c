/* Runs a fuzz target on each file of its corpus, whole and cut short, as a TAP test. A
 * target that fails ends the program, and the plan that is missing then is a failure. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fs.h"

#define FOLDER "tests/corpus/" NAME
#define FILE_MAX (4u << 20)
#define CUTS 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory of exactly that size, so that a sanitizer sees the first byte too many. */
static int
run(struct view v)
{
	uint8_t *p = malloc(v.len > 0 ? v.len : 1);

	if (p == NULL)
		return 0;
	if (v.len > 0)
		memcpy(p, v.p, v.len);
	LLVMFuzzerTestOneInput(p, v.len);
	free(p);
	return 1;
}

static int
replay(const char *name)
{
	struct buf b = BUF_INIT(FILE_MAX);
	char path[1024];
	int ok;

	snprintf(path, sizeof path, FOLDER "/%s", name);
	ok = fs_read(path, &b) == ERR_OK && run(buf_view(&b));
	for (size_t i = 0; ok && i < CUTS; i++)
		ok = run(view_slice(buf_view(&b), 0, b.len * i / CUTS));
	buf_release(&b);
	return ok;
}

static int
visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

int
main(void)
{
	struct dirent **files = NULL;
	int n = scandir(FOLDER, &files, visible, alphasort), failed = 0;

	if (n <= 0) {
		printf("1..1\nnot ok 1 - " FOLDER " has files\n");
		return 1;
	}
	for (int i = 0; i < n; i++) {
		int ok = replay(files[i]->d_name);

		printf("%s %d - " NAME " survives %s\n", ok ? "ok" : "not ok", i + 1,
		    files[i]->d_name);
		failed += !ok;
		free(files[i]);
	}
	free(files);
	printf("1..%d\n", n);
	return failed > 0;
}
