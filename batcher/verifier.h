/* The second process of a batcher that takes articles: it verifies authors' signatures, the
 * dearest part of taking one, on another core while this process stores.
 *
 * It is forked before any key is read, holds two pipes and nothing else, and may only read,
 * write and compute (SANDBOX_VERIFIER). Its answers are a byte each, in the order of the
 * questions. Whatever else happens (it ends, is slow, answers another byte) this process
 * verifies for itself: nothing counts as signed without an answer. All functions take NULL
 * as a verifier that answers nothing. */
#ifndef BATCHER_VERIFIER_H
#define BATCHER_VERIFIER_H

#include "lib/article.h"

struct verifier;

/* Call before the sandbox, with no key in memory. NULL where there is one processor, or no
 * memory: everything works without. */
struct verifier *verifier_start(void);
void verifier_free(struct verifier *); /* the process ends too */

/* Asks about a native article and its 64 bytes of signature; never waits. The answer is a
 * ticket for verifier_answer, 0 when it was not asked. */
uint64_t verifier_ask(
    struct verifier *, const struct article *, const unsigned char *signature);
/* What article_signed would say of this article, the one that was asked about. Waits for the
 * answer; a ticket is good once, and later ones make earlier ones void. */
enum err verifier_answer(struct verifier *, uint64_t ticket, const struct article *,
    const unsigned char *signature);
/* So many answers were the process's; the rest this one gave instead of waiting. */
uint64_t verifier_helped(const struct verifier *);

/* The two ends by themselves, for verifier_start and the tests. verifier_new takes the pipes,
 * which do not block. verifier_serve reads questions until they end; 0 when they end whole. */
struct verifier *verifier_new(int questions, int answers);
int verifier_serve(int questions, int answers);

#endif
