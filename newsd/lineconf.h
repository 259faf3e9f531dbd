/* What the configuration says about a serial line beside the device: the chat script, and
 * what it names. */
#ifndef NEWSD_LINECONF_H
#define NEWSD_LINECONF_H

#include "lib/node.h"
#include "newsd/chat.h"

struct lineconf {
	struct buf file, script;
	struct chat_words words; /* in file */
};

/* Of friends/NAME: `chat FILE` or `chat-script SCRIPT`, `phone`, `login`, `password`; NULL:
 * of node.conf, for answering: `listen-chat FILE`, `listen-chat-script SCRIPT`. FILE lies
 * in the node's folder, or anywhere by its whole path. Else words in why. Release in any
 * case. */
enum err lineconf_load(
    const struct node *, const char *friend, struct lineconf *out, struct buf *why);
void lineconf_release(struct lineconf *);

#endif
