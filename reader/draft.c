#include "reader/draft.h"

#include "lib/text.h"

static const char *const names[F_COUNT] = {
	[F_FROM] = "From",
	[F_NEWSGROUPS] = "Newsgroups",
	[F_SUBJECT] = "Subject",
	[F_DATE] = "Date",
	[F_MESSAGE_ID] = "Message-ID",
	[F_REFERENCES] = "References",
	[F_REPLY_TO] = "Reply-To",
	[F_FOLLOWUP_TO] = "Followup-To",
	[F_SUPERSEDES] = "Supersedes",
	[F_CONTROL] = "Control",
	[F_DISTRIBUTION] = "Distribution",
	[F_EXPIRES] = "Expires",
	[F_KEYWORDS] = "Keywords",
	[F_SUMMARY] = "Summary",
	[F_MIME_VERSION] = "MIME-Version",
	[F_CONTENT_TYPE] = "Content-Type",
	[F_CONTENT_TRANSFER_ENCODING] = "Content-Transfer-Encoding",
	[F_CONTENT_LANGUAGE] = "Content-Language",
	[F_CONTENT_DISPOSITION] = "Content-Disposition",
	[F_CANCEL_LOCK] = "Cancel-Lock",
	[F_CANCEL_KEY] = "Cancel-Key",
	[F_APPROVED] = "Approved",
	[F_PATH] = "Path",
	[F_XREF] = "Xref",
	[F_INJECTION_INFO] = "Injection-Info",
};

const char *
field_name(enum field f)
{
	return names[f];
}

void
draft_init(struct draft *d)
{
	*d = (struct draft){ 0 };
	buf_init(&d->text, HEADER_MAX);
}

void
draft_release(struct draft *d)
{
	if (d != NULL)
		buf_release(&d->text);
}

/* RFC 5322 2.2: printable ASCII without colon */
static bool
name_valid(struct view name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] < 33 || name.p[i] > 126)
			return false;
	return name.len > 0;
}

/* One field with its continuation lines; false when it is none. */
static bool
next_field(struct view *head, struct view *name, struct view *value)
{
	size_t end = 0, colon;
	bool has_colon, blank = false;

	do {
		struct view line = view_slice(*head, end, head->len);

		line = view_slice(line, 0, view_find(line, "\r\n"));
		blank = blank || text_trim(line).len == 0;
		end += line.len + 2;
	} while (end < head->len && text_isspace(head->p[end]));
	*value = view_slice(*head, 0, end - 2);
	*head = view_slice(*head, end, head->len);
	colon = view_chr(*value, ':');
	has_colon = colon < value->len;
	*name = view_slice(*value, 0, colon);
	*value = view_slice(*value, colon + 1, value->len);
	/* RFC 5536 2.2: no line of blanks alone */
	return has_colon && !blank && name_valid(*name);
}

static enum field
field_of(struct view name)
{
	enum field f = 0;

	while (f < F_COUNT && !view_caseeqs(name, names[f]))
		f++;
	return f;
}

enum err
draft_parse(struct draft *d, struct view raw, const char **why, enum field *field)
{
	size_t split = view_find(raw, "\r\n\r\n");
	struct view rest, name, value;

	*why = "no empty line between header and body";
	*field = F_COUNT;
	if (split == raw.len)
		return ERR_SYNTAX;
	d->head = rest = view_slice(raw, 0, split + 2);
	d->body = view_slice(raw, split + 4, raw.len);
	*why = "the header is over 64 KiB";
	if (d->head.len > HEADER_MAX)
		return ERR_SYNTAX;
	/* values never take more than the header: the views into text stay good */
	buf_reserve(&d->text, d->head.len);
	while (rest.len > 0 && buf_err(&d->text) == ERR_OK) {
		size_t from = d->text.len;

		*why = "a header line that is none";
		*field = F_COUNT;
		if (!next_field(&rest, &name, &value))
			return ERR_SYNTAX;
		if ((*field = field_of(name)) == F_COUNT)
			continue;
		/* RFC 5536 2.2; others, which go no further, may be as they are */
		*why = "needs a blank behind its colon";
		if (value.len > 0 && value.p[0] != ' ' && value.p[0] != '\r')
			return ERR_SYNTAX;
		*why = "appears twice";
		if (d->value[*field].p != NULL)
			return ERR_SYNTAX;
		article_unfold(value, &d->text);
		d->value[*field] =
		    text_trim(view_slice(buf_view(&d->text), from, d->text.len));
	}
	return buf_err(&d->text);
}
