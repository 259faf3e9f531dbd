#include "lib/foreign.h"

#include <assert.h>
#include <string.h>

#include "lib/date.h"
#include "lib/group.h"
#include "lib/msgid.h"
#include "lib/text.h"

/* What a header name means here. The first ones may stand only once. */
enum what {
	OTHER,
	FROM,
	DATE,
	MSGID,
	GROUPS,
	SUBJECT,
	CONTROL,
	SENDER,
	REPLY_TO,
	FOLLOWUP,
	REFERENCES,
	SUPERSEDES,
	EXPIRES,
	DISTRIBUTION,
	APPROVED,
	CANCEL_LOCK,
	CANCEL_KEY,
	VALUES,
	TRACE = VALUES, /* how it came here: removed, but kept as posted in local.* */
	MADE,           /* made up for the newsreader: always removed */
};
#define ONCE_LAST CONTROL

/* A perfect hash of length, middle, three-quarter and last letter: two names in one slot
 * do not compile (-Woverride-init), one in the wrong slot fails test_foreign. */
#define SLOT(len, half, three, last) (((len)*4 + (half) + (three)*26 + (last)*23) & 255)
#define ROW(len, half, three, last, name, what)                                          \
	[SLOT(len, half, three, last)] = { name, what, len }

/* docs/article.md lists the same names; test_foreign compares. */
static const struct known {
	const char *name;
	unsigned char what, len;
} known[256] = {
	/* clang-format off */
	ROW(4, 'o', 'm', 'm', "From", FROM),
	ROW(4, 't', 'e', 'e', "Date", DATE),
	ROW(10, 'g', '-', 'd', "Message-ID", MSGID),
	ROW(10, 'r', 'u', 's', "Newsgroups", GROUPS),
	ROW(7, 'j', 'c', 't', "Subject", SUBJECT),
	ROW(7, 't', 'o', 'l', "Control", CONTROL),
	ROW(6, 'd', 'e', 'r', "Sender", SENDER),
	ROW(8, 'y', 't', 'o', "Reply-To", REPLY_TO),
	ROW(11, 'w', '-', 'o', "Followup-To", FOLLOWUP),
	ROW(10, 'e', 'c', 's', "References", REFERENCES),
	ROW(10, 's', 'd', 's', "Supersedes", SUPERSEDES),
	ROW(7, 'i', 'e', 's', "Expires", EXPIRES),
	ROW(12, 'b', 'i', 'n', "Distribution", DISTRIBUTION),
	ROW(8, 'o', 'e', 'd', "Approved", APPROVED),
	ROW(11, 'l', 'o', 'k', "Cancel-Lock", CANCEL_LOCK),
	ROW(10, 'l', 'k', 'y', "Cancel-Key", CANCEL_KEY),
	ROW(4, 't', 'h', 'h', "Path", MADE),
	ROW(4, 'e', 'f', 'f', "Xref", MADE),
	ROW(13, 'v', 's', 'n', "Relay-Version", TRACE),
	ROW(15, '-', 's', 'n', "Posting-Version", TRACE),
	ROW(13, 'e', 'i', 'd', "Date-Received", TRACE),
	ROW(5, 'n', 'e', 's', "Lines", TRACE),
	ROW(5, 't', 'e', 's', "Bytes", TRACE),
	ROW(14, 'o', 'd', 'e', "Injection-Date", TRACE),
	ROW(14, 'o', 'i', 'o', "Injection-Info", TRACE),
	ROW(7, 'r', 'c', 'e', "X-Trace", TRACE),
	ROW(15, 'a', 's', 'o', "X-Complaints-To", TRACE),
	ROW(17, 'i', '-', 'o', "X-Complaints-Info", TRACE),
	ROW(21, 'd', 'a', 'o', "X-Abuse-And-DMCA-Info", TRACE),
	ROW(20, 'i', 't', 's', "X-DMCA-Notifications", TRACE),
	ROW(13, 'e', 'i', 'o', "X-Server-Info", TRACE),
	ROW(10, 'r', 'n', 'o', "X-UserInfo", TRACE),
	ROW(11, 'h', 's', 'r', "X-Auth-User", TRACE),
	ROW(28, 'p', 'n', 't', "X-Original-NNTP-Posting-Host", TRACE),
	ROW(8, 'i', 'e', 'd', "Received", TRACE),
	ROW(10, 'e', 'v', 'd', "X-Received", TRACE),
	ROW(12, 'e', 's', 'f', "Received-SPF", TRACE),
	ROW(11, 'n', 'a', 'h', "Return-Path", TRACE),
	ROW(12, 'r', '-', 'o', "Delivered-To", TRACE),
	ROW(11, 'o', '-', 'o', "Envelope-To", TRACE),
	ROW(13, 'r', 'd', 'e', "Delivery-Date", TRACE),
	ROW(13, 'i', 'l', 'o', "X-Original-To", TRACE),
	ROW(14, 'e', 'd', 'o', "X-Delivered-To", TRACE),
	ROW(15, 'o', 'f', 'm', "X-Envelope-From", TRACE),
	ROW(13, 'l', 'e', 'o', "X-Envelope-To", TRACE),
	ROW(15, 'e', 'y', 'o', "X-Apparently-To", TRACE),
	ROW(22, 'i', 'e', 's', "Authentication-Results", TRACE),
	ROW(16, 'a', 'g', 'p', "X-Originating-IP", TRACE),
	ROW(14, 'r', 'd', 'o', "X-Forwarded-To", TRACE),
	ROW(15, 'r', '-', 'r', "X-Forwarded-For", TRACE),
	ROW(6, 't', 'u', 's', "Status", TRACE),
	ROW(8, 'a', 'u', 's', "X-Status", TRACE),
	ROW(5, 'u', 'i', 'd', "X-UID", TRACE),
	ROW(6, 'i', 'd', 'l', "X-UIDL", TRACE),
	ROW(16, 'a', 'a', 's', "X-Mozilla-Status", TRACE),
	ROW(17, 'a', 'a', '2', "X-Mozilla-Status2", TRACE),
	ROW(14, 'l', 'k', 's', "X-Mozilla-Keys", TRACE),
	ROW(14, '-', 'b', 's', "X-Gmail-Labels", TRACE),
	ROW(10, 't', 'r', 'd', "X-GM-THRID", TRACE),
	ROW(13, 'u', '-', 'y', "X-Account-Key", TRACE),
	ROW(14, '-', 'n', 'h', "Content-Length", TRACE),
	/* clang-format on */
};

