/* bench_spool SPOOL FOLDER [ORDER]: stores every article file (LF lines) of FOLDER
 * in a new spool, then reads it back in each way; prints rates. ORDER: name
 * (default), random. */
#include "spool/spool.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/fs.h"

struct sample {
	char *name;
	struct buf raw;
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec / 1e6 +
	    (double)u.ru_stime.tv_sec + (double)u.ru_stime.tv_usec / 1e6;
}

static void
check(enum err e, const char *what)
{
	if (e != ERR_OK) {
		fprintf(stderr, "%s: %s\n", what, err_text(e));
		exit(1);
	}
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct sample *)a)->name, ((const struct sample *)b)->name);
}

static int
by_hash(const void *a, const void *b)
{
	unsigned char x[DIGEST_LEN], y[DIGEST_LEN];

	digest_sha256(view_str(((const struct sample *)a)->name), x);
	digest_sha256(view_str(((const struct sample *)b)->name), y);
	return memcmp(x, y, sizeof x);
}

static void
add_crlf(struct view v, struct buf *out)
{
	while (v.len > 0) {
		size_t n = view_chr(v, '\n');

		buf_addv(out, view_slice(v, 0, n));
		buf_adds(out, "\r\n");
		v = view_slice(v, n + 1, v.len);
	}
}

static size_t
load(const char *folder, struct sample **out)
{
	struct sample *all = calloc(100000, sizeof *all);
	struct buf lf = BUF_INIT(16u << 20);
	struct dirent *d;
	DIR *dir = opendir(folder);
	size_t n = 0;

	if (dir == NULL || all == NULL)
		exit(1);
	while ((d = readdir(dir)) != NULL && n < 100000) {
		char path[4096];

		snprintf(path, sizeof path, "%s/%s", folder, d->d_name);
		buf_reset(&lf);
		if (fs_read(path, &lf) != ERR_OK)
			continue;
		all[n].name = strdup(d->d_name);
		buf_init(&all[n].raw, 64u << 20);
		add_crlf(buf_view(&lf), &all[n++].raw);
	}
	closedir(dir);
	buf_release(&lf);
	*out = all;
	return n;
}

static bool
count_meta(void *arg, const struct spool_meta *m)
{
	*(uint64_t *)arg = m->arrival;
	return true;
}

static bool
count_line(
    void *arg, uint64_t number, uint64_t arrival, bool crossposted, struct view line)
{
	(void)number, (void)arrival, (void)crossposted;
	*(size_t *)arg += line.len;
	return true;
}

static void
store(struct spool *sp, struct sample *all, size_t n)
{
	struct buf clean = BUF_INIT(ARTICLE_MAX);
	size_t bytes = 0, stored = 0, refused = 0, commits = 0;
	double t0 = now(), c0 = cpu(), parse = 0, put = 0, commit = 0, t;

	check(spool_begin(sp), "begin");
	for (size_t i = 0; i < n; i++) {
		struct article a;
		enum fault why;
		struct spool_stored done;

		buf_reset(&clean);
		t = now();
		if (article_clean(buf_view(&all[i].raw), &clean, &why) != ERR_OK ||
		    article_parse(buf_view(&clean), &a, &why) != ERR_OK) {
			refused++;
			continue;
		}
		parse += now() - t;
		t = now();
		check(spool_put(sp,
			  &(struct spool_put){
			      .article = &a, .now = 1700000000, .new_groups_max = 64 },
			  &done),
		    "put");
		put += now() - t;
		stored += done.result == PUT_STORED;
		bytes += done.result == PUT_STORED ? clean.len : 0;
		if (spool_full(sp)) {
			t = now();
			check(spool_commit(sp), "commit");
			commits++;
			commit += now() - t;
			check(spool_begin(sp), "begin");
		}
	}
	check(spool_commit(sp), "commit");
	t = now() - t0;
	printf("stored=%zu refused=%zu mean=%zu seconds=%.2f per_second=%.0f cpu=%.2f "
	       "parse_us=%.1f "
	       "put_us=%.1f commits=%zu commit_ms=%.2f\n",
	    stored, refused, bytes / (stored ? stored : 1), t, (double)stored / t,
	    cpu() - c0, parse * 1e6 / (double)n, put * 1e6 / (double)n, commits,
	    commit * 1e3 / (double)(commits ? commits : 1));
	buf_release(&clean);
}

static void
read_back(struct spool *sp)
{
	struct buf out = BUF_INIT(ARTICLE_MAX);
	struct spool_group g = { 0 };
	uint64_t last, next, arrival;
	size_t n = 0, lines = 0;
	double t = now();

	check(spool_last_arrival(sp, &last), "last");
	for (uint64_t a = 1; a <= last; a++) {
		buf_reset(&out);
		check(spool_article(sp, a, &out, NULL, NULL), "article");
	}
	printf("article_by_arrival=%.0f/s\n", (double)last / (now() - t));
	t = now();
	while (spool_group_next(sp, view_str(g.name), &g) == ERR_OK)
		for (uint64_t i = g.low; i <= g.high; i++) {
			buf_reset(&out);
			if (spool_find_number(sp, g.id, i, &arrival) == ERR_OK &&
			    spool_article(sp, arrival, &out, NULL, NULL) == ERR_OK)
				n++;
		}
	printf("article_by_number=%.0f/s\n", (double)n / (now() - t));
	t = now();
	for (int round = 0; round < 5; round++)
		for (g = (struct spool_group){ 0 };
		     spool_group_next(sp, view_str(g.name), &g) == ERR_OK;)
			for (next = 1; next != 0; lines += 1)
				check(spool_over(sp, g.id, next, UINT64_MAX, 1000,
					  count_line, &(size_t){ 0 }, &next),
				    "over");
	printf("overview_rows=%.0f/s\n", (double)(5 * n) / (now() - t));
	t = now();
	for (int round = 0; round < 5; round++)
		for (uint64_t a = 0, b = 1; a != b;) {
			b = a;
			check(spool_arrivals(sp, a, 1000, count_meta, &a), "arrivals");
		}
	printf("arrivals=%.0f/s\n", (double)(5 * last) / (now() - t));
	buf_release(&out);
}

int
main(int argc, char **argv)
{
	struct sample *all = NULL;
	struct spool *sp = NULL;
	struct spool_counts c;
	struct stat st;
	uint64_t troubles;
	double t;
	size_t n;

	if (argc < 3)
		return 2;
	n = load(argv[2], &all);
	qsort(all, n, sizeof *all,
	    argc > 3 && strcmp(argv[3], "random") == 0 ? by_hash : by_name);
	check(spool_create(argv[1]), "create");
	check(spool_open(argv[1], SPOOL_WRITE, &sp), "open");
	store(sp, all, n);
	check(spool_counts(sp, &c), "counts");
	read_back(sp);
	t = now();
	check(spool_check(sp, false, NULL, NULL, &troubles), "check");
	printf("check=%.0f/s troubles=%llu\n", (double)c.articles / (now() - t),
	    (unsigned long long)troubles);
	spool_close(sp);
	if (stat(argv[1], &st) == 0)
		printf("file=%lld bytes_an_article=%lld\n", (long long)st.st_size,
		    (long long)st.st_size / (long long)(c.articles ? c.articles : 1));
	for (size_t i = 0; i < n; i++) {
		free(all[i].name);
		buf_release(&all[i].raw);
	}
	free(all);
	return 0;
}
