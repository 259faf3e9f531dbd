/* Every article of the corpus goes through the parser: the same bytes each time, or a
 * fault; what is missing afterwards is what docs/article.md lists, by a second and slow
 * implementation that shares no code with the first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <zstd.h>

#include "lib/article.h"
#include "lib/fs.h"
#include "lib/text.h"

#define PACK "/corpus/articles-open.tar.zst"
#define PACK_MAX (64u << 20)
#define CORPUS_MAX (512u << 20)
#define DOCS "docs/article.md"
#define NAMES_MAX 100

struct corpus {
	struct buf tar;
	struct buf docs;
	struct view names[NAMES_MAX]; /* of trace fields, '*' at the end of a family */
	size_t count;
};

static struct view
pack_path(struct buf *b)
{
	const char *shared = getenv("SHARED");

	buf_adds(b, shared == NULL ? "../shared" : shared);
	buf_adds(b, PACK);
	return view_str(buf_cstr(b));
}

static void
unpack(struct view zst, struct buf *out)
{
	ZSTD_DCtx *d = ZSTD_createDCtx();
	ZSTD_inBuffer in = { zst.p, zst.len, 0 };
	size_t room = 1 << 20, r = 1;

	ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, 27);
	while (in.pos < in.size || r > 0) {
		ZSTD_outBuffer o = { buf_grow(out, room), room, 0 };

		assert_non_null(o.dst);
		r = ZSTD_decompressStream(d, &o, &in);
		assert_false(ZSTD_isError(r));
		buf_truncate(out, out->len - (room - o.pos));
		if (o.pos == 0 && in.pos == in.size)
			break;
	}
	ZSTD_freeDCtx(d);
}

/* Takes the next file of the archive (ustar: a header of 512 bytes, then the content). */
static bool
next_file(struct view *tar, struct view *name, struct view *content)
{
	struct view head;
	size_t size;

	while (view_take(tar, 512, &head) == ERR_OK && head.p[0] != '\0') {
		size = 0;
		for (size_t i = 124; i < 135; i++)
			size = size * 8 + (head.p[i] - (size_t)'0');
		assert_int_equal(view_take(tar, size, content), ERR_OK);
		*tar = view_slice(*tar, (512 - size % 512) % 512, tar->len);
		*name = view_slice(head, 0, view_chr(view_slice(head, 0, 100), '\0'));
		if (head.p[156] == '0')
			return true;
	}
	return false;
}

static void
read_names(struct corpus *c)
{
	struct view rest = buf_view(&c->docs), line;

	while (text_line(&rest, &line) && !view_eqs(line, "```trace"))
		;
	while (text_line(&rest, &line) && !view_eqs(line, "```")) {
		assert_true(c->count < NAMES_MAX);
		c->names[c->count++] = line;
	}
	assert_true(c->count > 0);
}

static int
setup(void **state)
{
	static struct corpus c = { .tar = BUF_INIT(CORPUS_MAX),
		.docs = BUF_INIT(1 << 20) };
	struct buf path = BUF_INIT(4096), zst = BUF_INIT(PACK_MAX);

	pack_path(&path);
	if (fs_read(buf_cstr(&path), &zst) != ERR_OK || fs_read(DOCS, &c.docs) != ERR_OK)
		return -1;
	unpack(buf_view(&zst), &c.tar);
	read_names(&c);
	buf_release(&zst);
	buf_release(&path);
	*state = &c;
	return 0;
}

static int
teardown(void **state)
{
	struct corpus *c = *state;

	buf_release(&c->tar);
	buf_release(&c->docs);
	return 0;
}

/* Lines end with LF in the corpus, but for what is about line ends. */
static void
to_wire(struct view v, struct buf *out)
{
	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] == '\n')
			buf_addc(out, '\r');
		buf_addc(out, v.p[i]);
	}
}

static bool
listed(const struct corpus *c, const unsigned char *name, size_t len)
{
	for (size_t i = 0; i < c->count; i++) {
		const char *t = (const char *)c->names[i].p;
		size_t n = c->names[i].len;

		if (t[n - 1] == '*'
			? len >= n - 1 && strncasecmp((const char *)name, t, n - 1) == 0
			: len == n && strncasecmp((const char *)name, t, n) == 0)
			return true;
	}
	return false;
}

/* The second implementation: line by line, each with its own decision. */
static void
slow_clean(const struct corpus *c, struct view raw, struct buf *out)
{
	bool head = true, drop = false;
	size_t at = 0, end, colon;

	while (at < raw.len) {
		for (end = at; end < raw.len && raw.p[end] != '\n'; end++)
			;
		end += end < raw.len;
		if (head && raw.p[at] != ' ' && raw.p[at] != '\t') {
			for (colon = at; colon < end && raw.p[colon] != ':'; colon++)
				;
			drop = colon < end && listed(c, raw.p + at, colon - at);
			head = !(end - at == 2 && raw.p[at] == '\r');
		}
		if (!head || !drop)
			buf_add(out, raw.p + at, end - at);
		at = end;
	}
}

