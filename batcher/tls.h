/* TLS 1.3 with an external PSK over memory BIOs (docs/exchange.md): bytes in, bytes out, no
 * socket. One struct tls is one session. */
#ifndef BATCHER_TLS_H
#define BATCHER_TLS_H

#include "lib/buf.h"
#include "lib/keys.h"

#define TLS_IDENTITY 16

struct tls;

/* The key of an identity that a caller sent; ERR_NOTFOUND: nobody we know. */
typedef enum err tls_find(
    void *, const unsigned char identity[TLS_IDENTITY], struct key *psk);

enum err tls_caller(
    const unsigned char identity[TLS_IDENTITY], const struct key *psk, struct tls **out);
enum err tls_answerer(tls_find *, void *ctx, struct tls **out);
void tls_free(struct tls *);

/* Takes bytes from the line. ERR_CRYPTO: the head of a record says more than TLS allows. */
enum err tls_input(struct tls *, struct view);
bool tls_partial(const struct tls *); /* a record began to arrive and is not whole */
/* Drives the handshake, then moves what arrived into plain. ERR_CRYPTO: the session is over
 * and nothing more of it may be sent. ERR_NOTFOUND: the other said goodbye. */
enum err tls_step(struct tls *, struct buf *plain);
bool tls_open(const struct tls *); /* the handshake is done */
/* Lengths of records are steps of 64 bytes where articles are in them, of 8 otherwise. */
/* On a serial line, of 16. */
enum tls_pad { TLS_PAD_CONTROL, TLS_PAD_NEWS, TLS_PAD_LINE, TLS_PADS };
enum err tls_write(struct tls *, struct view plain, enum tls_pad);
/* Moves what is to be sent into out. */
enum err tls_output(struct tls *, struct buf *out);
/* 32 bytes that both sides share and nobody else. */
enum err tls_exporter(struct tls *, unsigned char out[32]);

#endif
