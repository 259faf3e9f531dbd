#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/say.h"
#include "lib/fs.h"
#include "lib/log.h"

#define LINE_PIECE 4096

bool
child_init(struct program *p, const char *name, const char *verb, const struct call *call)
{
	if (program_init(p, name) == ERR_NOTFOUND) {
		say_failed("the program %s is missing beside this one: install Hearsay "
			   "again, or name its folder in $HEARSAY_LIBEXEC",
		    name);
		return false;
	}
	if (verb != NULL)
		program_arg(p, verb);
	program_arg(p, "-C");
	program_arg(p, call->node.dir);
	return true;
}

void
child_options(struct program *p, const struct command *c, uint64_t set)
{
	for (size_t i = 0; i < c->ngiven; i++) {
		if ((OPT_BIT(c->given[i].opt) & set) == 0)
			continue;
		program_arg(p, option_row(c->given[i].opt)->name);
		if (c->given[i].value != NULL)
			program_arg(p, c->given[i].value);
	}
}

/* What begins with a dash here stood behind `--`, and must not become an option there. */
void
child_args(struct program *p, const struct command *c, size_t first)
{
	bool dashed = false;

	for (size_t i = first; i < c->nargs; i++)
		dashed = dashed || (c->args[i][0] == '-' && c->args[i][1] != '\0');
	if (dashed)
		program_arg(p, "--");
	for (size_t i = first; i < c->nargs; i++)
		program_arg(p, c->args[i]);
}

static int
failed(const struct program *p, enum err e)
{
	return say_failed("cannot run %s: %s", p->path, say_why(e));
}

int
child_exec(struct program *p)
{
	enum err e;
	int code;

	fflush(stdout);
	e = program_exec(p);
	code = failed(p, e);
	program_release(p);
	return code;
}

static void
close_both(int fd[2])
{
	for (int i = 0; i < 2; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
		fd[i] = -1;
	}
}

/* The input is small (a token), so it fits the pipe before anybody reads. */
static enum err
fill(int in[2], struct view input)
{
	enum err e = pipe2(in, O_CLOEXEC) == 0 ? ERR_OK : ERR_IO;

	if (e == ERR_OK)
		e = fs_write_all(in[1], input);
	if (e == ERR_OK) {
		close(in[1]);
		in[1] = -1;
	}
	return e;
}

int
child_run(struct program *p, const struct view *input, struct buf *output)
{
	struct program_start how = { -1, -1, false };
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, code = FAILED;
	pid_t pid = -1;
	enum err e = ERR_OK;

	fflush(stdout);
	if (input != NULL && (e = fill(in, *input)) != ERR_OK)
		goto out;
	if (output != NULL && pipe2(out, O_CLOEXEC) != 0) {
		e = ERR_IO;
		goto out;
	}
	how.in = in[0];
	how.out = out[1];
	if ((e = program_start(p, &how, &pid)) != ERR_OK)
		goto out;
	if (output != NULL) {
		close(out[1]);
		out[1] = -1;
		e = fs_readfd(out[0], output);
		/* a child that says too much must not wait for us for ever */
		close_both(out);
	}
	if (program_wait(pid, &code) != ERR_OK)
		e = ERR_IO;
	else if (code > 128)
		say_failed("%s was killed by signal %d", p->argv[0], code - 128);
out:
	if (e != ERR_OK)
		failed(p, e);
	close_both(in);
	close_both(out);
	program_release(p);
	return e != ERR_OK || code > 128 ? FAILED : code;
}

/* ---- what it says on stderr ---------------------------------------------------------- */

/* It inherits our stderr, which is another one meanwhile. */
static enum err
start_with_stderr(struct program *p, const struct program_start *how, int err, pid_t *pid)
{
	int ours = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	enum err e = ERR_IO;

	if (ours < 0)
		return ERR_IO;
	if (dup2(err, STDERR_FILENO) >= 0)
		e = program_start(p, how, pid);
	(void)dup2(ours, STDERR_FILENO);
	close(ours);
	return e;
}

/* The lines that are whole; the rest stays in io. */
static void
give_lines(struct buf *io, struct buf *trouble, child_line_fn *fn, void *arg)
{
	size_t end;

	while ((end = view_chr(buf_view(io), '\n')) < io->len) {
		struct view line = view_slice(buf_view(io), 0, end);

		fn(arg, line);
		/* the last words are the ones that count */
		if (trouble->len + line.len >= trouble->cap)
			buf_reset(trouble);
		buf_addv(trouble, line);
		buf_addc(trouble, '\n');
		buf_consume(io, end + 1);
	}
}

static void
read_lines(int fd, struct buf *trouble, child_line_fn *fn, void *arg)
{
	struct buf piece = BUF_INIT(4 * LINE_PIECE);
	unsigned char b[LINE_PIECE];
	ssize_t n;

	while ((n = read(fd, b, sizeof b)) > 0 || (n < 0 && errno == EINTR)) {
		buf_add(&piece, b, n > 0 ? (size_t)n : 0);
		give_lines(&piece, trouble, fn, arg);
		if (piece.len >= LINE_PIECE) /* no line of ours is that long */
			buf_reset(&piece);
	}
	buf_addc(&piece, '\n');
	give_lines(&piece, trouble, fn, arg);
	buf_release(&piece);
}

int
child_trouble(struct program *p, struct buf *trouble, child_line_fn *fn, void *arg)
{
	struct program_start how = { -1, -1, false };
	int out[2] = { -1, -1 }, code = FAILED;
	pid_t pid = -1;
	enum err e;

	fflush(stdout);
	e = pipe2(out, O_CLOEXEC) == 0 ? ERR_OK : ERR_IO;
	if (e == ERR_OK)
		e = start_with_stderr(p, &how, out[1], &pid);
	if (e != ERR_OK)
		goto out;
	close(out[1]);
	out[1] = -1;
	read_lines(out[0], trouble, fn, arg);
	if (program_wait(pid, &code) != ERR_OK)
		e = ERR_IO;
	else if (code > 128)
		say_failed("%s was killed by signal %d", p->argv[0], code - 128);
out:
	if (e != ERR_OK)
		failed(p, e);
	close_both(out);
	program_release(p);
	return e != ERR_OK || code > 128 ? FAILED : code;
}
