/* Articles: the native form that Hearsay hashes, signs and carries, and the foreign form
 * of what came from Usenet or mailing lists. docs/article.md is the specification.
 *
 * An article's bytes are exact: parsing never changes them, and bytes that are not
 * exactly one of the two forms are refused with a fault, not repaired. Lines end with
 * CRLF. */
#ifndef LIB_ARTICLE_H
#define LIB_ARTICLE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/digest.h"
#include "lib/limits.h"

/* Why an article was refused. fault_name() is stable: it is counted and shown. */
enum fault {
	FAULT_NONE = 0,
	FAULT_TOOBIG,    /* over ARTICLE_MAX */
	FAULT_HEADERBIG, /* header over HEADER_MAX, or over FIELDS_MAX fields */
	FAULT_NUL,
	FAULT_BARE_CR,
	FAULT_BARE_LF,
	FAULT_NO_BODY, /* no empty line after the header */
	FAULT_UNENDED, /* last line has no CRLF */
	FAULT_HEADER,  /* a header line that is no field and no continuation */
	FAULT_DOUBLED, /* a second one of a header that stands once */
	FAULT_MISSING, /* one of From, Date, Message-ID, Newsgroups, Subject */
	FAULT_FROM,
	FAULT_DATE,
	FAULT_MSGID,
	FAULT_GROUPS,    /* no valid newsgroup; native: an invalid one */
	FAULT_CROSSPOST, /* too many groups */
	FAULT_LOCAL_MIX, /* local.* and others together, also by Followup-To */
	FAULT_RESERVED,  /* @hearsay.invalid in a foreign article */
	FAULT_REFERENCES,
	FAULT_CONTROL,   /* Control and Supersedes together, or malformed */
	FAULT_ORDER,     /* native: not the headers in their order and spelling */
	FAULT_UTF8,      /* native: not UTF-8 */
	FAULT_AUTHOR,    /* native: Hearsay-Author or its match with From */
	FAULT_SIGNATURE, /* native: does not verify */
	FAULT_TRACE,     /* foreign, stored: a trace header that should be gone */
	FAULT_COUNT
};

const char *fault_name(enum fault); /* "bare-cr": a key of -m output */
const char *fault_text(enum fault); /* "a CR without LF": a phrase for people */

#define ARTICLE_KEY_LEN 32 /* an author's Ed25519 public key */
#define ARTICLE_SIG_LEN 64

struct article {
	struct view bytes; /* all of it */
	struct view head;  /* fields with the last one's CRLF, no empty line */
	struct view body;
	bool native;
	unsigned version;               /* native: 1, or higher and passed on unread */
	char msgid[MSGID_MAX + 1];      /* with < >, NUL-terminated */
	unsigned char hash[DIGEST_LEN]; /* SHA-256 of bytes */
	unsigned char author[ARTICLE_KEY_LEN]; /* native */
	int64_t date; /* seconds since 1970; 0 when foreign and unreadable */
	/* values as they stand (folds kept in foreign ones); len 0 when absent.
	 * supersedes is one valid Message-ID. A higher version has newsgroups alone. */
	struct view from, subject, datetext, newsgroups, references, followup_to;
	struct view supersedes, control, expires, distribution, approved, cancel_lock,
	    cancel_key;
	size_t lines; /* of the body */
};

/* Parses stored or carried bytes of either form; out's views point into bytes, which must
 * outlive it. ERR_SYNTAX or ERR_TOOBIG with *why set; *why is FAULT_NONE on success. Does
 * not check the author's signature: article_signed (lib/sign.h) does. */
enum err article_parse(struct view bytes, struct article *out, enum fault *why);

/* Makes the stored form of a foreign article from raw bytes with CRLF line ends: trace
 * headers (docs/article.md) removed, all else byte for byte; of a post to local.* only
 * Path, Xref and Hearsay-*. Appends to out, then answers as article_parse would; on a
 * fault nothing is appended. ERR_NOMEM, and a full out, are told too. */
enum err article_clean(struct view raw, struct buf *out, enum fault *why);

/* Takes the next group of a Newsgroups or Followup-To value, in order (commas and folding
 * white space between); false at the end. The name may still be invalid. */
bool article_next_group(struct view *rest, struct view *name);
/* Takes the next Message-ID of a References value, with < >, skipping what is none; false
 * at the end. */
bool article_next_ref(struct view *rest, struct view *msgid);

/* Next header field of head: name without colon, value with folds and without the last
 * CRLF, trimmed. False at the end. Never fails on a head that article_parse accepted. */
bool article_next_field(struct view *head, struct view *name, struct view *value);
/* First field of that name (any case); len 0 and p NULL when absent. */
struct view article_field(struct view head, const char *name);
/* Appends a value with its folds removed: CRLF before white space goes, nothing else. */
void article_unfold(struct view value, struct buf *out);

/* What a native article is made from. Views are UTF-8; empty ones are left out. */
struct native {
	struct view display, name; /* of From: "Ana Lima", "ana" */
	unsigned char author[ARTICLE_KEY_LEN];
	int64_t date; /* seconds since 1970; written in UTC */
	struct view newsgroups, subject, references, reply_to, followup_to, supersedes,
	    control, distribution, expires, keywords, summary, mime_version, content_type,
	    content_transfer_encoding, content_language, content_disposition, cancel_lock,
	    cancel_key;
	struct view body; /* CRLF lines, the last one ended; may be empty */
};

/* Appends the native form. ERR_SYNTAX/ERR_TOOBIG with *why when the result would not be
 * accepted by article_parse; then nothing is appended. Values are unfolded and trimmed;
 * expires is any date that date_parse reads, and written in UTC. */
enum err article_compose(const struct native *, struct buf *out, enum fault *why);

/* "name.KEY@hearsay.invalid" of a native From; KEY is 16 characters of the author key. */
void article_address(
    struct buf *, struct view name, const unsigned char author[ARTICLE_KEY_LEN]);
/* Takes a native From apart; false when it is none. KEY is 16 characters. */
bool article_from(
    struct view from, struct view *display, struct view *name, struct view *key);
/* True for a display name that may stand in a native From; the empty one too. */
bool article_display(struct view);
/* True when the value holds @hearsay.invalid in any letter case, blanks and folds in it
 * or not. */
bool article_reserved(struct view value);

/* Message-ID of a native form with this hash, with < >. */
void article_native_id(const unsigned char hash[DIGEST_LEN], char out[MSGID_MAX + 1]);

/* The overview line without number and Xref: Subject TAB From TAB Date TAB Message-ID TAB
 * References TAB :bytes TAB :lines, values unfolded, TAB, CR, LF and NUL made spaces
 * (RFC 3977 8.3.2), letters outside ASCII in a native one's as lib/mimeword.h has them.
 * bytes is the size that will be served. */
void article_overview(const struct article *, size_t bytes, struct buf *out);

#endif
