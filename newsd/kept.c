#include "newsd/kept.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct kept *
kept_find(struct kept_list *l, const char *friend)
{
	struct kept *more;

	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->all[i].friend, friend) == 0)
			return &l->all[i];
	if ((more = reallocarray(l->all, l->n + 1, sizeof *more)) == NULL)
		return NULL;
	l->all = more;
	more += l->n++;
	*more = (struct kept){ .fd = -1, .code = -1 };
	memcpy(more->friend, friend, strlen(friend) + 1);
	return more;
}

void
kept_release(struct kept_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->all[i].fd >= 0)
			close(l->all[i].fd);
	free(l->all);
	*l = (struct kept_list){ 0 };
}
