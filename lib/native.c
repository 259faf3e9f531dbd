#include "lib/native.h"

#include <string.h>

#include "lib/b32.h"
#include "lib/date.h"
#include "lib/group.h"
#include "lib/msgid.h"
#include "lib/rune.h"
#include "lib/text.h"

#define FIRST "Hearsay-Article: "
#define HOST "@hearsay.invalid"
#define KEY_BYTES 10 /* of the author key in From: 80 bits */
#define KEY_LEN B32_LEN(KEY_BYTES)

/* The form: these fields in this order and no other. */
enum field {
	FROM,
	NEWSGROUPS,
	SUBJECT,
	DATE,
	REFERENCES,
	REPLY_TO,
	FOLLOWUP_TO,
	SUPERSEDES,
	CONTROL,
	DISTRIBUTION,
	EXPIRES,
	KEYWORDS,
	SUMMARY,
	MIME_VERSION,
	CONTENT_TYPE,
	CONTENT_TRANSFER_ENCODING,
	CONTENT_LANGUAGE,
	CONTENT_DISPOSITION,
	CANCEL_LOCK,
	CANCEL_KEY,
	AUTHOR,
	FIELDS
};

static const char *const names[FIELDS] = {
	[FROM] = "From",
	[NEWSGROUPS] = "Newsgroups",
	[SUBJECT] = "Subject",
	[DATE] = "Date",
	[REFERENCES] = "References",
	[REPLY_TO] = "Reply-To",
	[FOLLOWUP_TO] = "Followup-To",
	[SUPERSEDES] = "Supersedes",
	[CONTROL] = "Control",
	[DISTRIBUTION] = "Distribution",
	[EXPIRES] = "Expires",
	[KEYWORDS] = "Keywords",
	[SUMMARY] = "Summary",
	[MIME_VERSION] = "MIME-Version",
	[CONTENT_TYPE] = "Content-Type",
	[CONTENT_TRANSFER_ENCODING] = "Content-Transfer-Encoding",
	[CONTENT_LANGUAGE] = "Content-Language",
	[CONTENT_DISPOSITION] = "Content-Disposition",
	[CANCEL_LOCK] = "Cancel-Lock",
	[CANCEL_KEY] = "Cancel-Key",
	[AUTHOR] = "Hearsay-Author",
};

bool
native_claimed(struct view bytes)
{
	return view_starts(bytes, "Hearsay-Article:");
}

void
article_native_id(const unsigned char hash[DIGEST_LEN], char out[MSGID_MAX + 1])
{
	struct buf b = BUF_INIT(MSGID_MAX);
	const char *s;

	buf_addc(&b, '<');
	b32_lower(&b, (struct view){ hash, DIGEST_LEN });
	buf_adds(&b, HOST ">");
	s = buf_cstr(&b);
	/* without memory there is no id, which no lookup finds and no article has */
	memcpy(out, s == NULL ? "" : s, s == NULL ? 1 : b.len + 1);
	buf_release(&b);
}

void
article_address(
    struct buf *b, struct view name, const unsigned char author[ARTICLE_KEY_LEN])
{
	buf_addv(b, name);
	buf_addc(b, '.');
	b32_lower(b, (struct view){ author, KEY_BYTES });
	buf_adds(b, HOST);
}

/* "name.KEY" anywhere in a display name would look like another author's address. */
static bool
shows_key(struct view v)
{
	for (size_t i = 0, run = 0; i < v.len; i++) {
		int c = text_lower(v.p[i]);

		if (c == '.')
			run = 1;
		else if (run > 0 && ((c >= 'a' && c <= 'z') || (c >= '2' && c <= '7')))
			run++;
		else
			run = 0;
		if (run > KEY_LEN)
			return true;
	}
	return false;
}

bool
article_display(struct view v)
{
	/* RFC 5322: what needs no quotes, so From is the same in every newsreader */
	static const char refused[] = "@<>\"(),:;[]\\";

	if (v.len > DISPLAY_MAX || text_trim(v).len != v.len || !rune_plain(v) ||
	    shows_key(v))
		return false;
	for (size_t i = 0; i < sizeof refused - 1; i++)
		if (view_chr(v, refused[i]) < v.len)
			return false;
	return true;
}

static bool
local_part(struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.p[i] != '-' &&
		    (!text_isalnum(v.p[i]) || text_lower(v.p[i]) != v.p[i]))
			return false;
	return v.len >= 1 && v.len <= NAME_MAX_LEN;
}

