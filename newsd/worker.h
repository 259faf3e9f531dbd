/* The link worker: owns sockets and links, knows who calls and when, and nothing else. It
 * is forked from newsd's parent and sandboxed before it reads a byte from outside. */
#ifndef NEWSD_WORKER_H
#define NEWSD_WORKER_H

#include <event2/dns.h>
#include <event2/event.h>

#include "newsd/call.h"
#include "newsd/friendlist.h"
#include "newsd/link.h"

struct worker;

/* Everything about one friend that changes. */
struct peer {
	struct worker *w;
	const struct friend *f;
	uint32_t index;
	struct link link;
	struct call call;
};

struct worker {
	const struct friendlist *list;
	struct peer *peers; /* list->n of them */
	struct event_base *base;
	struct evdns_base *dns; /* NULL where no name is ever asked for */
	struct listen *listen;
	struct event *heard;
	int control;
	bool once; /* one call by hand: no schedules, links stay until told */
};

struct worker_start {
	const struct friendlist *list;
	const int *listeners; /* sockets that listen */
	size_t n_listeners;
	int control; /* to the parent */
	bool once;
};

/* Lives and ends as the worker: never returns. */
_Noreturn void worker_run(const struct worker_start *);

/* To the parent. */
void worker_tell(const struct peer *, uint8_t kind, uint8_t code, uint32_t value, int fd);

#endif
