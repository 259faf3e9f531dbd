/* A start file for slrn, which refuses to run where it cannot find out who you are. */
#ifndef CLI_SLRN_H
#define CLI_SLRN_H

#include "lib/node.h"

/* Writes DIR/slrnrc for a From value, "Ana Lima <ana.KEY@hearsay.invalid>". ERR_SYNTAX:
 * it has another form. */
enum err slrn_write(const struct node *, struct view from);

#endif
