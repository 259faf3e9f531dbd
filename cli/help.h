/* Help that teaches: all verbs, or one with its example. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/verb.h"

void help_all(void);
void help_verb(const struct verb *);

#endif
