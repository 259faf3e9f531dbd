#include "newsd/linetest.h"
int
linetest_run(struct arq *a, const struct pump_start *how)
{
	(void)a;
	(void)how;
	return 1;
}
