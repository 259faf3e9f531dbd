/* One attempt to reach a friend by one TCP or SOCKS5 carrier: names resolved, several
 * addresses tried in parallel, the proxy's handshake. */
#ifndef NEWSD_DIAL_H
#define NEWSD_DIAL_H

#include <event2/dns.h>
#include <event2/event.h>

#include "lib/carrier.h"
#include "newsd/control.h"

#define DIAL_STAGGER_MS 250 /* RFC 8305 section 5 */
#define DIAL_TCP_S 30
#define DIAL_SOCKS_S 90 /* an onion service takes a minute at times */

struct dial;

/* Told once, never from within dial_start. fd -1: why not. The descriptor is the
 * receiver's, who must dial_free the dial, which may be done here. */
typedef void dial_done_fn(void *, int fd, enum trouble);

/* The carrier must live as long; dns may be NULL where no name is ever resolved. */
enum err dial_start(struct event_base *, struct evdns_base *dns, const struct carrier *,
    bool private_allowed, dial_done_fn *, void *, struct dial **out);
/* Gives up without a word. */
void dial_free(struct dial *);

/* What every TCP link gets: no delay, keep-alives, an end for what is never taken. */
void dial_tune(int fd);

#endif
