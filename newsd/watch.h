/* Files that change under newsd's feet: the configuration, the spool, and the folders of
 * dir: carriers. By inotify; every few seconds where there is none. */
#ifndef NEWSD_WATCH_H
#define NEWSD_WATCH_H

#include <event2/event.h>

#include "newsd/friendlist.h"

struct watch;

typedef void watch_conf_fn(void *);
typedef void watch_dir_fn(void *, const char *friend, const char *path);

/* spool is told a moment after a program that wrote there closed it, or died. */
enum err watch_new(struct event_base *, const struct node *, watch_conf_fn *,
    watch_conf_fn *spool, watch_dir_fn *, void *, struct watch **out);
void watch_free(struct watch *);

/* Which folders to watch from now on. */
void watch_dirs(struct watch *, const struct friendlist *);
/* Takes what happened by now, the configuration's part only: what happened to folders was
 * our own doing. */
void watch_flush(struct watch *);

#endif
