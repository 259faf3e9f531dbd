/* Who comes in by the listening sockets: strangers get silence, friends a link. */
#ifndef NEWSD_LISTEN_H
#define NEWSD_LISTEN_H

#include <stddef.h>

/* Fewer where few descriptors are allowed. */
#define LISTEN_WAITING 256 /* connections that have not said who they are */
#define LISTEN_SILENT 64   /* those that said nothing good: read, dropped, closed late */
#define LISTEN_PATIENCE_S 30
#define LISTEN_DOUBT_S 3 /* an unknown caller may be a friend we hear of in a moment */
#define LISTEN_KEPT 32   /* of those a worker gives to the next one */
#define LISTEN_SILENCE_MIN_S 5
#define LISTEN_SILENCE_MAX_S 60

struct listen;
struct worker;

/* The sockets listen already. Dies without memory: it is start-up. */
struct listen *listen_new(struct worker *, const int *sockets, size_t n);
void listen_free(struct listen *);
/* Those who may yet turn out to be friends, the latest: to the parent, for the next worker. */
void listen_keep(struct listen *);
/* One of them, from an earlier worker. */
void listen_take(struct listen *, int fd);

/* Whose opening this is: the friend's index, and the counter is spent. list->n: nobody's. */
struct friendlist;
size_t listen_whose(const struct friendlist *, const unsigned char *opening);

#endif