/* Families of trace headers, by how their names begin. */
static const struct {
	const char *start;
	unsigned char what;
} families[] = {
	{ "NNTP-Posting-", TRACE },
	{ "X-NNTP-", TRACE },
	{ "X-Spam-", TRACE },
	{ "ARC-", TRACE },
	{ "Hearsay-", MADE },
};

static enum what
lookup(struct view name)
{
	const struct known *k;
	const unsigned char *p = name.p;
	size_t n = name.len;

	if (n < 4)
		return OTHER;
	k = &known[SLOT(n, (size_t)text_lower(p[n / 2]), (size_t)text_lower(p[n * 3 / 4]),
	    (size_t)text_lower(p[n - 1]))];
	if (k->len == n && view_caseeqs(name, k->name))
		return k->what;
	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
		if (text_lower(p[0]) == text_lower(families[i].start[0]) &&
		    view_casestarts(name, families[i].start))
			return families[i].what;
	return OTHER;
}

/* What the names of a Newsgroups or Followup-To value have in common. */
struct kinds {
	size_t names, valid, local;
};

static struct kinds
kinds_of(struct view value)
{
	struct kinds k = { 0 };
	struct view name;

	while (article_next_group(&value, &name)) {
		k.names++;
		k.valid += group_valid(name);
		k.local += group_local(name);
	}
	return k;
}

/* The header as it is read: the first value of each kind, and what is true of all. */
struct seen {
	struct view v[VALUES];
	size_t fields;
	bool trace, made, reserved;
	size_t followups, followups_local; /* names, "poster" not counted */
};

/* RFC 5322 2.2: printable ASCII without colon */
static bool
name_valid(struct view name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] <= ' ' || name.p[i] > '~')
			return false;
	return name.len > 0;
}

static enum fault
see(struct seen *s, enum what what, struct view value)
{
	struct kinds k;

	if (what == OTHER)
		return FAULT_NONE;
	s->trace = s->trace || what == TRACE;
	s->made = s->made || what == MADE;
	if (what >= VALUES)
		return FAULT_NONE;
	if (value.len > LINE_MAX_ARTICLE)
		return FAULT_HEADERBIG;
	if (what <= ONCE_LAST && s->v[what].p != NULL)
		return FAULT_DOUBLED;
	if (s->v[what].p == NULL)
		s->v[what] = value;
	if (what == FROM || what == SENDER || what == REPLY_TO)
		s->reserved = s->reserved || article_reserved(value);
	if (what == FOLLOWUP && !view_caseeqs(value, "poster")) {
		k = kinds_of(value);
		s->followups += k.names;
		s->followups_local += k.local;
	}
	return FAULT_NONE;
}

