/* `newsd --line-test`: what a serial line is worth, in numbers and in words. */
#ifndef NEWSD_LINETEST_H
#define NEWSD_LINETEST_H

#include "newsd/arq.h"
#include "newsd/pump.h"

/* Tests until done, tells on stdout, and answers the exit code. */
int linetest_run(struct arq *, const struct pump_start *);

#endif
