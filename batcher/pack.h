/* Packing: what a friend is due, as envelopes. */
#ifndef BATCHER_PACK_H
#define BATCHER_PACK_H

#include "batcher/batcher.h"

/* Where envelopes go. Positions are the caller's. */
typedef enum err pack_sink(void *, struct view envelope);

struct pack {
	/* in */
	struct batcher *b;
	struct friend *f;
	uint64_t file;     /* feed_file.id, 0: none */
	uint64_t room;     /* bytes, envelopes counted in whole ENVELOPE_STEPs */
	bool control_only; /* no articles: they wait */
	const struct feed_stream *present; /* envelopes that already lie in this place */
	size_t present_count;
	pack_sink *sink;
	void *ctx;
	/* out */
	unsigned envelopes;
	uint64_t used;     /* of room */
	uint64_t articles; /* packed */
	uint64_t bytes;    /* of them, plain */
	uint64_t left;     /* did not fit */
	uint64_t waiting;  /* local posts without signature */
	uint64_t damaged;  /* in the spool: not what their id or signature says */
	bool pairing;      /* a JOIN or CONFIRM is in it */
	bool full;         /* something due did not fit: articles, control or pairing */
};

/* Inside batcher_begin_reading .. batcher_commit. Nothing to say: no envelope. */
enum err pack_friend(struct pack *);

#endif
