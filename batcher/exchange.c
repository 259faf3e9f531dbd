/* `batcher exchange NAME`: one friend, on stdin and stdout, until there is nothing more to
 * say. TLS, proof of the pair's keys, then the session. */
#include "batcher/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batcher/session.h"
#include "batcher/tls.h"
#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/log.h"

#define LINE_MAX (4u << 20) /* of either direction, not yet taken */
#define PIECE (64u << 10)
#define SILENCE_MS 60000 /* nothing comes, and something was expected */
#define BYTE_MS 2        /* longer for each byte we sent meanwhile: 4,000 bits a second */
#define PARTIAL_MS 10000 /* no further byte of a TLS record that began */
#define LINE_SILENCE_MS 180000
#define AGAIN_MS 5000  /* for the caller to begin anew after pairing */
#define WAKE_BYTE 0x57 /* docs/link.md */
#define SILENT 69      /* exit codes: not one byte came */
#define NOBODY 76      /* something answered, but not the friend */

#define SPENT 79 /* the day's budget: it ended between two items */

struct exchange {
	struct batcher *b;
	struct friend *f;
	bool caller, begun, proved, authenticated, eof;
	bool answered, known; /* a byte came from the other end; the friend did it */
	struct tls *tls;
	unsigned char root_id[16];
	uint32_t epoch;
	struct chain chain; /* of the caller, as the answerer found it */
	struct session *session;
	struct buf line_in, line_out, plain;
	struct buf first; /* AUTH, until the session has something to say behind it */
	int64_t heard;
	int64_t unheard;         /* bytes sent since */
	uint64_t carried, bytes; /* both ways; bytes: as many may be, 0: any number */
	int64_t until;           /* by clock_ms; 0: for ever */
	uint64_t items;          /* got by the last step */
	bool spent;
};

/* ---- keys ------------------------------------------------------------------------ */

static struct root *
root_of(struct exchange *x)
{
	for (unsigned i = 0; i < x->f->ring.count; i++)
		if (memcmp(x->f->ring.root[i]->id, x->root_id, 16) == 0)
			return x->f->ring.root[i];
	return NULL;
}

/* The root that we call under: the agreed one, else that of an answer under way. */
static struct root *
calling_root(struct exchange *x)
{
	struct root *root = ring_sending(&x->f->ring);

	for (unsigned i = 0; root == NULL && i < x->f->ring.count; i++)
		if (x->f->ring.root[i]->state == ROOT_JOINING)
			root = x->f->ring.root[i];
	return root;
}

static enum err
call(struct exchange *x)
{
	struct root *root = calling_root(x);
	unsigned char identity[TLS_IDENTITY] = { 0 };
	struct seal_keys keys;
	enum err e;

	if (root == NULL)
		return ERR_NOTFOUND;
	memcpy(x->root_id, root->id, 16);
	x->epoch = root->send.epoch;
	if ((e = epoch_keys(&root->send.key, &keys)) != ERR_OK)
		return e;
	random_bytes(identity, 8);
	aes256_encrypt(&keys.tag, identity, identity, sizeof identity);
	e = tls_caller(identity, &keys.session, &x->tls);
	seal_keys_release(&keys);
	return e;
}

/* Whose epoch is it? By trial, as for an envelope. */
static enum err
try_root(struct exchange *x, const struct root *root, const unsigned char *identity,
    struct key *psk)
{
	static const unsigned char zero[8];
	struct chain chains[ROOT_TRIALS];
	size_t n = root_trials(root, chains);
	enum err e = ERR_NOTFOUND;

	for (size_t i = 0; i < n; i++) {
		unsigned char t[TLS_IDENTITY];
		struct seal_keys keys;

		if (e != ERR_OK && epoch_keys(&chains[i].key, &keys) == ERR_OK) {
			aes256_decrypt(&keys.tag, identity, t, sizeof t);
			if (secret_equal(t + 8, zero, 8)) {
				memcpy(x->root_id, root->id, 16);
				x->chain = chains[i];
				*psk = keys.session;
				e = ERR_OK;
			}
			seal_keys_release(&keys);
		}
		key_release(&chains[i].key);
	}
	return e;
}

static enum err
find_caller(void *ctx, const unsigned char identity[TLS_IDENTITY], struct key *psk)
{
	struct exchange *x = ctx;

	for (unsigned i = 0; i < x->f->ring.count; i++)
		if (try_root(x, x->f->ring.root[i], identity, psk) == ERR_OK)
			return ERR_OK;
	return ERR_NOTFOUND;
}

/* ---- AUTH ------------------------------------------------------------------------ */