bool
article_from(struct view v, struct view *display, struct view *name, struct view *key)
{
	size_t open = view_chr(v, '<');
	struct view d = view_slice(v, 0, open), address = view_slice(v, open + 1, v.len);
	size_t dot = view_chr(address, '.');
	struct view n = view_slice(address, 0, dot),
		    k = view_slice(address, dot + 1, KEY_LEN);
	unsigned char bits[KEY_BYTES];

	if (d.len > 0 && d.p[d.len - 1] != ' ')
		return false;
	d.len -= d.len > 0;
	if ((open > 0 && d.len == 0) || !article_display(d) || !local_part(n) ||
	    b32_decode_id(k, bits, sizeof bits) != ERR_OK ||
	    !view_eqs(view_slice(address, dot + 1 + KEY_LEN, address.len), HOST ">"))
		return false;
	*display = d;
	*name = n;
	*key = k;
	return true;
}

/* Names joined by single commas, none twice. */
static enum fault
check_names(struct view list, bool *local)
{
	struct view seen[GROUPS_NATIVE_MAX], rest = list, name;
	size_t n = 0, locals = 0, bytes = 0;

	while (article_next_group(&rest, &name)) {
		if (n == GROUPS_NATIVE_MAX)
			return FAULT_CROSSPOST;
		if (!group_valid(name))
			return FAULT_GROUPS;
		for (size_t i = 0; i < n; i++)
			if (view_eq(seen[i], name))
				return FAULT_GROUPS;
		locals += group_local(name);
		bytes += name.len + 1;
		seen[n++] = name;
	}
	if (n == 0 || bytes != list.len + 1)
		return FAULT_GROUPS; /* blanks, or a comma too many */
	*local = locals > 0;
	return locals > 0 && locals < n ? FAULT_LOCAL_MIX : FAULT_NONE;
}

/* local.* never leaves its node, so nothing native is posted or led there. */
static enum fault
check_groups(struct view groups, struct view followup)
{
	bool local = false;
	enum fault f;

	if ((f = check_names(groups, &local)) != FAULT_NONE)
		return f;
	if (local)
		return FAULT_GROUPS;
	if (followup.len == 0 || view_eqs(followup, "poster"))
		return FAULT_NONE;
	if ((f = check_names(followup, &local)) != FAULT_NONE)
		return f;
	return local ? FAULT_LOCAL_MIX : FAULT_NONE;
}

static bool
references_valid(struct view v)
{
	size_t n = 0;

	while (v.len > 0) {
		size_t len = view_chr(v, ' ');

		if (++n > REFERENCES_MAX || !msgid_valid(view_slice(v, 0, len)))
			return false;
		if (len + 1 == v.len)
			return false;
		v = view_slice(v, len + 1, v.len);
	}
	return true;
}

static bool
control_valid(struct view control, struct view supersedes)
{
	static const char cancel[] = "cancel ";
	struct view verb = { NULL, 0 }, rest = control;

	if (supersedes.len > 0)
		return control.len == 0 && msgid_valid(supersedes);
	if (control.len == 0)
		return true;
	if (!text_word(&rest, &verb))
		return false;
	for (size_t i = 0; i < verb.len; i++)
		if (verb.p[i] < 'a' || verb.p[i] > 'z')
			return false;
	return !view_eqs(verb, "cancel") ||
	    (view_starts(control, cancel) &&
		msgid_valid(view_slice(control, sizeof cancel - 1, control.len)));
}

/* One spelling: what date_rfc5322 writes. */
static bool
date_exact(struct view v, int64_t *out)
{
	struct buf b = BUF_INIT(64);
	int64_t t;
	bool same = false;

	if (date_parse(v, &t) == ERR_OK) {
		date_rfc5322(&b, t);
		same = view_eq(buf_view(&b), v);
	}
	if (same)
		*out = t;
	buf_release(&b);
	return same;
}

static enum fault
check_from(const struct view v[FIELDS], const unsigned char author[ARTICLE_KEY_LEN])
{
	struct view display, name, key, at;
	unsigned char bits[KEY_BYTES];

	if (!article_from(v[FROM], &display, &name, &key))
		return FAULT_FROM;
	if (b32_decode_id(key, bits, sizeof bits) != ERR_OK ||
	    memcmp(bits, author, sizeof bits) != 0)
		return FAULT_AUTHOR;
	/* a reply never goes to another persona than the author */
	at = view_slice(v[FROM], view_chr(v[FROM], '<') + 1, v[FROM].len);
	at.len--;
	if (article_reserved(v[REPLY_TO]) && !view_eq(v[REPLY_TO], v[FROM]) &&
	    !view_eq(v[REPLY_TO], at))
		return FAULT_FROM;
	return FAULT_NONE;
}