static enum fault
read_head(struct view head, struct seen *s)
{
	struct view name, value;
	enum fault f;

	while (article_next_field(&head, &name, &value)) {
		if (++s->fields > FIELDS_MAX)
			return FAULT_HEADERBIG;
		/* next_field gives a line without colon back whole, with its CR */
		if (!name_valid(name))
			return FAULT_HEADER;
		if ((f = see(s, lookup(name), value)) != FAULT_NONE)
			return f;
	}
	return FAULT_NONE;
}

/* Names that are not valid are skipped: real crossposts have them. */
static enum fault
check_groups(const struct seen *s, bool *local)
{
	struct kinds k = kinds_of(s->v[GROUPS]);

	*local = k.local > 0;
	if (k.names > GROUPS_FOREIGN_MAX)
		return FAULT_CROSSPOST;
	if (k.valid == 0)
		return FAULT_GROUPS;
	if (k.local > 0 && k.local < k.names)
		return FAULT_LOCAL_MIX;
	if (*local ? s->followups_local < s->followups : s->followups_local > 0)
		return FAULT_LOCAL_MIX;
	return FAULT_NONE;
}

/* Supersedes and cancel name exactly one article; any other Control is only carried. */
static enum fault
check_control(struct view control, struct view supersedes)
{
	struct view verb;

	if (supersedes.p != NULL && (control.p != NULL || !msgid_valid(supersedes)))
		return FAULT_CONTROL;
	if (control.p == NULL)
		return FAULT_NONE;
	if (!text_word(&control, &verb))
		return FAULT_CONTROL;
	if (view_caseeqs(verb, "cancel") && !msgid_valid(text_trim(control)))
		return FAULT_CONTROL;
	return FAULT_NONE;
}

static enum fault
check(const struct seen *s)
{
	bool local;
	enum fault f;

	if (s->v[FROM].p == NULL || s->v[DATE].p == NULL || s->v[MSGID].p == NULL ||
	    s->v[GROUPS].p == NULL || s->v[SUBJECT].p == NULL)
		return FAULT_MISSING;
	if (s->v[FROM].len == 0)
		return FAULT_FROM;
	if (!msgid_valid(s->v[MSGID]))
		return FAULT_MSGID;
	if ((f = check_groups(s, &local)) != FAULT_NONE)
		return f;
	/* posts to local.* are kept as posted, by whom the newsreader says */
	if ((s->reserved && !local) || article_reserved(s->v[MSGID]))
		return FAULT_RESERVED;
	if (s->made || (s->trace && !local))
		return FAULT_TRACE;
	return check_control(s->v[CONTROL], s->v[SUPERSEDES]);
}

enum fault
foreign_parse(struct article *a)
{
	struct seen s = { 0 };
	const struct view *v = s.v;
	enum fault f;

	if ((f = read_head(a->head, &s)) != FAULT_NONE || (f = check(&s)) != FAULT_NONE)
		return f;
	assert(v[MSGID].p != NULL && v[MSGID].len <= MSGID_MAX); /* msgid_valid */
	a->native = false;
	memcpy(a->msgid, v[MSGID].p, v[MSGID].len);
	a->msgid[v[MSGID].len] = '\0';
	a->from = v[FROM];
	a->subject = v[SUBJECT];
	a->datetext = v[DATE];
	a->newsgroups = v[GROUPS];
	a->references = v[REFERENCES];
	a->followup_to = v[FOLLOWUP];
	a->supersedes = v[SUPERSEDES];
	a->control = v[CONTROL];
	a->expires = v[EXPIRES];
	a->distribution = v[DISTRIBUTION];
	a->approved = v[APPROVED];
	a->cancel_lock = v[CANCEL_LOCK];
	a->cancel_key = v[CANCEL_KEY];
	if (date_parse(v[DATE], &a->date) != ERR_OK)
		a->date = 0;
	return FAULT_NONE;
}

/* The first Newsgroups decides; a second one is refused by foreign_parse anyway. */
static bool
only_local(struct view head)
{
	struct view name, value;
	struct kinds k;

	while (article_next_field(&head, &name, &value))
		if (lookup(name) == GROUPS) {
			k = kinds_of(value);
			return k.local > 0 && k.local == k.names;
		}
	return false;
}

void
foreign_clean(struct view head, struct buf *out)
{
	enum what least = only_local(head) ? MADE : TRACE;
	struct view rest = head, name, value, kept = head;

	buf_reserve(out, head.len);
	while (article_next_field(&rest, &name, &value)) {
		size_t end = (size_t)(rest.p - head.p);
		size_t start = (size_t)(name.p - head.p);
		size_t from = (size_t)(kept.p - head.p);

		if (lookup(name) < least)
			continue;
		buf_add(out, kept.p, start - from);
		kept = view_slice(head, end, head.len);
	}
	buf_addv(out, kept);
}