static enum err
auth_text(struct exchange *x, bool caller, struct buf *out)
{
	unsigned char shared[32];
	enum err e = tls_exporter(x->tls, shared);

	buf_addv(out, VIEW_LABEL("hearsay session 1"));
	buf_addc(out, caller ? 0 : 1);
	buf_add(out, x->root_id, 16);
	buf_add(out, shared, sizeof shared);
	return e == ERR_OK ? buf_err(out) : e;
}

/* Goes out with what the session says first. */
static enum err
make_auth(struct exchange *x)
{
	struct buf text = BUF_INIT(256);
	struct root *root = root_of(x);
	unsigned char sig[SIG_LEN];
	enum err e = root == NULL ? ERR_NOTFOUND : auth_text(x, x->caller, &text);

	if (e == ERR_OK &&
	    (e = ed25519_sign(&root->my_sign, buf_view(&text), sig)) == ERR_OK)
		buf_add(&x->first, sig, sizeof sig);
	buf_release(&text);
	x->proved = e == ERR_OK;
	return e;
}

static enum err
check_auth(struct exchange *x)
{
	struct buf text = BUF_INIT(256);
	struct root *root = root_of(x);
	enum err e;

	if (x->plain.len < SIG_LEN)
		return ERR_MORE;
	if (root == NULL)
		return ERR_CRYPTO;
	if ((e = auth_text(x, !x->caller, &text)) == ERR_OK)
		e = ed25519_verify(root->their_sign, buf_view(&text), x->plain.p);
	if (e == ERR_OK)
		buf_consume(&x->plain, SIG_LEN);
	buf_release(&text);
	return e;
}

/* The friend is who it says: its epoch counts as opened. */
static enum err
begin(struct exchange *x)
{
	struct root *root;
	enum err e;

	if ((e = batcher_enter(x->b)) != ERR_OK)
		return e;
	if ((root = root_of(x)) == NULL)
		e = ERR_NOTFOUND;
	else if (!x->caller)
		root_opened(&x->f->ring, root, &x->chain, 0);
	else if (!root->heard) {
		root->heard = true;
		x->f->ring.dirty = true;
	}
	e = batcher_leave(x->b, e);
	x->authenticated = e == ERR_OK;
	x->known |= x->authenticated;
	return e;
}

/* The caller proves itself and says HELLO at once; the answerer first hears who calls. */
static enum err
introduce(struct exchange *x)
{
	enum err e;

	if (!x->caller && (e = check_auth(x)) != ERR_OK)
		return e;
	if ((e = make_auth(x)) != ERR_OK || (!x->caller && (e = begin(x)) != ERR_OK) ||
	    (e = session_new(x->b, x->f, x->root_id, x->caller, x->epoch, &x->session)) !=
		ERR_OK)
		return e;
	return x->caller ? session_work(x->session, clock_ms(), false) : ERR_OK;
}

/* ---- the line -------------------------------------------------------------------- */

static enum err
fill(struct exchange *x)
{
	unsigned char *p;
	ssize_t n;

	if (x->plain.len + x->line_in.len + PIECE > LINE_MAX)
		return ERR_OK;
	if ((p = buf_grow(&x->line_in, PIECE)) == NULL)
		return buf_err(&x->line_in);
	n = read(STDIN_FILENO, p, PIECE);
	buf_truncate(&x->line_in, x->line_in.len - PIECE + (n > 0 ? (size_t)n : 0));
	if (n > 0) {
		x->heard = clock_ms();
		x->unheard = 0;
		x->carried += (uint64_t)n;
	}
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		x->eof = true;
	return ERR_OK;
}

static void
drain(struct exchange *x)
{
	ssize_t n;

	while (x->line_out.len > 0) {
		n = write(STDOUT_FILENO, x->line_out.p, x->line_out.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			x->eof = true;
			return;
		}
		buf_consume(&x->line_out, (size_t)n);
		x->unheard += n;
		x->carried += (uint64_t)n;
	}
}

/* A callee that wants to be called says so with bytes that no TLS record begins with. */
static void
skip_wakes(struct exchange *x)
{
	size_t n = 0;

	while (!x->begun && n < x->line_in.len && x->line_in.p[n] == WAKE_BYTE)
		n++;
	buf_consume(&x->line_in, n);
	x->begun |= x->line_in.len > 0;
	x->answered |= x->begun;
}

/* Everything that can be done with what came. */
static enum err
converse(struct exchange *x)
{
	size_t before;
	enum err e;

	do {
		struct view rest = buf_view(&x->plain);

		session_unsent(x->session, x->line_out.len);

		before = x->plain.len;
		if ((e = session_input(x->session, &rest)) != ERR_OK)
			return e;
		buf_consume(&x->plain, x->plain.len - rest.len);
		if ((e = session_work(x->session, clock_ms(), false)) != ERR_OK)
			return e;
	} while (x->plain.len > 0 && x->plain.len < before);
	return ERR_OK;
}

