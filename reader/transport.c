#include "reader/transport.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#define ZLIB_CONST
#include <zlib.h>

#define WINDOW 15 /* RFC 8054: what a client may use of DEFLATE's window, in bits */
#define MEMLEVEL 8
#define LEVEL 6
#define AT_BLOCK 128 /* of data_type: between two blocks, no bit left over */

/* Every record and every piece fits: what is over comes from no correct caller. */
#define LINE_CAP (TRANSPORT_READ_MAX + (32u << 10))
#define OUT_CAP (4u * TRANSPORT_PIECE)

static int
line_read(BIO *b, char *p, size_t room, size_t *n)
{
	struct transport *t = BIO_get_data(b);
	size_t left = t->in.len - t->taken;

	BIO_clear_retry_flags(b);
	if (left == 0) {
		BIO_set_retry_read(b);
		return 0;
	}
	*n = left < room ? left : room;
	memcpy(p, t->in.p + t->taken, *n);
	t->taken += *n;
	return 1;
}

static int
line_write(BIO *b, const char *p, size_t len, size_t *n)
{
	struct transport *t = BIO_get_data(b);

	buf_add(&t->out, p, len);
	*n = len;
	return buf_err(&t->out) == ERR_OK;
}

static long
line_ctrl(BIO *b, int what, long num, void *p)
{
	(void)b;
	(void)num;
	(void)p;
	return what == BIO_CTRL_FLUSH;
}

static enum err
make_line(struct transport_env *env)
{
	if (env->line != NULL)
		return ERR_OK;
	env->line = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "line");
	if (env->line == NULL || BIO_meth_set_read_ex(env->line, line_read) != 1 ||
	    BIO_meth_set_write_ex(env->line, line_write) != 1 ||
	    BIO_meth_set_ctrl(env->line, line_ctrl) != 1)
		return ERR_NOMEM;
	return ERR_OK;
}

/* The certificate, then those of its chain. */
static enum err
use_chain(SSL_CTX *ctx, BIO *pem)
{
	X509 *x = PEM_read_bio_X509(pem, NULL, NULL, NULL);
	enum err e = ERR_SYNTAX;

	if (x == NULL)
		return e;
	if (SSL_CTX_use_certificate(ctx, x) != 1)
		e = ERR_CRYPTO;
	else
		e = ERR_OK;
	X509_free(x);
	while (e == ERR_OK && (x = PEM_read_bio_X509(pem, NULL, NULL, NULL)) != NULL)
		if (SSL_CTX_add0_chain_cert(ctx, x) != 1) {
			X509_free(x);
			e = ERR_CRYPTO;
		}
	return e;
}

/* A key with a passphrase cannot be used: nobody is there to be asked. */
static int
no_passphrase(char *p, int room, int writing, void *arg)
{
	(void)p;
	(void)room;
	(void)writing;
	(void)arg;
	return -1;
}

static enum err
use_key(SSL_CTX *ctx, BIO *pem)
{
	EVP_PKEY *key = PEM_read_bio_PrivateKey(pem, NULL, no_passphrase, NULL);
	enum err e = ERR_OK;

	if (key == NULL)
		return ERR_SYNTAX;
	if (SSL_CTX_use_PrivateKey(ctx, key) != 1 || SSL_CTX_check_private_key(ctx) != 1)
		e = ERR_CRYPTO;
	EVP_PKEY_free(key);
	return e;
}

static enum err
configure(SSL_CTX *ctx)
{
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1 ||
	    SSL_CTX_set_num_tickets(ctx, 0) != 1)
		return ERR_CRYPTO;
	/* sessions are long and begin seldom: nothing is kept that could be stolen */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(
	    ctx, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
	/* 33 KiB less for each connection that is idle */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	return ERR_OK;
}

enum err
transport_env_certificate(struct transport_env *env, struct view cert, struct view key)
{
	BIO *c = BIO_new_mem_buf(cert.p, (int)cert.len);
	BIO *k = BIO_new_mem_buf(key.p, (int)key.len);
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	enum err e = ERR_NOMEM;

	if (c == NULL || k == NULL || ctx == NULL)
		goto out;
	if ((e = make_line(env)) != ERR_OK || (e = configure(ctx)) != ERR_OK ||
	    (e = use_chain(ctx, c)) != ERR_OK || (e = use_key(ctx, k)) != ERR_OK)
		goto out;
	SSL_CTX_free(env->tls); /* counted: its connections have it still */
	env->tls = ctx;
	ctx = NULL;
out:
	ERR_clear_error();
	SSL_CTX_free(ctx);
	BIO_free(k);
	BIO_free(c);
	return e;
}

