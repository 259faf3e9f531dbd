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
kept_stranger(struct kept_list *l, int fd)
{
	if (l->n_strangers < LISTEN_KEPT)
		l->strangers[l->n_strangers++] = fd;
	else
		close(fd);
}

void
kept_call(struct kept_list *l, struct view friend)
{
	char name[NAME_MAX_LEN + 1] = { 0 };
	struct kept *k;

	if (friend.len == 0) {
		l->call_all = true;
	} else if (friend.len < sizeof name) {
		memcpy(name, friend.p, friend.len);
		if ((k = kept_find(l, name)) != NULL)
			k->call = true;
	}
}

void
kept_compare(
    struct kept_list *l, const struct friendlist *before, const struct friendlist *now)
{
	for (size_t n = 0; n < l->n; n++) {
		struct view name = view_str(l->all[n].friend);
		size_t a = friendlist_find(before, name), b = friendlist_find(now, name);

		if (a < before->n && b < now->n &&
		    !view_eq(buf_view(&before->friends[a].keys),
			buf_view(&now->friends[b].keys)))
			l->all[n].news = 1;
	}
}

static void
give_one(const struct kept *k, const struct friendlist *list, struct jobs *jobs,
    struct spawned *worker)
{
	size_t i = friendlist_find(list, view_str(k->friend));
	bool busy = k->code >= 0 || jobs_running(jobs, JOB_EXCHANGE, k->friend);

	if (i < list->n && k->fd >= 0 && list->friends[i].n_roots > 0) {
		spawned_tell(worker, CONTROL_TAKE, k->role, (uint32_t)i,
		    (busy ? CONTROL_TAKE_BUSY : 0) | (k->news ? CONTROL_TAKE_NEW : 0),
		    k->fd);
		if (k->code >= 0)
			spawned_tell(
			    worker, CONTROL_ENDED, (uint8_t)k->code, (uint32_t)i, 0, -1);
	} else if (k->fd >= 0 && busy && k->code < 0) {
		jobs_end(jobs, JOB_EXCHANGE, k->friend);
	}
	if (i < list->n && k->call)
		spawned_tell(worker, CONTROL_CALL, 0, (uint32_t)i, 0, -1);
}

void
kept_give(struct kept_list *l, const struct friendlist *list, struct jobs *jobs,
    struct spawned *worker)
{
	for (size_t n = 0; n < l->n; n++)
		give_one(&l->all[n], list, jobs, worker);
	for (size_t n = 0; n < l->n_strangers; n++)
		spawned_tell(
		    worker, CONTROL_STRANGER, 0, CONTROL_ALL, 0, l->strangers[n]);
	if (l->wake)
		spawned_tell(worker, CONTROL_WAKE, 0, CONTROL_ALL, 0, -1);
	if (l->call_all)
		spawned_tell(worker, CONTROL_CALL, 0, CONTROL_ALL, 0, -1);
	kept_release(l);
}

void
kept_release(struct kept_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->all[i].fd >= 0)
			close(l->all[i].fd);
	for (size_t i = 0; i < l->n_strangers; i++)
		close(l->strangers[i]);
	free(l->all);
	*l = (struct kept_list){ 0 };
}
