/* The session's state, for the files that are its parts (batcher/session.h). */
#ifndef BATCHER_SESSIONCORE_H
#define BATCHER_SESSIONCORE_H

#include "batcher/inbound.h"
#include "batcher/outbound.h"
#include "batcher/reconcile.h"
#include "batcher/session.h"

#define SESSION_OUT_MAX (8u << 20)

struct session {
	struct batcher *b;
	struct friend *f;
	unsigned char root_id[16];
	bool caller, provisional;
	uint32_t epoch;
	uint64_t stream; /* that the acknowledgements in HELLO are noted under */
	unsigned char told[16];
	struct buf out;
	struct outbound *outbound;
	struct inbound *inbound;
	bool early, early_checked; /* offered before the friend's HELLO came */
	bool hello_sent, hello_got, done_sent, done_got, bye_sent, bye_got, again;
	uint64_t done_at; /* articles offered before our last DONE */
	bool confirm_due;
	struct reconcile *recon;
	bool recon_asked, recon_building, recon_ours; /* ours: we begin */
	bool reconciled;      /* once a session: it reads the whole spool */
	struct buf recon_in;  /* a body that waits for its step */
	int64_t busy, looked; /* monotonic ms */
	struct session_counts counts;
};

/* The root that the other proved to hold; NULL: it is gone. */
struct root *sessioncore_root(struct session *);

/* sessionrecon.c: at first contact, with another spool than the last time, and once a week. */
enum err sessionrecon_due(struct session *, bool *due);
/* A RECON record's body. */
enum err sessionrecon_got(struct session *, struct view body);
/* Begins where it is due and ours to begin, and goes on. */
enum err sessionrecon_work(struct session *, bool *acted);

#endif