static enum fault
check_values(const struct view v[FIELDS], struct article *a)
{
	int64_t expires;
	enum fault f;

	for (size_t i = FROM; i <= DATE; i++)
		if (v[i].p == NULL)
			return FAULT_MISSING;
	if (v[AUTHOR].p == NULL ||
	    b32_decode_id(v[AUTHOR], a->author, sizeof a->author) != ERR_OK)
		return FAULT_AUTHOR;
	if ((f = check_from(v, a->author)) != FAULT_NONE)
		return f;
	if ((f = check_groups(v[NEWSGROUPS], v[FOLLOWUP_TO])) != FAULT_NONE)
		return f;
	if (!date_exact(v[DATE], &a->date) ||
	    (v[EXPIRES].len > 0 && !date_exact(v[EXPIRES], &expires)))
		return FAULT_DATE;
	if (!references_valid(v[REFERENCES]))
		return FAULT_REFERENCES;
	return control_valid(v[CONTROL], v[SUPERSEDES]) ? FAULT_NONE : FAULT_CONTROL;
}

/* Of the value: trimmed, no control but TAB. The head was seen to be UTF-8. */
static bool
value_exact(struct view v)
{
	if (text_trim(v).len != v.len)
		return false;
	for (size_t i = 0; i < v.len; i++)
		if ((v.p[i] < ' ' && v.p[i] != '\t') || v.p[i] == 0x7f ||
		    (v.p[i] == 0xc2 && v.p[i + 1] < 0xa0))
			return false;
	return true;
}

/* "Name: value" or "Name:" */
static bool
split_line(struct view line, struct view *name, struct view *value)
{
	size_t colon = view_chr(line, ':');

	*name = view_slice(line, 0, colon);
	*value = view_slice(line, colon + 1, line.len);
	if (colon == line.len || (value->len > 0 && value->p[0] != ' '))
		return false;
	if (value->len == 1)
		return false;
	*value = view_slice(*value, 1, value->len);
	return true;
}

static enum fault
read_fields(struct view head, struct view v[FIELDS])
{
	struct view line, name, value;
	size_t i = 0;

	while (text_line(&head, &line)) {
		if (line.len > LINE_MAX_ARTICLE)
			return FAULT_HEADERBIG;
		if (!split_line(line, &name, &value) || !value_exact(value))
			return FAULT_ORDER;
		while (i < FIELDS && !view_eqs(name, names[i]))
			i++;
		/* a field without a value is left out, only a Subject may be empty */
		if (i == FIELDS || (value.len == 0 && i != SUBJECT))
			return FAULT_ORDER;
		v[i++] = value;
	}
	return FAULT_NONE;
}

/* A version that is not ours: only what a relay needs is read. */
static enum fault
read_opaque(struct view head, struct article *a)
{
	struct view line, name, value, v[FIELDS] = { 0 };

	while (text_line(&head, &line)) {
		if (!split_line(line, &name, &value))
			continue;
		for (size_t i = 0; i < FIELDS; i++) {
			if ((i != NEWSGROUPS && i != AUTHOR) || !view_eqs(name, names[i]))
				continue;
			if (v[i].p != NULL)
				return FAULT_DOUBLED;
			v[i] = value;
		}
	}
	if (v[NEWSGROUPS].p == NULL)
		return FAULT_MISSING;
	if (v[AUTHOR].p == NULL ||
	    b32_decode_id(v[AUTHOR], a->author, sizeof a->author) != ERR_OK)
		return FAULT_AUTHOR;
	a->newsgroups = v[NEWSGROUPS];
	return check_groups(v[NEWSGROUPS], v[FOLLOWUP_TO]);
}

static enum fault
read_version_1(struct view head, struct article *a)
{
	struct view v[FIELDS] = { 0 };
	enum fault f;

	if (!text_utf8(head))
		return FAULT_UTF8;
	if ((f = read_fields(head, v)) != FAULT_NONE)
		return f;
	if ((f = check_values(v, a)) != FAULT_NONE)
		return f;
	a->from = v[FROM];
	a->subject = v[SUBJECT];
	a->datetext = v[DATE];
	a->newsgroups = v[NEWSGROUPS];
	a->references = v[REFERENCES];
	a->followup_to = v[FOLLOWUP_TO];
	a->supersedes = v[SUPERSEDES];
	a->control = v[CONTROL];
	a->expires = v[EXPIRES];
	a->distribution = v[DISTRIBUTION];
	a->cancel_lock = v[CANCEL_LOCK];
	a->cancel_key = v[CANCEL_KEY];
	return FAULT_NONE;
}

