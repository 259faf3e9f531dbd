#include "reader/bulletin.h"

#include <string.h>

#include "lib/fs.h"
#include "lib/group.h"
#include "lib/log.h"
#include "lib/text.h"
#include "lib/wildmat.h"
#include "reader/syntax.h"

typedef bool line_fn(struct view line, struct buf *out);
static line_fn add_text, add_subscription, add_distribution, add_pattern, add_moderator;

static const struct {
	const char *file;
	line_fn *add;
	bool whole; /* empty lines and # are text, too */
} kinds[BULLETINS] = {
	[BULLETIN_MOTD] = { "motd", add_text, true },
	[BULLETIN_SUBSCRIPTIONS] = { "subscriptions", add_subscription, false },
	[BULLETIN_DISTRIBUTIONS] = { "distributions", add_distribution, false },
	[BULLETIN_DISTRIB_PATS] = { "distrib.pats", add_pattern, false },
	[BULLETIN_MODERATORS] = { "moderators", add_moderator, false },
};

void
bulletins_init(struct bulletins *b)
{
	*b = (struct bulletins){ 0 };
	for (size_t i = 0; i < BULLETINS; i++)
		buf_init(&b->of[i].text, BULLETIN_MAX);
}

void
bulletins_release(struct bulletins *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < BULLETINS; i++)
		buf_release(&b->of[i].text);
}

const char *
bulletin_file(enum bulletin_kind k)
{
	return kinds[k].file;
}

bool
bulletin_is_file(const char *name)
{
	for (size_t i = 0; i < BULLETINS; i++)
		if (strcmp(kinds[i].file, name) == 0)
			return true;
	return false;
}

static bool
add_text(struct view line, struct buf *out)
{
	buf_addv(out, line);
	return true;
}

static bool
add_subscription(struct view line, struct buf *out)
{
	buf_addv(out, line);
	return group_valid(line);
}

static bool
distributions(struct view v)
{
	return syntax_fault(F_DISTRIBUTION, v) == NULL;
}

static bool
add_distribution(struct view line, struct buf *out)
{
	struct view name, rest = line;

	if (!text_word(&rest, &name) || view_chr(name, ',') < name.len ||
	    !distributions(name))
		return false;
	rest = text_trim(rest);
	buf_addv(out, name);
	buf_addc(out, '\t');
	buf_addv(out, rest);
	return rest.len > 0;
}

static bool
add_pattern(struct view line, struct buf *out)
{
	size_t one = view_chr(line, ':');
	struct view rest = view_slice(line, one + 1, line.len);
	size_t two = view_chr(rest, ':');
	uint64_t weight;

	buf_addv(out, line);
	return text_num(view_slice(line, 0, one), 0, INT32_MAX, &weight) == ERR_OK &&
	    wildmat_valid(view_slice(rest, 0, two)) &&
	    distributions(view_slice(rest, two + 1, rest.len));
}

static bool
add_moderator(struct view line, struct buf *out)
{
	size_t colon = view_chr(line, ':');
	struct view address = view_slice(line, colon + 1, line.len), word;

	buf_addv(out, line);
	return wildmat_valid(view_slice(line, 0, colon)) && text_word(&address, &word) &&
	    address.len == 0 && view_chr(word, '@') < word.len;
}

/* Controls would reach terminals. */
static bool
plain(struct view line)
{
	for (size_t i = 0; i < line.len; i++)
		if ((line.p[i] < ' ' && line.p[i] != '\t') || line.p[i] == 0x7f)
			return false;
	return text_utf8(line);
}

enum err
bulletin_parse(enum bulletin_kind k, struct view file, struct buf *out, unsigned *number)
{
	struct view line;
	size_t from = out->len;

	*number = 0;
	while (text_line(&file, &line)) {
		++*number;
		if (!plain(line))
			goto bad;
		if (!kinds[k].whole) {
			line = text_trim(line);
			if (line.len == 0 || line.p[0] == '#')
				continue;
		}
		if (!kinds[k].add(line, out))
			goto bad;
		buf_add(out, "\r\n", 2);
	}
	return buf_err(out);
bad:
	buf_truncate(out, from);
	return ERR_SYNTAX;
}

static void
load_one(const struct node *n, enum bulletin_kind k, struct bulletins *b)
{
	struct buf file = BUF_INIT(BULLETIN_MAX), shown = BUF_INIT(BULLETIN_MAX);
	unsigned line = 0;
	enum err e = fs_read(NODE_PATH(n, "gateway/%s", kinds[k].file), &file);

	if (e == ERR_NOTFOUND) {
		b->of[k].there = false;
		buf_reset(&b->of[k].text);
		goto out;
	}
	if (e == ERR_OK)
		e = bulletin_parse(k, buf_view(&file), &shown, &line);
	if (e != ERR_OK) {
		log_at(LOG_ERROR,
		    "file=gateway/%s line=%u error=\"%s\": LIST keeps what it had; "
		    "docs/nntp.md has the form",
		    kinds[k].file, line, err_text(e));
		goto out;
	}
	buf_reset(&b->of[k].text);
	buf_addv(&b->of[k].text, buf_view(&shown));
	b->of[k].there = true;
out:
	buf_release(&file);
	buf_release(&shown);
}

void
bulletins_load(const struct node *n, struct bulletins *b)
{
	for (int k = 0; k < BULLETINS; k++)
		load_one(n, (enum bulletin_kind)k, b);
}

void
bulletins_pack(const struct bulletins *b, struct buf *out)
{
	for (size_t i = 0; i < BULLETINS; i++) {
		buf_addc(out, b->of[i].there);
		buf_addu32(out, (uint32_t)b->of[i].text.len);
		buf_addv(out, buf_view(&b->of[i].text));
	}
}

enum err
bulletins_unpack(struct view in, struct bulletins *b)
{
	struct view text[BULLETINS];
	uint8_t there[BULLETINS];
	uint32_t len;

	for (size_t i = 0; i < BULLETINS; i++)
		if (view_u8(&in, &there[i]) != ERR_OK || there[i] > 1 ||
		    view_u32(&in, &len) != ERR_OK || len > BULLETIN_MAX ||
		    view_take(&in, len, &text[i]) != ERR_OK)
			return ERR_SYNTAX;
	if (in.len > 0)
		return ERR_SYNTAX;
	for (size_t i = 0; i < BULLETINS; i++) {
		b->of[i].there = there[i] == 1;
		buf_reset(&b->of[i].text);
		buf_addv(&b->of[i].text, text[i]);
	}
	return ERR_OK;
}