static void
assert_inside(struct view part, struct view whole)
{
	assert_true(part.len == 0 ||
	    (part.p >= whole.p && part.p + part.len <= whole.p + whole.len));
}

static void
check_parsed(const struct article *a, struct view bytes, struct buf *line)
{
	const struct view parts[] = { a->head, a->body, a->from, a->subject, a->datetext,
		a->newsgroups, a->references, a->followup_to, a->supersedes, a->control,
		a->expires, a->distribution, a->approved };
	size_t tabs = 0;

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		assert_inside(parts[i], bytes);
	assert_int_equal(a->head.len + 2 + a->body.len, bytes.len);
	buf_reset(line);
	article_overview(a, bytes.len, line);
	for (size_t i = 0; i < line->len; i++) {
		assert_true(
		    line->p[i] != '\r' && line->p[i] != '\n' && line->p[i] != '\0');
		tabs += line->p[i] == '\t';
	}
	assert_int_equal(tabs, 6);
}

/* Cleans and parses twice; answers the fault, the same both times. */
static enum fault
check(const struct corpus *c, struct view raw)
{
	struct buf once = BUF_INIT(4 << 20), twice = BUF_INIT(4 << 20),
		   slow = BUF_INIT(4 << 20);
	struct article a, b;
	enum fault why, again;
	enum err e = article_clean(raw, &once, &why);

	assert_int_equal(e == ERR_OK, why == FAULT_NONE);
	assert_int_equal(article_clean(raw, &twice, &again), e);
	assert_int_equal(why, again);
	assert_true(view_eq(buf_view(&once), buf_view(&twice)));
	if (e != ERR_OK) {
		assert_int_equal(once.len, 0);
		goto out;
	}
	slow_clean(c, raw, &slow);
	assert_true(view_eq(buf_view(&once), buf_view(&slow)));
	assert_int_equal(article_parse(buf_view(&once), &a, &again), ERR_OK);
	check_parsed(&a, buf_view(&once), &slow);
	buf_reset(&twice);
	assert_int_equal(article_clean(a.bytes, &twice, &again), ERR_OK);
	assert_int_equal(article_parse(buf_view(&twice), &b, &again), ERR_OK);
	assert_memory_equal(a.hash, b.hash, sizeof a.hash);
	assert_string_equal(a.msgid, b.msgid);
out:
	buf_release(&slow);
	buf_release(&twice);
	buf_release(&once);
	return why;
}

/* Sends a folder through check and prints the counts; answers how many in *all. */
static size_t
run(struct corpus *c, const char *folder, bool as_stored, size_t *all)
{
	size_t counts[FAULT_COUNT] = { 0 };
	struct view tar = buf_view(&c->tar), name, content;
	struct buf wire = BUF_INIT(4 << 20);

	*all = 0;
	while (next_file(&tar, &name, &content)) {
		size_t at = view_find(name, folder);

		if (at == name.len)
			continue;
		buf_reset(&wire);
		if (as_stored || view_find(name, "/synth.") < name.len)
			buf_addv(&wire, content);
		else
			to_wire(content, &wire);
		assert_int_equal(buf_err(&wire), ERR_OK);
		counts[check(c, buf_view(&wire))]++;
		++*all;
	}
	for (int i = 0; i < FAULT_COUNT; i++)
		if (counts[i] > 0)
			printf("# %s%s %s %zu\n", folder, as_stored ? " as stored" : "",
			    i == FAULT_NONE ? "accepted" : fault_name((enum fault)i),
			    counts[i]);
	buf_release(&wire);
	return counts[FAULT_NONE];
}

static void
usenet_of_1993_is_accepted_unchanged_or_refused(void **state)
{
	size_t all, good = run(*state, "ng1993/", false, &all);

	assert_true(all > 10000);
	assert_true(all - good <= all / 1000);
}

static void
lists_are_accepted_unchanged_or_refused(void **state)
{
	size_t all, good = run(*state, "lists/", false, &all);

	assert_true(all > 5000);
	assert_true(all - good <= all / 1000);
}

static void
odd_articles_are_accepted_unchanged_or_refused(void **state)
{
	size_t all, good = run(*state, "odd/", false, &all);

	assert_true(good > 0 && good < all);
	good = run(*state, "odd/", true, &all);
	assert_true(good < all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usenet_of_1993_is_accepted_unchanged_or_refused),
		cmocka_unit_test(lists_are_accepted_unchanged_or_refused),
		cmocka_unit_test(odd_articles_are_accepted_unchanged_or_refused),
	};
	struct buf path = BUF_INIT(4096);

	if (access((const char *)pack_path(&path).p, R_OK) != 0) {
		printf("1..0 # SKIP the corpus is not here\n");
		buf_release(&path);
		return 0;
	}
	buf_release(&path);
	return cmocka_run_group_tests_name("corpus articles", tests, setup, teardown);
}
