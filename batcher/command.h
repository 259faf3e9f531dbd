/* The verbs of batcher, and their arguments. Each answers an exit code: 0 done, 1 failed,
 * 2 wrong usage, 75 try again later. */
#ifndef BATCHER_COMMAND_H
#define BATCHER_COMMAND_H

#include <stdbool.h>

#include "batcher/batcher.h"

#define ADDRESSES_MAX HINTS_MAX

struct arguments {
	bool machine, ok, yes, repair, caller, answerer;
	const char *persona, *display, *as, *revoke, *output;
	const char *address[ADDRESSES_MAX];
	unsigned addresses;
	int64_t expires, seconds; /* seconds, bytes: of an exchange; 0: no limit */
	uint64_t bytes;
	uint32_t speed; /* of the line, bits a second; 0: not known */
	char **words;
	int count;
};

int command_setup(struct node *, const struct arguments *);
int command_stick(struct batcher *, const struct arguments *);
int command_pack(struct batcher *, const struct arguments *);
int command_unpack(struct batcher *, const struct arguments *);
int command_sign(struct batcher *, const struct arguments *);
int command_exchange(struct batcher *, const struct arguments *); /* batcher_open_for */
int command_persona_new(struct batcher *, const struct arguments *);
int command_persona_export(struct batcher *, const struct arguments *);
int command_persona_import(struct batcher *, const struct arguments *);
int command_check(struct batcher *, const struct arguments *);

int command_invite(struct batcher *, const struct arguments *);
int command_join(struct batcher *, const struct arguments *);
int command_invites(struct batcher *, const struct arguments *);
int command_friends(struct batcher *, const struct arguments *);
int command_verify(struct batcher *, const struct arguments *);
int command_cut(struct batcher *, const struct arguments *);
int command_status(struct batcher *, const struct arguments *);

/* Logs what went wrong with what, and answers 1 (75 for ERR_BUSY). */
int command_failed(const char *what, enum err);

#endif
