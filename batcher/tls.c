#include "batcher/tls.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#define PAD_LINE 16   /* the same, where every byte takes its time */
#define PAD_NEWS 64   /* steps of the lengths of records that articles are in */
#define PAD_CONTROL 8 /* and of all others */
#define PIECE 16384
#define RECORD_HEADER 5              /* RFC 8446 5.2: type, version, length */
#define RECORD_LONGEST (16384 + 256) /* that such a length may say */

struct tls {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out;
	unsigned char identity[TLS_IDENTITY];
	struct key psk;
	tls_find *find;
	void *find_ctx;
	bool open;
	size_t step;                       /* of padding, for what is being written */
	unsigned char head[RECORD_HEADER]; /* of the record that arrives */
	size_t head_len, rest;             /* bytes of it that are here; still to come */
};

static const unsigned char suite[] = { 0x13, 0x03 }; /* TLS_CHACHA20_POLY1305_SHA256 */

static SSL_SESSION *
session_of(SSL *ssl, const struct key *psk)
{
	SSL_SESSION *s = SSL_SESSION_new();
	const SSL_CIPHER *c = SSL_CIPHER_find(ssl, suite);

	if (s != NULL && c != NULL &&
	    SSL_SESSION_set1_master_key(s, psk->b, KEY_LEN) == 1 &&
	    SSL_SESSION_set_cipher(s, c) == 1 &&
	    SSL_SESSION_set_protocol_version(s, TLS1_3_VERSION) == 1)
		return s;
	SSL_SESSION_free(s);
	return NULL;
}

static int
use_psk(
    SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *len, SSL_SESSION **out)
{
	struct tls *t = SSL_get_app_data(ssl);

	(void)md;
	*id = t->identity;
	*len = sizeof t->identity;
	*out = session_of(ssl, &t->psk);
	return *out != NULL;
}

static int
find_psk(SSL *ssl, const unsigned char *id, size_t len, SSL_SESSION **out)
{
	struct tls *t = SSL_get_app_data(ssl);
	struct key psk;

	*out = NULL; /* unknown: without a certificate the handshake fails */
	if (len == TLS_IDENTITY && t->find(t->find_ctx, id, &psk) == ERR_OK) {
		*out = session_of(ssl, &psk);
		key_release(&psk);
	}
	return 1;
}

/* len counts the type's byte, too. */
static size_t
padding(SSL *ssl, int type, size_t len, void *ctx)
{
	const struct tls *t = ctx;

	(void)ssl;
	(void)type;
	return (t->step - len % t->step) % t->step;
}