void
transport_env_release(struct transport_env *env)
{
	if (env->deflate != NULL)
		deflateEnd(env->deflate);
	free(env->deflate);
	SSL_CTX_free(env->tls);
	BIO_meth_free(env->line);
	buf_release(&env->packed);
	*env = (struct transport_env){ 0 };
}

void
transport_init(struct transport *t, struct transport_env *env)
{
	*t = (struct transport){
		.env = env,
		.history = BUF_INIT(1u << WINDOW),
		.in = BUF_INIT(LINE_CAP),
		.packed = BUF_INIT(LINE_CAP),
		.out = BUF_INIT(OUT_CAP),
	};
}

static void
end_inflate(struct transport *t)
{
	if (t->inflate != NULL)
		inflateEnd(t->inflate);
	free(t->inflate);
	t->inflate = NULL;
}

void
transport_release(struct transport *t)
{
	SSL_free(t->tls);
	end_inflate(t);
	buf_release(&t->history);
	buf_release(&t->in);
	buf_release(&t->packed);
	buf_release(&t->out);
}

enum err
transport_start_tls(struct transport *t)
{
	BIO *line;

	assert(t->tls == NULL && !t->deflate);
	if (t->env->tls == NULL)
		return ERR_NOTFOUND;
	if ((t->tls = SSL_new(t->env->tls)) == NULL)
		return ERR_NOMEM;
	if ((line = BIO_new(t->env->line)) == NULL) {
		SSL_free(t->tls);
		t->tls = NULL;
		return ERR_NOMEM;
	}
	BIO_set_data(line, t);
	BIO_set_init(line, 1);
	SSL_set_bio(t->tls, line, line); /* it is the session's now */
	SSL_set_accept_state(t->tls);
	return ERR_OK;
}

void
transport_start_deflate(struct transport *t, struct view waiting)
{
	t->deflate = t->between = true;
	buf_addv(t->tls != NULL ? &t->packed : &t->in, waiting);
}

bool
transport_coded(const struct transport *t)
{
	return t->tls != NULL || t->deflate;
}

bool
transport_ready(const struct transport *t)
{
	return t->tls == NULL || t->open;
}

enum err
transport_input(struct transport *t, struct view v)
{
	buf_consume(&t->in, t->taken);
	t->taken = 0;
	buf_addv(&t->in, v);
	return buf_err(&t->in);
}

/* What SSL says when it cannot go on. */
static enum err
waiting(struct transport *t, int rc)
{
	int why = SSL_get_error(t->tls, rc);

	ERR_clear_error();
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return ERR_MORE;
	return why == SSL_ERROR_ZERO_RETURN ? ERR_NOTFOUND : ERR_CRYPTO;
}

static enum err
read_tls(struct transport *t, unsigned char *p, size_t room, size_t *n)
{
	int rc;

	if (!t->open) {
		if ((rc = SSL_do_handshake(t->tls)) != 1)
			return waiting(t, rc);
		t->open = true;
	}
	rc = SSL_read_ex(t->tls, p, room, n);
	return rc == 1 ? ERR_OK : waiting(t, rc);
}

static enum err
wake_inflate(struct transport *t)
{
	if (t->inflate != NULL)
		return ERR_OK;
	if ((t->inflate = calloc(1, sizeof *t->inflate)) == NULL)
		return ERR_NOMEM;
	if (inflateInit2(t->inflate, -WINDOW) != Z_OK) {
		free(t->inflate);
		t->inflate = NULL;
		return ERR_NOMEM;
	}
	if (t->history.len > 0 &&
	    inflateSetDictionary(t->inflate, t->history.p, (unsigned)t->history.len) !=
		Z_OK)
		return ERR_NOMEM;
	buf_release(&t->history);
	return ERR_OK;
}

