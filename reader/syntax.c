#include "reader/syntax.h"

#include "lib/date.h"
#include "lib/group.h"
#include "lib/msgid.h"
#include "lib/text.h"

typedef bool value_fn(struct view);
static value_fn mailboxes, groups, followup, distributions, date, msgid;

static const struct {
	enum field field;
	value_fn *right;
	const char *fault;
} rules[] = {
	{ F_FROM, mailboxes, "is no address: write it as Name <user@host.example>" },
	{ F_REPLY_TO, mailboxes, "is no address" },
	{ F_APPROVED, mailboxes, "is no address" },
	{ F_NEWSGROUPS, groups, "not a valid group name" },
	{ F_FOLLOWUP_TO, followup, "not a valid group name" },
	{ F_DISTRIBUTION, distributions, "names no distribution" },
	{ F_DATE, date, "is no date" },
	{ F_EXPIRES, date, "is no date" },
	{ F_MESSAGE_ID, msgid, "is malformed" },
	{ F_SUPERSEDES, msgid, "needs one Message-ID" },
};

const char *
syntax_fault(enum field f, struct view value)
{
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		if (rules[i].field == f)
			return rules[i].right(value) ? NULL : rules[i].fault;
	return NULL;
}

/* RFC 5322 3.2.3 */
static bool
dot_atom(struct view v)
{
	static const char others[] = "!#$%&'*+-/=?^_`{|}~";
	bool start = true;

	for (size_t i = 0; i < v.len; i++) {
		int c = v.p[i];

		if (c == '.' && !start)
			start = true;
		else if (text_isalnum(c) ||
		    view_chr(VIEW_LIT(others), c) < sizeof others - 1)
			start = false;
		else
			return false;
	}
	return !start;
}

/* A dot-atom, or [literal]. */
static bool
host(struct view v)
{
	if (v.len < 2 || v.p[0] != '[' || v.p[v.len - 1] != ']')
		return dot_atom(v);
	for (size_t i = 1; i < v.len - 1; i++)
		if (v.p[i] <= ' ' || v.p[i] > '~' || v.p[i] == '[' || v.p[i] == ']' ||
		    v.p[i] == '\\')
			return false;
	return true;
}

/* Length of what begins with a quote or a parenthesis and ends as it should; 0: it does not.
 * Comments nest. */
static size_t
enclosed(struct view v)
{
	bool comment = v.p[0] == '(';
	size_t depth = 1;

	for (size_t i = 1; i < v.len; i++) {
		if (v.p[i] == '\\')
			i++;
		else if (comment && v.p[i] == '(')
			depth++;
		else if (v.p[i] == (comment ? ')' : '"') && --depth == 0)
			return i + 1;
	}
	return 0;
}

/* RFC 5322 3.4.1 */
static bool
address(struct view v)
{
	size_t at;

	if (v.len > 0 && v.p[0] == '"') {
		at = enclosed(v);
		return at > 2 && at < v.len && v.p[at] == '@' &&
		    host(view_slice(v, at + 1, v.len));
	}
	at = view_chr(v, '@');
	return dot_atom(view_slice(v, 0, at)) && host(view_slice(v, at + 1, v.len));
}

/* Takes a word, a comment or <...>; false when it does not end. */
static bool
next_token(struct view *rest, struct view *token)
{
	static const char ends[] = " \t,<(";
	size_t n = 0, m;

	if (rest->p[0] == '(')
		n = enclosed(*rest);
	else if (rest->p[0] == '<')
		n = view_chr(*rest, '>') + 1;
	else
		while (n < rest->len &&
		    view_chr(VIEW_LIT(ends), rest->p[n]) == sizeof ends - 1) {
			m = rest->p[n] == '"' ? enclosed(view_slice(*rest, n, rest->len))
					      : 1;
			if (m == 0)
				return false;
			n += m;
		}
	if (n == 0 || n > rest->len)
		return false;
	*token = view_slice(*rest, 0, n);
	*rest = text_trim(view_slice(*rest, n, rest->len));
	return true;
}

/* "a@b", "a@b (Name)" or "Name <a@b>", up to a comma. */
static bool
mailbox(struct view *rest)
{
	struct view token, word = { 0 };
	size_t words = 0, angles = 0;

	while (rest->len > 0 && rest->p[0] != ',') {
		if (!next_token(rest, &token))
			return false;
		if (token.p[0] == '(')
			continue;
		if (angles > 0)
			return false;
		if (token.p[0] != '<') {
			words++;
			word = token;
		} else if (!address(view_slice(token, 1, token.len - 2)))
			return false;
		else
			angles++;
	}
	return angles == 1 || (words == 1 && address(word));
}

static bool
mailboxes(struct view v)
{
	while (mailbox(&v)) {
		if (v.len == 0)
			return true;
		v = text_trim(view_slice(v, 1, v.len));
	}
	return false;
}

/* Is each part between commas right? */
static bool
each(struct view v, value_fn *right)
{
	size_t n;

	do {
		n = view_chr(v, ',');
		if (!right(text_trim(view_slice(v, 0, n))))
			return false;
		v = view_slice(v, n + 1, v.len);
	} while (v.len > 0);
	return true;
}

static bool
ends_in_comma(struct view v)
{
	return v.len > 0 && v.p[v.len - 1] == ',';
}

static bool
groups(struct view v)
{
	return !ends_in_comma(v) && each(v, group_valid);
}

static bool
followup(struct view v)
{
	return view_eqs(v, "poster") || groups(v);
}

/* RFC 5536 3.2.4 */
static bool
distribution(struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!text_isalnum(v.p[i]) &&
		    (i == 0 || view_chr(VIEW_LIT("+-_"), v.p[i]) == 3))
			return false;
	return v.len > 0;
}

static bool
distributions(struct view v)
{
	return !ends_in_comma(v) && each(v, distribution);
}

static bool
date(struct view v)
{
	int64_t when;

	return date_parse(v, &when) == ERR_OK;
}

/* RFC 5536 3.1.3: narrower than what is taken from others */
static bool
msgid(struct view v)
{
	struct view id = view_slice(v, 1, v.len - 2);
	size_t at = view_chr(id, '@');

	return msgid_valid(v) && dot_atom(view_slice(id, 0, at)) &&
	    host(view_slice(id, at + 1, id.len));
}
