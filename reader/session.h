/* One NNTP session (RFC 3977), without sockets: bytes go in, answers stand in s->out.
 *
 * The loop reads, calls session_input with what it has, writes s->out and resets it. A
 * command whose answer is long leaves the session busy: session_step then adds at most
 * STEP_BYTES of it, or examines STEP_ROWS rows, a turn, and input waits meanwhile. No
 * statement of the spool stays open over a turn. A post waits for session_posted. Articles
 * of a feed may be many under way; session_offered answers the oldest. */
#ifndef READER_SESSION_H
#define READER_SESSION_H

#include "reader/access.h"
#include "reader/bulletin.h"
#include "reader/claims.h"
#include "reader/found.h"
#include "reader/intake.h"
#include "reader/offer.h"
#include "reader/render.h"
#include "reader/replies.h"
#include "spool/spool.h"

#define SESSION_OUT_MAX                                                                  \
	(2 * ARTICLE_MAX + (256u << 10)) /* one article, every line dotted */
#define SESSION_UNKNOWN_MAX 10 /* commands that are no NNTP: then it is no newsreader */
#define SESSION_TURN 200 /* commands in one session_input: then others have theirs */

struct session;

/* Takes a whole article (CRLF lines, dots unstuffed) and later calls session_posted, at
 * once if it likes. The bytes live until then. False: it cannot be taken now. */
typedef bool session_post_fn(void *arg, struct session *, struct view article);

/* The same for an article that a feed offers as msgid; session_offered is called for each
 * in their order. ERR_MORE: it stays in the session until session_handed, and is taken
 * from there (intake.bytes). Other errors: it cannot be taken now. article is the stored
 * form, which has been read. */
typedef enum err session_offer_fn(
    void *arg, struct session *, struct view msgid, struct view article);

/* Asks whether it is the user's password and later calls session_logged_in. False: it cannot
 * be asked. */
typedef bool session_login_fn(
    void *arg, struct session *, struct view user, struct view password);

/* What all sessions of a process share. */
struct session_env {
	struct spool *spool;
	struct search *search;             /* NULL: nothing can be looked for */
	session_post_fn *post;             /* NULL: reading only */
	session_offer_fn *offer;           /* NULL: no feeds */
	session_login_fn *login;           /* NULL: nobody can log in */
	void *post_arg;                    /* of all three */
	struct claims *claims;             /* NULL: nobody else is there */
	const struct bulletins *bulletins; /* NULL: none */
	struct offer taken;      /* work space, as article; the owner's to init */
	struct rendered article; /* work space: one command at a time uses it */
};

enum session_state {
	SESSION_COMMAND, /* a command line is awaited */
	SESSION_SKIP,    /* the rest of a line that was too long */
	SESSION_ANSWER,  /* a long answer is under way: session_step */
	SESSION_POST,    /* the lines of a post */
	SESSION_COMMIT,  /* a post is with the writer: session_posted */
	SESSION_HAND,    /* an offer waits for room on its way: session_handed */
	SESSION_WAIT,    /* a command waits for all that the writer owes */
	SESSION_AUTH,    /* a password is being checked: session_logged_in */
	SESSION_TLS,     /* write out, then begin TLS: session_switched */
	SESSION_DEFLATE, /* write out, then begin DEFLATE: session_switched */
	SESSION_CLOSED,  /* write out, then close */
};

/* One step of a long answer; sets *done at its end. */
typedef enum err session_job_fn(struct session *, bool *done);
/* What is done with a search that is whole. */
typedef void session_found_fn(struct session *, bool *done);

struct session_job {
	session_job_fn *run;
	struct found *found; /* that is under way, and for whom */
	session_found_fn *then;
	uint64_t next, to; /* article numbers, or arrivals; what is left of the answer */
	const char *first; /* initial line, sent with the first row */
	const char *none;  /* answer when there is no row, or NULL */
	bool started;
	bool by_id;        /* a row that was asked for by Message-ID begins with it */
	struct view asked; /* that id, within the command alone */
	int column;        /* of the overview, see commands.h */
	unsigned list;     /* which of the LIST family */
	int64_t since;
	struct buf header;  /* name of the header that HDR wants */
	struct buf wildmat; /* of groups; of values for XPAT */
	struct buf at;      /* group name to go on after */
	struct buf xref;    /* TAB Xref: localhost GROUP: */
};

/* What carries the session; the loop knows and tells. */
struct session_carrier {
	bool tls, deflate;             /* are on */
	bool tls_offer, deflate_offer; /* can be had */
};

struct session {
	struct session_env *env;
	struct access access;
	struct session_carrier carrier;
	enum session_state state;
	struct buf line; /* of a command, as far as it came */
	struct buf out;
	struct intake intake; /* of the article that comes */
	enum { INTO_POST, INTO_IHAVE, INTO_TAKETHIS } into;
	const char *refusal;       /* its answer, whatever comes; or NULL */
	char msgid[MSGID_MAX + 1]; /* that it was offered as */
	struct replies replies;    /* to offers, and what waits behind them */
	uint64_t number;           /* unlike any other session's, for claims */
	unsigned commands, unknown;
	char login_user[NAME_MAX_LEN + 1]; /* of AUTHINFO USER */
	bool named;                        /* that came; AUTHINFO PASS is next */
	bool secret; /* a password came: the owner wipes what it read, and resets this */
	unsigned wrong; /* passwords */
	uint32_t group; /* its id, 0 when none is selected; see place.h */
	struct found *found;
	char group_name[GROUP_MAX + 1];
	uint64_t current; /* article number, 0: invalid */
	struct session_job job;
	void *owner; /* the loop's own */
};

/* Begins with the greeting in out. Takes the access over. */
void session_init(struct session *, struct session_env *, const struct access *);
void session_release(struct session *);
/* Consumes bytes while commands are awaited, out is below STEP_BYTES and less than
 * SESSION_TURN commands were run: how many. */
size_t session_input(struct session *, struct view);
/* SESSION_ANSWER only: the next piece. */
void session_step(struct session *);
/* SESSION_COMMIT only: the writer's answer, a line without CRLF. */
void session_posted(struct session *, struct view answer);

/* SESSION_AUTH only: reader-auth's answer, reader/verdict.h; empty: there will be none. */
void session_logged_in(struct session *, struct view answer);

/* SESSION_TLS or SESSION_DEFLATE, which is on now. TLS forgets what was said before. */
void session_switched(struct session *);
/* Gives back what an idle session does not need. */
void session_rest(struct session *);

/* The writer's answer to the oldest offer: OFFER_... and the reason, reader/offer.h. */
void session_offered(struct session *, struct view answer);
/* SESSION_HAND only: the offer has been taken. */
void session_handed(struct session *);
/* The writer has gone, with all that it had. */
void session_lost(struct session *);
/* An answer of the writer is due; of the writer or of reader-auth. */
bool session_due(const struct session *);
bool session_awaits(const struct session *);
/* False: no input is taken before something is answered, taken or written. */
bool session_takes_input(const struct session *);

bool session_may_post(const struct session *);
bool session_may_feed(const struct session *);

/* For commands: a line without CRLF, in its turn, as text; the start of a post or an
 * offer (msgid empty and a whole answer: it is read and refused); a long answer; the
 * end. */
void session_answer(struct session *, struct view line);
void session_reply(struct session *, const char *line);
void session_begin_post(struct session *);
void session_begin_offer(
    struct session *, int into, struct view msgid, const char *refusal);
void session_begin_job(struct session *, session_job_fn *);
void session_begin_login(struct session *);
void session_begin_switch(struct session *, enum session_state to);
void session_close(struct session *);

#endif