enum fault
native_parse(struct article *a)
{
	struct view rest = a->head, line, digits;
	uint64_t version;
	enum fault f;

	if (!text_line(&rest, &line) || !view_starts(line, FIRST))
		return FAULT_ORDER;
	digits = view_slice(line, sizeof FIRST - 1, line.len);
	if (text_num(digits, 1, 999999999, &version) != ERR_OK || digits.p[0] == '0')
		return FAULT_ORDER;
	f = version == 1 ? read_version_1(rest, a) : read_opaque(rest, a);
	if (f != FAULT_NONE)
		return f;
	a->native = true;
	a->version = (unsigned)version;
	digest_sha256(a->bytes, a->hash);
	article_native_id(a->hash, a->msgid);
	return FAULT_NONE;
}

static void
add_field(struct buf *out, enum field i, struct view value)
{
	buf_adds(out, names[i]);
	buf_adds(out, value.len > 0 ? ": " : ":");
	buf_addv(out, value);
	buf_adds(out, "\r\n");
}

static void
add_from(const struct native *n, struct buf *out)
{
	buf_addv(out, n->display);
	buf_adds(out, n->display.len > 0 ? " <" : "<");
	article_address(out, n->name, n->author);
	buf_addc(out, '>');
}

/* Writes the values that are not handed in as they are. */
static enum fault
make_values(const struct native *n, struct buf made[FIELDS], struct view v[FIELDS])
{
	int64_t expires;

	add_from(n, &made[FROM]);
	b32_lower(&made[AUTHOR], (struct view){ n->author, ARTICLE_KEY_LEN });
	date_rfc5322(&made[DATE], n->date);
	if (n->expires.len > 0) {
		if (date_parse(n->expires, &expires) != ERR_OK)
			return FAULT_DATE;
		date_rfc5322(&made[EXPIRES], expires);
	}
	for (size_t i = 0; i < FIELDS; i++)
		if (made[i].len > 0)
			v[i] = buf_view(&made[i]);
	if (buf_err(&made[FROM]) != ERR_OK)
		return FAULT_FROM;
	return buf_err(&made[DATE]) == ERR_OK ? FAULT_NONE : FAULT_DATE;
}

/* A line end in a value would make a field of its own out of what comes after it. */
static enum fault
write_fields(const struct view v[FIELDS], struct buf *out)
{
	buf_adds(out, FIRST "1\r\n");
	for (size_t i = 0; i < FIELDS; i++) {
		if (view_chr(v[i], '\r') < v[i].len || view_chr(v[i], '\n') < v[i].len)
			return FAULT_ORDER;
		if (v[i].len > 0 || i == SUBJECT)
			add_field(out, (enum field)i, v[i]);
	}
	buf_adds(out, "\r\n");
	return FAULT_NONE;
}

static enum fault
compose(const struct native *n, struct buf *out)
{
	struct view v[FIELDS] = {
		[NEWSGROUPS] = n->newsgroups,
		[SUBJECT] = n->subject,
		[REFERENCES] = n->references,
		[REPLY_TO] = n->reply_to,
		[FOLLOWUP_TO] = n->followup_to,
		[SUPERSEDES] = n->supersedes,
		[CONTROL] = n->control,
		[DISTRIBUTION] = n->distribution,
		[KEYWORDS] = n->keywords,
		[SUMMARY] = n->summary,
		[MIME_VERSION] = n->mime_version,
		[CONTENT_TYPE] = n->content_type,
		[CONTENT_TRANSFER_ENCODING] = n->content_transfer_encoding,
		[CONTENT_LANGUAGE] = n->content_language,
		[CONTENT_DISPOSITION] = n->content_disposition,
		[CANCEL_LOCK] = n->cancel_lock,
		[CANCEL_KEY] = n->cancel_key,
	};
	struct buf made[FIELDS] = { 0 };
	enum fault f;

	for (size_t i = 0; i < FIELDS; i++)
		made[i].cap = LINE_MAX_ARTICLE;
	if ((f = make_values(n, made, v)) == FAULT_NONE &&
	    (f = write_fields(v, out)) == FAULT_NONE)
		buf_addv(out, n->body);
	for (size_t i = 0; i < FIELDS; i++)
		buf_release(&made[i]);
	return f;
}

enum err
article_compose(const struct native *n, struct buf *out, enum fault *why)
{
	size_t start = out->len;
	struct article a;
	enum err e;

	if ((*why = compose(n, out)) != FAULT_NONE)
		e = ERR_SYNTAX;
	else if ((e = buf_err(out)) == ERR_OK)
		e = article_parse(view_slice(buf_view(out), start, out->len), &a, why);
	else if (e == ERR_TOOBIG)
		*why = FAULT_TOOBIG;
	if (e != ERR_OK)
		buf_truncate(out, start);
	return e;
}
