#include "reader/import_inputs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STDIN_NAME "standard input"

static void
tell(struct import_inputs *in, const char *path, const char *why)
{
	if (in->trouble != NULL)
		in->trouble(in->arg, path, why);
}

void
import_inputs_init(struct import_inputs *in, char **paths, int count)
{
	*in = (struct import_inputs){ .paths = paths, .count = count };
	in->source.fd = -1;
	buf_init(&in->window, IMPORT_WINDOW);
}

void
import_inputs_release(struct import_inputs *in)
{
	source_release(&in->source);
	buf_release(&in->window);
}

static bool
is_stdin(const char *path)
{
	return strcmp(path, "-") == 0;
}

/* What cannot be found is for the reading to tell, not for the counting. */
static bool
seekable(const char *path)
{
	struct stat st;

	if (is_stdin(path))
		return fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode);
	return stat(path, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode);
}

bool
import_inputs_seekable(const struct import_inputs *in)
{
	for (int i = 0; i < in->count; i++)
		if (!seekable(in->paths[i]))
			return false;
	return true;
}

static bool
read_file(void *arg, const char *path, bool number)
{
	struct import_inputs *in = arg;
	enum err e;

	if (in->skip != NULL && in->skip(in->arg, path, number))
		return true;
	if ((e = source_open(&in->source, path)) != ERR_OK) {
		tell(in, path, e == ERR_IO ? strerror(errno) : err_text(e));
		return true;
	}
	in->stop = !import_items(&in->source, path, &in->window, in->sink);
	source_close(&in->source);
	return !in->stop;
}

static void
tree_trouble(void *arg, const char *path, const char *why)
{
	tell(arg, path, why);
}

static void
read_stdin(struct import_inputs *in)
{
	enum err e;

	if ((e = source_attach(&in->source, STDIN_FILENO)) != ERR_OK)
		tell(in, STDIN_NAME, err_text(e));
	else
		in->stop = !import_items(&in->source, STDIN_NAME, &in->window, in->sink);
	source_close(&in->source);
}

static void
read_path(struct import_inputs *in, const char *path)
{
	const struct tree_visitor v = { in, read_file, tree_trouble };
	enum err e;

	if (is_stdin(path)) {
		read_stdin(in);
		return;
	}
	if ((e = tree_walk(path, &v)) != ERR_OK)
		tell(in, path, e == ERR_IO ? strerror(errno) : err_text(e));
}

void
import_inputs_count(struct import_inputs *in)
{
	off_t at;

	in->stop = false;
	for (int i = 0; i < in->count && !in->stop; i++) {
		if (!seekable(in->paths[i]))
			continue;
		at = is_stdin(in->paths[i]) ? lseek(STDIN_FILENO, 0, SEEK_CUR) : 0;
		read_path(in, in->paths[i]);
		if (is_stdin(in->paths[i]) && lseek(STDIN_FILENO, at, SEEK_SET) < 0)
			tell(in, STDIN_NAME, strerror(errno));
	}
}

bool
import_inputs_read(struct import_inputs *in)
{
	in->stop = false;
	for (int i = 0; i < in->count && !in->stop; i++)
		read_path(in, in->paths[i]);
	return !in->stop;
}
