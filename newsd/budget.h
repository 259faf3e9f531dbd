/* What is left of a friend's budget for today. */
#ifndef NEWSD_BUDGET_H
#define NEWSD_BUDGET_H

#include "newsd/friendlist.h"

struct budget {
	uint64_t bytes;  /* 0: no limit */
	int64_t seconds; /* 0: no limit */
};

/* By the friend's lines and count file. A budget that is used up is 1. */
void budget_left(const struct friend *, struct budget *out);

#endif