static enum err
step(struct exchange *x)
{
	enum err e;

	skip_wakes(x);
	if ((e = tls_input(x->tls, buf_view(&x->line_in))) != ERR_OK)
		return e;
	buf_reset(&x->line_in);
	if ((e = tls_step(x->tls, &x->plain)) == ERR_NOTFOUND)
		x->eof = true;
	else if (e != ERR_OK)
		return e;
	if (!tls_open(x->tls))
		return ERR_OK;
	if (!x->proved && (e = introduce(x)) != ERR_OK)
		return e == ERR_MORE ? ERR_OK : e;
	if (!x->authenticated) {
		if ((e = check_auth(x)) == ERR_MORE)
			return ERR_OK;
		if (e != ERR_OK || (e = begin(x)) != ERR_OK)
			return e;
	}
	return converse(x);
}

/* The lengths of articles are worth hiding: texts are known by them. */
static enum tls_pad
padding_of(struct view records, bool slow)
{
	struct record r;

	while (record_next(&records, &r) == ERR_OK)
		if (r.type == RECORD_CHUNK)
			return slow ? TLS_PAD_LINE : TLS_PAD_NEWS;
	return TLS_PAD_CONTROL;
}

static enum err
flush(struct exchange *x)
{
	enum tls_pad pad;
	struct buf *out;
	enum err e;

	if (x->session != NULL && (out = session_output(x->session))->len > 0) {
		pad = padding_of(buf_view(out), x->b->speed != 0);
		buf_addv(&x->first, buf_view(out));
		buf_reset(out);
		if ((e = buf_err(&x->first)) != ERR_OK ||
		    (e = tls_write(x->tls, buf_view(&x->first), pad)) != ERR_OK)
			return e;
		buf_reset(&x->first);
	}
	if ((e = tls_output(x->tls, &x->line_out)) != ERR_OK)
		return e;
	drain(x);
	return ERR_OK;
}

/* An end that takes nothing more and says nothing more is gone. */
static void
wait(struct exchange *x)
{
	struct pollfd p[2] = { { STDIN_FILENO, POLLIN, 0 },
		{ STDOUT_FILENO, x->line_out.len > 0 ? POLLOUT : 0, 0 } };

	if (poll(p, 2, x->session != NULL ? session_patience(x->session) : 1000) > 0 &&
	    (p[1].revents & (POLLERR | POLLNVAL)) && !(p[0].revents & POLLIN))
		x->eof = true;
}

/* ---- one exchange, and the next one after a pairing ------------------------------ */

static void
exchange_release(struct exchange *x)
{
	session_free(x->session);
	tls_free(x->tls);
	key_release(&x->chain.key);
	buf_wipe(&x->plain);
	buf_wipe(&x->first);
	x->session = NULL;
	x->tls = NULL;
	x->begun = x->proved = x->authenticated = false;
	memset(&x->chain, 0, sizeof x->chain);
}

static enum err
start(struct exchange *x)
{
	buf_init(&x->plain, LINE_MAX + RECORD_MAX);
	buf_init(&x->first, 4 * LINE_MAX);
	x->heard = clock_ms();
	x->unheard = 0;
	return x->caller ? call(x) : tls_answerer(find_caller, x, &x->tls);
}

/* Who writes a record writes all of it: a length that is another now waits for ever. */
static bool
silent(const struct exchange *x, int64_t patience)
{
	int64_t since = clock_ms() - x->heard;

	/* a serial line has its own patience with noise, and takes its time */
	if (x->b->speed != 0)
		return since > LINE_SILENCE_MS + x->unheard * 10000 / x->b->speed;
	if (tls_partial(x->tls) && since > PARTIAL_MS)
		return true;
	return since > (x->authenticated ? SILENCE_MS + x->unheard * BYTE_MS : patience);
}

/* Ours is the trouble, and it may pass: the friend hears that first. */
static bool
passing(enum err e)
{
	return e == ERR_FULL || e == ERR_BUSY || e == ERR_IO;
}

/* Whether the budget is used, and nothing of value is half way. */
static bool
spent(struct exchange *x)
{
	uint64_t before = x->items;

	if (x->session == NULL || (x->bytes == 0 && x->until == 0))
		return false;
	x->items = session_counted(x->session)->articles;
	x->spent = ((x->bytes > 0 && x->carried >= x->bytes) ||
		       (x->until > 0 && clock_ms() >= x->until)) &&
	    x->line_out.len == 0 && (x->plain.len == 0 || x->items != before);
	return x->spent;
}