/* Inflates from in, or from what TLS opened, up to room bytes and no more. */
static enum err
inflate_some(struct transport *t, unsigned char *p, size_t room, size_t *n)
{
	struct buf *from = t->tls != NULL ? &t->packed : &t->in;
	size_t none = 0, *taken = t->tls != NULL ? &none : &t->taken;
	z_stream *z;
	enum err e;
	int rc;

	if ((e = wake_inflate(t)) != ERR_OK)
		return e;
	z = t->inflate;
	z->next_in = from->p + *taken;
	z->avail_in = (unsigned)(from->len - *taken);
	z->next_out = p;
	z->avail_out = (unsigned)room;
	rc = inflate(z, Z_SYNC_FLUSH);
	/* a call that found nothing to do forgets where it stands */
	if (z->avail_in < from->len - *taken || z->avail_out < room)
		t->between = (z->data_type & 0xff) == AT_BLOCK;
	*taken = from->len - z->avail_in;
	if (t->tls != NULL)
		buf_consume(from, *taken);
	*n = room - z->avail_out;
	if (*n > 0)
		return ERR_OK;
	if (rc == Z_STREAM_END)
		return ERR_NOTFOUND;
	return rc == Z_OK || rc == Z_BUF_ERROR ? ERR_MORE : ERR_SYNTAX;
}

enum err
transport_read(struct transport *t, unsigned char *p, size_t room, size_t *n)
{
	size_t got = 0;
	unsigned char *piece;
	enum err e;

	if (!t->deflate)
		return read_tls(t, p, room, n);
	for (;;) {
		if ((e = inflate_some(t, p, room, n)) != ERR_MORE || t->tls == NULL)
			return e;
		if ((piece = buf_grow(&t->packed, TRANSPORT_READ_MAX)) == NULL)
			return buf_err(&t->packed);
		e = read_tls(t, piece, TRANSPORT_READ_MAX, &got);
		buf_truncate(
		    &t->packed, t->packed.len - TRANSPORT_READ_MAX + (e ? 0 : got));
		if (e != ERR_OK)
			return e;
	}
}

/* Raw DEFLATE that ends at a byte needs nothing of what went before it. */
static enum err
pack(struct transport_env *env, struct view v, struct buf *out)
{
	unsigned char *p;
	z_stream *z;

	if (env->deflate == NULL) {
		if ((z = calloc(1, sizeof *z)) == NULL)
			return ERR_NOMEM;
		if (deflateInit2(z, LEVEL, Z_DEFLATED, -WINDOW, MEMLEVEL,
			Z_DEFAULT_STRATEGY) != Z_OK) {
			free(z);
			return ERR_NOMEM;
		}
		env->deflate = z;
	}
	z = env->deflate;
	deflateReset(z);
	z->next_in = v.p;
	z->avail_in = (unsigned)v.len;
	do {
		size_t room = deflateBound(z, z->avail_in) + 16;

		if ((p = buf_grow(out, room)) == NULL)
			return buf_err(out);
		z->next_out = p;
		z->avail_out = (unsigned)room;
		(void)deflate(z, Z_SYNC_FLUSH);
		buf_truncate(out, out->len - z->avail_out);
	} while (z->avail_out == 0);
	return ERR_OK;
}

static enum err
write_tls(struct transport *t, struct view v)
{
	size_t n;

	while (v.len > 0) {
		if (SSL_write_ex(t->tls, v.p, v.len, &n) != 1) {
			ERR_clear_error();
			return ERR_CRYPTO;
		}
		v = view_slice(v, n, v.len);
	}
	return buf_err(&t->out);
}

enum err
transport_write(struct transport *t, struct view v)
{
	struct buf *packed = &t->env->packed;
	enum err e;

	assert(transport_ready(t) && v.len <= TRANSPORT_PIECE);
	if (!t->deflate)
		return write_tls(t, v);
	if (t->tls == NULL)
		return pack(t->env, v, &t->out);
	buf_reset(packed);
	packed->cap = OUT_CAP;
	if ((e = pack(t->env, v, packed)) == ERR_OK)
		e = write_tls(t, buf_view(packed));
	return e;
}

void
transport_close(struct transport *t)
{
	if (t->tls == NULL || !t->open)
		return;
	(void)SSL_shutdown(t->tls);
	ERR_clear_error();
}

void
transport_rest(struct transport *t)
{
	unsigned len = 0;
	unsigned char *p;

	if (t->in.len == t->taken) {
		buf_release(&t->in);
		t->taken = 0;
	}
	if (t->packed.len == 0)
		buf_release(&t->packed);
	if (t->out.len == 0)
		buf_release(&t->out);
	if (t->inflate == NULL || t->in.len > 0 || t->packed.len > 0 || !t->between ||
	    inflateGetDictionary(t->inflate, NULL, &len) != Z_OK)
		return;
	if (len > 0 && (p = buf_grow(&t->history, len)) == NULL)
		return;
	if (len > 0)
		(void)inflateGetDictionary(t->inflate, p, &len);
	end_inflate(t);
}
