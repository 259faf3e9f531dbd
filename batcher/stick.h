/* A stick, or any folder that is carried: takes what is for us, puts on what friends lack,
 * cleans up what was acknowledged. */
#ifndef BATCHER_STICK_H
#define BATCHER_STICK_H

#include "batcher/batcher.h"
#include "batcher/container.h"
#include "batcher/signer.h"
#include "batcher/unpack.h"

struct stick_friend {
	struct friend *f;
	uint64_t packed, bytes; /* now */
	uint64_t on_stick;      /* articles for it on the stick, old files counted */
	uint64_t left;          /* did not fit */
	bool pairing;           /* a JOIN or CONFIRM for it is on the stick */
	bool full;              /* something for it did not fit */
	struct {
		uint64_t packed, bytes;
		bool pairing;
	} now; /* in the file that is being written */
};

struct stick_file {
	uint64_t id; /* feed_file.id */
	bool intact;
};

struct stick {
	int dir;
	unsigned files, unreadable, own, broken, removed, written;
	bool full;    /* something that is due did not fit */
	bool refused; /* an error was the stick's, not the node's; why is the errno */
	bool synced;  /* all of it went well: safe to pull out */
	int why;
	uint64_t bytes_written;
	char name[NAME_MAX_LEN + 1]; /* of the last file written */
	struct unpack_from *in;      /* one a friend */
	struct stick_friend *out;
	struct signer_result signer;
	uint64_t left, damaged;
	/* envelopes of ours that lie here */
	struct feed_stream *present;
	size_t present_count, present_room;
	struct stick_file *old; /* ours that lie here */
	size_t old_count, old_room;
};

/* Everything in one call; dir is an open folder. What does not fit waits: see full and left.
 * ERR_IO: the stick cannot be read or written (errno). What was taken stays taken, and may
 * be reported, after any error. */
enum err stick_run(struct batcher *, int dir, struct stick *out);
void stick_release(struct stick *);

/* Tells a person, or a program (-m), what happened and what to do next. */
void stick_report(const struct batcher *, const struct stick *, bool machine);

#endif