static enum err
start(struct tls *t, bool caller)
{
	int group = NID_X25519;
	char algorithms[] = "ed25519";

	t->ctx = SSL_CTX_new(caller ? TLS_client_method() : TLS_server_method());
	if (t->ctx == NULL ||
	    SSL_CTX_set_min_proto_version(t->ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(t->ctx, "TLS_CHACHA20_POLY1305_SHA256") != 1 ||
	    SSL_CTX_set1_groups(t->ctx, &group, 1) != 1 ||
	    /* nobody signs with a certificate, but the list must be sent: the shortest */
	    SSL_CTX_set1_sigalgs_list(t->ctx, algorithms) != 1 ||
	    SSL_CTX_set_num_tickets(t->ctx, 0) != 1)
		return ERR_NOMEM;
	SSL_CTX_set_options(t->ctx,
	    SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_ENCRYPT_THEN_MAC |
		SSL_OP_NO_EXTENDED_MASTER_SECRET);
	SSL_CTX_clear_options(t->ctx, SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
	SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
	if ((t->ssl = SSL_new(t->ctx)) == NULL)
		return ERR_NOMEM;
	SSL_set_app_data(t->ssl, t);
	/* who does not know the PSK is nobody, whatever certificate it has */
	if (caller) {
		SSL_set_verify(t->ssl, SSL_VERIFY_PEER, NULL);
		SSL_set_psk_use_session_callback(t->ssl, use_psk);
	} else
		SSL_set_psk_find_session_callback(t->ssl, find_psk);
	t->in = BIO_new(BIO_s_mem());
	t->out = BIO_new(BIO_s_mem());
	if (t->in == NULL || t->out == NULL) {
		BIO_free(t->in);
		BIO_free(t->out);
		return ERR_NOMEM;
	}
	SSL_set_bio(t->ssl, t->in, t->out); /* they are the session's now */
	if (caller)
		SSL_set_connect_state(t->ssl);
	else
		SSL_set_accept_state(t->ssl);
	return ERR_OK;
}

static enum err
make(struct tls *t, bool caller, struct tls **out)
{
	enum err e = start(t, caller);

	if (e == ERR_OK)
		*out = t;
	else
		tls_free(t);
	return e;
}

enum err
tls_caller(
    const unsigned char identity[TLS_IDENTITY], const struct key *psk, struct tls **out)
{
	struct tls *t = calloc(1, sizeof *t);

	if (t == NULL)
		return ERR_NOMEM;
	memcpy(t->identity, identity, sizeof t->identity);
	t->psk = *psk;
	return make(t, true, out);
}

enum err
tls_answerer(tls_find *find, void *ctx, struct tls **out)
{
	struct tls *t = calloc(1, sizeof *t);

	if (t == NULL)
		return ERR_NOMEM;
	t->find = find;
	t->find_ctx = ctx;
	return make(t, false, out);
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_free(t->ssl);
	SSL_CTX_free(t->ctx);
	key_release(&t->psk);
	free(t);
}

bool
tls_open(const struct tls *t)
{
	return t->open;
}

/* Where records begin and end. */
static enum err
follow(struct tls *t, struct view v)
{
	while (v.len > 0) {
		size_t n = t->rest > 0 ? t->rest : RECORD_HEADER - t->head_len;

		if (n > v.len)
			n = v.len;
		if (t->rest > 0) {
			t->rest -= n;
		} else {
			memcpy(t->head + t->head_len, v.p, n);
			t->head_len += n;
		}
		v = view_slice(v, n, v.len);
		if (t->head_len < RECORD_HEADER)
			continue;
		t->head_len = 0;
		t->rest = (size_t)t->head[3] << 8 | t->head[4];
		if (t->rest > RECORD_LONGEST)
			return ERR_CRYPTO;
	}
	return ERR_OK;
}

bool
tls_partial(const struct tls *t)
{
	return t->head_len + t->rest > 0;
}

enum err
tls_input(struct tls *t, struct view v)
{
	enum err e;

	if (v.len == 0)
		return ERR_OK;
	if ((e = follow(t, v)) != ERR_OK)
		return e;
	return BIO_write(t->in, v.p, (int)v.len) == (int)v.len ? ERR_OK : ERR_NOMEM;
}

/* What SSL says when it cannot go on. */
static enum err
waiting(struct tls *t, int rc)
{
	int why = SSL_get_error(t->ssl, rc);

	ERR_clear_error();
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return ERR_OK;
	return why == SSL_ERROR_ZERO_RETURN ? ERR_NOTFOUND : ERR_CRYPTO;
}

enum err
tls_step(struct tls *t, struct buf *plain)
{
	int rc;

	if (!t->open) {
		if ((rc = SSL_do_handshake(t->ssl)) != 1)
			return waiting(t, rc);
		if (!SSL_session_reused(t->ssl))
			return ERR_CRYPTO; /* without the PSK */
		t->open = true;
		/* from here on: the handshake's lengths are everybody's */
		t->step = PAD_CONTROL;
		SSL_set_record_padding_callback_arg(t->ssl, t);
		if (SSL_set_record_padding_callback(t->ssl, padding) != 1)
			return ERR_NOMEM;
	}
	for (;;) {
		unsigned char *p = buf_grow(plain, PIECE);
		size_t n = 0;

		if (p == NULL)
			return buf_err(plain);
		rc = SSL_read_ex(t->ssl, p, PIECE, &n);
		buf_truncate(plain, plain->len - PIECE + (rc == 1 ? n : 0));
		if (rc != 1)
			return waiting(t, rc);
	}
}

enum err
tls_write(struct tls *t, struct view v, enum tls_pad pad)
{
	static const size_t steps[TLS_PADS] = { PAD_CONTROL, PAD_NEWS, PAD_LINE };
	size_t n;

	t->step = steps[pad];
	while (v.len > 0) {
		if (SSL_write_ex(t->ssl, v.p, v.len, &n) != 1)
			return ERR_CRYPTO;
		v = view_slice(v, n, v.len);
	}
	return ERR_OK;
}

enum err
tls_output(struct tls *t, struct buf *out)
{
	size_t n = BIO_ctrl_pending(t->out);
	unsigned char *p;

	if (n == 0)
		return ERR_OK;
	if ((p = buf_grow(out, n)) == NULL)
		return buf_err(out);
	return BIO_read(t->out, p, (int)n) == (int)n ? ERR_OK : ERR_NOMEM;
}

enum err
tls_exporter(struct tls *t, unsigned char out[32])
{
	static const char label[] = "hearsay exchange 1";

	return SSL_export_keying_material(
		   t->ssl, out, 32, label, sizeof label - 1, NULL, 0, 0) == 1
	    ? ERR_OK
	    : ERR_CRYPTO;
}