/* ERR_OK: both said BYE, or the budget is used. ERR_MORE: the link went away. */
static enum err
converse_to_the_end(struct exchange *x, int64_t patience)
{
	enum err e = ERR_OK;

	while (e == ERR_OK && !(x->session != NULL && session_over(x->session))) {
		if ((e = step(x)) != ERR_OK || (e = flush(x)) != ERR_OK)
			break;
		if (x->session != NULL && session_over(x->session))
			break;
		if (x->eof)
			return ERR_MORE;
		if (spent(x))
			return ERR_OK;
		if (silent(x, patience))
			return ERR_BUSY;
		/* the line took all: what was held back for that is due */
		if (x->session == NULL || x->line_out.len > 0 ||
		    !session_held(x->session))
			wait(x);
		e = fill(x);
	}
	if (passing(e) && x->session != NULL) {
		log_at(LOG_ERROR, "exchange friend=%s error=\"%s\"", x->f->ring.name,
		    err_text(e));
		if (flush(x) != ERR_OK)
			return e;
	}
	while ((e == ERR_OK || passing(e)) && x->line_out.len > 0 && !x->eof &&
	    !silent(x, patience)) {
		wait(x);
		drain(x);
	}
	return e;
}

static void
tell(const struct exchange *x, enum err e)
{
	const struct session_counts *c;

	if (x->session == NULL) {
		log_at(LOG_DEBUG, "exchange friend=%s error=\"%s\"", x->f->ring.name,
		    err_text(e));
		return;
	}
	c = session_counted(x->session);
	if (c->articles + c->sent + c->paired + c->refused + c->deferred == 0 &&
	    e == ERR_OK)
		return;
	log_at(LOG_INFO,
	    "exchange friend=%s got=%llu sent=%llu packed=%llu had=%llu refused=%llu "
	    "deferred=%llu%s%s",
	    x->f->ring.name, (unsigned long long)c->articles, (unsigned long long)c->sent,
	    (unsigned long long)c->packed, (unsigned long long)c->had,
	    (unsigned long long)c->refused, (unsigned long long)c->deferred,
	    c->paired > 0 ? " paired=1" : "",
	    x->spent            ? " ended=budget"
		: e == ERR_OK   ? ""
		: e == ERR_MORE ? " ended=cut"
				: " ended=failed");
}

static enum err
exchange(struct exchange *x)
{
	int64_t patience = SILENCE_MS;
	bool again;
	enum err e, f;

	do {
		if ((e = start(x)) == ERR_OK)
			e = converse_to_the_end(x, patience);
		f = x->session == NULL ? ERR_OK : session_end(x->session);
		again = e == ERR_OK && !x->spent && session_again(x->session);
		tell(x, e);
		exchange_release(x);
		patience = AGAIN_MS;
		/* the ring has the new root only after it was read again */
		if (again && (e = batcher_enter(x->b)) == ERR_OK)
			e = batcher_leave(x->b, ERR_OK);
	} while (again && e == ERR_OK);
	/* an answerer that is not called again after a pairing has done its part */
	if (e == ERR_BUSY && patience == AGAIN_MS && !x->caller)
		e = ERR_OK;
	return e != ERR_OK ? e : f;
}

int
command_exchange(struct batcher *b, const struct arguments *a)
{
	struct exchange *x = calloc(1, sizeof *x);
	int one = -1, code = 1;
	enum err e;

	if (x == NULL)
		return 1;
	x->b = b;
	x->f = b->friends[0];
	x->caller = a->caller;
	x->bytes = a->bytes;
	x->until = a->seconds > 0 ? clock_ms() + 1000 * a->seconds : 0;
	buf_init(&x->line_in, LINE_MAX);
	buf_init(&x->line_out, 4 * LINE_MAX);
	/* one exchange a friend at a time: the lock dies with the process */
	if ((e = fs_lock(NODE_PATH(b->node, "run/exchange.%s", x->f->ring.name), false,
		 &one)) != ERR_OK) {
		code = e == ERR_BUSY ? 75 : 1;
		goto out;
	}
	if (fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK) != 0)
		goto out;
	code = exchange(x) == ERR_OK ? (x->spent ? SPENT : 0)
	    : x->known               ? 1
	    : x->answered            ? NOBODY
				     : SILENT;
out:
	if (one >= 0)
		close(one);
	exchange_release(x);
	buf_release(&x->line_in);
	buf_release(&x->line_out);
	free(x);
	return code;
}
