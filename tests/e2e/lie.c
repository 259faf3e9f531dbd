/* LD_PRELOAD: a friend who lies. The LIE_AT-th thing that the process says in TLS is the
 * file LIE instead, behind the first LIE_KEEP bytes of what it would have said. With
 * LIE_DEAF=1 it hears nothing from then on, and so does not mind the answer; with
 * LIE_NOTE=FILE what it said first, behind as many bytes, is left there. All files are
 * opened before any sandbox is entered. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

typedef struct ssl_st SSL;
typedef int write_fn(SSL *, const void *, size_t, size_t *);
typedef int read_fn(SSL *, void *, size_t, size_t *);
EXPORT write_fn SSL_write_ex;
EXPORT read_fn SSL_read_ex;

static struct {
	unsigned long at, said; /* at 0: never */
	size_t keep, len;
	char *text;
	FILE *note;
	int deaf;
	write_fn *write;
	read_fn *read;
} lie;

static unsigned long
number(const char *name)
{
	const char *text = getenv(name);

	/* a preloaded library has nothing of ours to read a number with */
	return text == NULL ? 0 : strtoul(text, NULL, 10); /* style: see above */
}

__attribute__((constructor)) static void
read_lie(void)
{
	const char *name = getenv("LIE"), *note = getenv("LIE_NOTE");
	FILE *f = name == NULL ? NULL : fopen(name, "rb");
	struct stat st;

	*(void **)&lie.write = dlsym(RTLD_NEXT, "SSL_write_ex");
	*(void **)&lie.read = dlsym(RTLD_NEXT, "SSL_read_ex");
	lie.deaf = getenv("LIE_DEAF") != NULL;
	lie.keep = number("LIE_KEEP");
	if (f != NULL && fstat(fileno(f), &st) == 0 &&
	    (lie.text = malloc((size_t)st.st_size + 1)) != NULL) {
		lie.at = number("LIE_AT");
		lie.len = fread(lie.text, 1, (size_t)st.st_size, f);
	}
	if (f != NULL)
		fclose(f);
	lie.note = note == NULL ? NULL : fopen(note, "ab");
}

EXPORT int
SSL_write_ex(SSL *ssl, const void *p, size_t len, size_t *written)
{
	size_t n;

	lie.said++;
	if (lie.said == 1 && lie.note != NULL && len > lie.keep) {
		fwrite((const char *)p + lie.keep, 1, len - lie.keep, lie.note);
		fflush(lie.note);
	}
	if (lie.said != lie.at)
		return lie.write(ssl, p, len, written);
	*written = len;
	if (lie.keep > 0 && lie.write(ssl, p, len < lie.keep ? len : lie.keep, &n) != 1)
		return 0;
	return lie.write(ssl, lie.text, lie.len, &n);
}

EXPORT int
SSL_read_ex(SSL *ssl, void *p, size_t len, size_t *got)
{
	int rc = lie.read(ssl, p, len, got);

	while (rc == 1 && lie.deaf && lie.at != 0 && lie.said >= lie.at)
		rc = lie.read(ssl, p, len, got);
	return rc;
}
