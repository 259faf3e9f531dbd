/* Every limit of Hearsay, with its reason. Sizes are bytes unless said otherwise. */
#ifndef LIB_LIMITS_H
#define LIB_LIMITS_H

/* articles */
#define ARTICLE_MAX (1u << 20) /* keeps a 9600 baud link under 20 minutes */
#define HEADER_MAX (64u << 10) /* a header is read whole before anything is decided */
#define LINE_MAX_ARTICLE 16384 /* one unfolded header field that we read the value of */
#define MSGID_MAX 250          /* RFC 3977 3.6 */
#define GROUP_MAX 128          /* group name; leaves room in every command line */
#define GROUPS_NATIVE_MAX 16   /* crosspost of a native article */
#define GROUPS_FOREIGN_MAX 64  /* crosspost of a foreign one: real ones reach 40 */
#define REFERENCES_MAX 64      /* Message-IDs kept of References, first and last */
#define FIELDS_MAX 1000        /* header fields of one article */
#define DISPLAY_MAX 64         /* display name in From, UTF-8 */

/* names of friends, personas and files */
#define NAME_MAX_LEN 32

/* NNTP */
#define LINE_MAX_NNTP 512      /* RFC 3977 3.1, with CRLF */
#define STEP_BYTES (64u << 10) /* output of one turn, so that nobody waits */
#define STEP_ROWS 1000         /* rows examined in one turn */
#define SEARCH_HITS_MAX 10000  /* the newest ones of a search: 80 KB of a session */
#define FEED_WINDOW                                                                      \
	(4u << 20) /* of a feed's articles under way: one transaction's worth */

/* batches: chunk plain text is at most 64 KiB, or one article with its item header */
#define CHUNK_PLAIN (64u << 10)
#define CHUNK_LINE (2u << 10) /* on a serial line: a lost carrier costs twice that */
#define LARGE_LINE (4u << 10) /* there, what is larger waits for all that is smaller */
#define CHUNK_ITEMS_MAX 65535 /* item index is u16 in acknowledgements */
#define CHUNK_MAX (ARTICLE_MAX + (64u << 10) + (4u << 10)) /* plain, sealed and framed */
#define ENVELOPE_CHUNKS 16          /* header names at most these many */
#define ENVELOPE_STEP 4096          /* envelopes start at these steps of a stick file */
#define STICK_FILE_MIN (64u << 10)  /* smallest bucket: one post looks like twenty */
#define STICK_FILE_MAX (1ull << 30) /* one file; more goes into the next */

/* friends */
#define FRIENDS_MAX 1024
#define ROOTS_MAX 8    /* roots of one friend at a time: provisional, agreed, crossing */
#define PREKEYS_MAX 64 /* private halves kept a root */
#define HINTS_MAX 8    /* addresses in a token */
#define HINT_MAX 128   /* one address */
#define WILDMATS_MAX 256        /* patterns in one list */
#define WILDMAT_MAX (16u << 10) /* bytes of one list */

/* time, in seconds; "running" is the node's own running time, see docs/pairing.md */
#define EPOCH_RUN (29 * 86400ll) /* one epoch: 28 days a stick travels and a day */
#define LOOK_MAX (8 * 86400ll)   /* between two looks at the clock at most this counts */
#define INVITE_EXPIRES (7 * 86400ll) /* Friday to Monday and back */
#define EPOCHS_AHEAD 8               /* tried beyond the one last opened */

/* what a friend may bring a day, unless its file says otherwise */
#define QUOTA_ARTICLES 50000
#define QUOTA_BYTES (512ull << 20) /* plain */
#define QUOTA_AUTHORS 1000         /* new author keys */
#define QUOTA_GROUPS 100           /* new groups */
#define QUOTA_GROUPS_FIRST                                                               \
	2000 /* on the first day: the past of 13,600 real articles names 743 */
#define QUOTA_CONTROL 1000 /* cancels and the like */
#define GROUPS_MAX 50000   /* groups of one node: LIST stays under 4 MB */

/* reconciliation */
#define RECONCILE_FRAME (64u << 10) /* one message: articles wait that long */
#define RECONCILE_ROUNDS_MAX 1024   /* messages; 20,000 scattered differences take 74 */
#define RECONCILE_NEEDS_MAX (256u << 10) /* ids asked for at a time; 4 MiB */

/* spool transactions: nobody waits long for the writer */
#define TXN_ARTICLES 1000
#define TXN_BYTES (4u << 20)
#define TXN_MS 20

/* files */
#define CONF_MAX (1u << 20) /* one configuration file */
#define CONF_LINE_MAX 4096

#endif
