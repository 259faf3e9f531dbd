/* links: reader */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#define ZLIB_CONST
#include <zlib.h>

#include "reader/peers.h"
#include "reader/transport.h"

/* The client's side of a line, by the libraries themselves. */
struct client {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out;
	z_stream deflate, inflate;
};

struct line {
	struct transport_env env;
	struct transport t;
	struct client c;
	bool tls, packed;
};

/* A certificate of our own, PEM, and its key. */
static void
make_pair(struct buf *cert, struct buf *key)
{
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	BIO *b = BIO_new(BIO_s_mem());
	char *p;
	long len;

	assert_non_null(pair);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, pair);
	assert_true(X509_sign(x, pair, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509(b, x), 1);
	len = BIO_get_mem_data(b, &p);
	buf_add(cert, p, (size_t)len);
	(void)BIO_reset(b);
	assert_int_equal(PEM_write_bio_PrivateKey(b, pair, NULL, NULL, 0, NULL, NULL), 1);
	len = BIO_get_mem_data(b, &p);
	buf_add(key, p, (size_t)len);
	BIO_free(b);
	X509_free(x);
	EVP_PKEY_free(pair);
}

static void
give_certificate(struct transport_env *env)
{
	struct buf cert = BUF_INIT(4096), key = BUF_INIT(4096);

	make_pair(&cert, &key);
	assert_int_equal(
	    transport_env_certificate(env, buf_view(&cert), buf_view(&key)), ERR_OK);
	buf_release(&cert);
	buf_release(&key);
}

/* What the server sent reaches the client's TLS, and the other way round, until neither
 * has more to say. plain: what the server reads. */
static enum err
exchange(struct line *l, struct buf *plain)
{
	unsigned char piece[1024];
	enum err e = ERR_MORE;
	size_t n;
	int len;

	for (;;) {
		if (l->t.out.len > 0) {
			BIO_write(l->c.in, l->t.out.p, (int)l->t.out.len);
			buf_reset(&l->t.out);
		}
		if (!SSL_is_init_finished(l->c.ssl))
			SSL_do_handshake(l->c.ssl);
		if ((len = BIO_read(l->c.out, piece, sizeof piece)) <= 0)
			return e;
		assert_int_equal(
		    transport_input(&l->t, (struct view){ piece, (size_t)len }), ERR_OK);
		while ((e = transport_read(&l->t, piece, sizeof piece, &n)) == ERR_OK)
			buf_add(plain, piece, n);
		if (e != ERR_MORE)
			return e;
	}
}

static void
open_line(struct line *l, bool tls, bool packed)
{
	struct buf none = BUF_INIT(16);

	*l = (struct line){ .tls = tls, .packed = packed };
	transport_init(&l->t, &l->env);
	if (tls) {
		give_certificate(&l->env);
		assert_int_equal(transport_start_tls(&l->t), ERR_OK);
		l->c.ctx = SSL_CTX_new(TLS_client_method());
		l->c.ssl = SSL_new(l->c.ctx);
		l->c.in = BIO_new(BIO_s_mem());
		l->c.out = BIO_new(BIO_s_mem());
		SSL_set_bio(l->c.ssl, l->c.in, l->c.out);
		SSL_set_connect_state(l->c.ssl);
		assert_false(transport_ready(&l->t));
		assert_int_equal(exchange(l, &none), ERR_MORE);
		assert_true(transport_ready(&l->t));
	}
	if (packed) {
		transport_start_deflate(&l->t, (struct view){ 0 });
		assert_int_equal(
		    deflateInit2(&l->c.deflate, 9, Z_DEFLATED, -15, 9, 0), Z_OK);
		assert_int_equal(inflateInit2(&l->c.inflate, -15), Z_OK);
	}
	buf_release(&none);
}

static void
close_line(struct line *l)
{
	if (l->packed) {
		deflateEnd(&l->c.deflate);
		inflateEnd(&l->c.inflate);
	}
	SSL_free(l->c.ssl);
	SSL_CTX_free(l->c.ctx);
	transport_release(&l->t);
	transport_env_release(&l->env);
}

/* As the client codes it. */
static void
client_code(struct line *l, struct view v, struct buf *wire)
{
	z_stream *z = &l->c.deflate;

	if (!l->packed) {
		buf_addv(wire, v);
		return;
	}
	z->next_in = v.p;
	z->avail_in = (unsigned)v.len;
	do {
		unsigned char *p = buf_grow(wire, 65536);

		z->next_out = p;
		z->avail_out = 65536;
		(void)deflate(z, Z_SYNC_FLUSH);
		buf_truncate(wire, wire->len - z->avail_out);
	} while (z->avail_out == 0);
}

/* The client says v, the server reads it, in pieces of so many bytes. */
static void
hear(struct line *l, struct view v, size_t piece, struct buf *plain)
{
	struct buf wire = BUF_INIT(1u << 20);
	unsigned char got[512];
	enum err e = ERR_MORE;
	size_t n;

	client_code(l, v, &wire);
	for (size_t at = 0; at < wire.len; at += piece) {
		struct view part = view_slice(buf_view(&wire), at, piece);

		if (l->tls) {
			assert_true(SSL_write(l->c.ssl, part.p, (int)part.len) > 0);
			e = exchange(l, plain);
		} else {
			assert_int_equal(transport_input(&l->t, part), ERR_OK);
			while ((e = transport_read(&l->t, got, sizeof got, &n)) == ERR_OK)
				buf_add(plain, got, n);
		}
		assert_int_equal(e, ERR_MORE);
	}
	buf_release(&wire);
}

/* The server says v; what the client makes of it. */
static void
say(struct line *l, struct view v, struct buf *plain)
{
	struct buf wire = BUF_INIT(1u << 20);
	z_stream *z = &l->c.inflate;
	unsigned char got[4096];
	int len;

	assert_int_equal(transport_write(&l->t, v), ERR_OK);
	if (l->tls) {
		BIO_write(l->c.in, l->t.out.p, (int)l->t.out.len);
		while ((len = SSL_read(l->c.ssl, got, sizeof got)) > 0)
			buf_add(&wire, got, (size_t)len);
	} else
		buf_addv(&wire, buf_view(&l->t.out));
	buf_reset(&l->t.out);
	if (!l->packed)
		buf_addv(plain, buf_view(&wire));
	z->next_in = wire.p;
	z->avail_in = (unsigned)wire.len;
	while (l->packed && z->avail_in > 0) {
		z->next_out = got;
		z->avail_out = sizeof got;
		assert_int_equal(inflate(z, Z_SYNC_FLUSH), Z_OK);
		buf_add(plain, got, sizeof got - z->avail_out);
	}
	buf_release(&wire);
}

static const struct kind {
	bool tls, packed;
} kinds[] = { { true, false }, { false, true }, { true, true } };
#define KINDS (sizeof kinds / sizeof kinds[0])

static void
both_sides_hear_what_the_other_said(void **state)
{
	static const size_t pieces[] = { 1, 7, 4096 };
	struct buf text = BUF_INIT(1u << 20), heard = BUF_INIT(1u << 20);
	struct line l;

	(void)state;
	for (int i = 0; i < 3000; i++)
		buf_addf(&text, "STAT %d\r\n", i * 7919);
	for (size_t k = 0; k < KINDS; k++)
		for (size_t i = 0; i < 3; i++) {
			open_line(&l, kinds[k].tls, kinds[k].packed);
			for (int round = 0; round < 3; round++) {
				buf_reset(&heard);
				hear(&l, view_slice(buf_view(&text), 0, 3000), pieces[i],
				    &heard);
				assert_true(view_eq(buf_view(&heard),
				    view_slice(buf_view(&text), 0, 3000)));
				buf_reset(&heard);
				say(&l, view_slice(buf_view(&text), 0, TRANSPORT_PIECE),
				    &heard);
				assert_true(view_eq(buf_view(&heard),
				    view_slice(buf_view(&text), 0, TRANSPORT_PIECE)));
			}
			close_line(&l);
		}
	buf_release(&text);
	buf_release(&heard);
}

static void
a_rest_in_between_changes_nothing_and_keeps_little(void **state)
{
	struct buf heard = BUF_INIT(1u << 20), text = BUF_INIT(1u << 20);
	struct line l;

	(void)state;
	for (int i = 0; i < 4000; i++)
		buf_addf(&text, "ARTICLE <%d@rest.example>\r\n", i);
	for (size_t k = 0; k < KINDS; k++) {
		open_line(&l, kinds[k].tls, kinds[k].packed);
		transport_rest(&l.t);
		for (size_t at = 0; at < text.len; at += 9000) {
			struct view v = view_slice(buf_view(&text), at, 9000);

			buf_reset(&heard);
			hear(&l, v, 4096, &heard);
			assert_true(view_eq(buf_view(&heard), v));
			transport_rest(&l.t);
			assert_null(l.t.inflate);
			assert_int_equal(l.t.in.room + l.t.packed.room + l.t.out.room, 0);
			assert_in_range(l.t.history.room, 0, 32768);
			buf_reset(&heard);
			say(&l, v, &heard);
			assert_true(view_eq(buf_view(&heard), v));
		}
		close_line(&l);
	}
	buf_release(&heard);
	buf_release(&text);
}

static void
a_read_never_gives_more_than_it_was_asked_for(void **state)
{
	struct buf wire = BUF_INIT(1u << 20);
	unsigned char got[100];
	struct line l;
	size_t n, sum = 0;
	char *zeros = calloc(1, 4u << 20);

	(void)state;
	open_line(&l, false, true);
	client_code(&l, (struct view){ (unsigned char *)zeros, 4u << 20 }, &wire);
	assert_in_range(wire.len, 1, TRANSPORT_READ_MAX);
	assert_int_equal(transport_input(&l.t, buf_view(&wire)), ERR_OK);
	while (transport_read(&l.t, got, sizeof got, &n) == ERR_OK) {
		assert_in_range(n, 1, sizeof got);
		sum += n;
	}
	assert_int_equal(sum, 4u << 20);
	close_line(&l);
	buf_release(&wire);
	free(zeros);
}

static void
what_is_no_tls_and_no_deflate_ends_it(void **state)
{
	static const char *const junk[] = { "GET / HTTP/1.1\r\n\r\n", "DATE\r\nDATE\r\n",
		"\x16\x03\x01\xff\xff", "\x07\x07\x07\x07" };
	unsigned char got[100];
	struct line l;
	enum err e;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++)
		for (int tls = 0; tls < 2; tls++) {
			l = (struct line){ 0 };
			transport_init(&l.t, &l.env);
			if (tls) {
				give_certificate(&l.env);
				assert_int_equal(transport_start_tls(&l.t), ERR_OK);
			} else
				transport_start_deflate(&l.t, (struct view){ 0 });
			assert_int_equal(
			    transport_input(&l.t, view_str(junk[i])), ERR_OK);
			while ((e = transport_read(&l.t, got, sizeof got, &n)) == ERR_OK)
				;
			/* a start of something longer may be awaited, nothing is heard */
			assert_true(
			    e == ERR_MORE || e == (tls ? ERR_CRYPTO : ERR_SYNTAX));
			assert_false(transport_ready(&l.t) && tls);
			close_line(&l);
		}
}

static void
what_waits_behind_compress_is_deflated_already(void **state)
{
	struct buf wire = BUF_INIT(1u << 20);
	unsigned char got[100];
	struct line l;
	size_t n;

	(void)state;
	open_line(&l, false, true);
	client_code(&l, VIEW_LIT("DATE\r\n"), &wire);
	transport_start_deflate(&l.t, buf_view(&wire));
	assert_int_equal(transport_read(&l.t, got, sizeof got, &n), ERR_OK);
	assert_int_equal(n, 6);
	assert_memory_equal(got, "DATE\r\n", 6);
	close_line(&l);
	buf_release(&wire);
}

static void
a_pair_that_is_none_is_refused_and_the_old_one_stays(void **state)
{
	struct buf cert = BUF_INIT(4096), key = BUF_INIT(4096), other = BUF_INIT(4096),
		   junk = BUF_INIT(4096);
	struct transport_env env = { 0 };
	struct transport t;
	struct ssl_ctx_st *good;

	(void)state;
	transport_init(&t, &env);
	assert_int_equal(transport_start_tls(&t), ERR_NOTFOUND);
	make_pair(&cert, &key);
	make_pair(&junk, &other);
	assert_int_equal(
	    transport_env_certificate(&env, buf_view(&cert), buf_view(&key)), ERR_OK);
	good = env.tls;
	assert_int_equal(
	    transport_env_certificate(&env, buf_view(&cert), buf_view(&other)),
	    ERR_CRYPTO);
	assert_int_equal(
	    transport_env_certificate(&env, buf_view(&key), buf_view(&key)), ERR_SYNTAX);
	assert_int_equal(
	    transport_env_certificate(&env, buf_view(&cert), VIEW_LIT("nonsense")),
	    ERR_SYNTAX);
	assert_ptr_equal(env.tls, good);
	transport_release(&t);
	transport_env_release(&env);
	buf_release(&cert);
	buf_release(&key);
	buf_release(&other);
	buf_release(&junk);
}

static enum err
enter(struct peers *p, const char *text, int64_t now, int *place)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6 };

	assert_int_equal(inet_pton(AF_INET6, text, &a.sin6_addr), 1);
	return peers_enter(p, (struct sockaddr *)&a, now, place);
}

static void
an_address_has_so_many_connections_and_no_more(void **state)
{
	struct peers p;
	int place[3], other, local;

	(void)state;
	peers_init(&p, 2, 0);
	assert_int_equal(enter(&p, "2001:db8::1", 1000, &place[0]), ERR_OK);
	assert_int_equal(enter(&p, "2001:db8::2", 1000, &place[1]), ERR_OK);
	assert_int_equal(enter(&p, "2001:db8::3", 1000, &place[2]), ERR_TOOBIG);
	assert_int_equal(enter(&p, "2001:db8:0:1::1", 1000, &other), ERR_OK);
	assert_int_equal(enter(&p, "::ffff:192.0.2.1", 1000, &other), ERR_OK);
	assert_int_equal(enter(&p, "::ffff:192.0.2.2", 1000, &other), ERR_OK);
	peers_leave(&p, place[0]);
	assert_int_equal(enter(&p, "2001:db8::4", 1000, &place[2]), ERR_OK);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(
		    enter(&p, i & 1 ? "::1" : "::ffff:127.0.0.9", 1000, &local), ERR_OK);
		assert_int_equal(local, PEERS_NONE);
	}
	peers_release(&p);
}

static void
an_address_connects_so_often_a_minute_and_no_oftener(void **state)
{
	struct peers p;
	int place;

	(void)state;
	peers_init(&p, 0, 30);
	for (int i = 0; i < 30; i++) {
		assert_int_equal(enter(&p, "2001:db8::1", 1000, &place), ERR_OK);
		peers_leave(&p, place);
	}
	assert_int_equal(enter(&p, "2001:db8::1", 1000, &place), ERR_BUSY);
	assert_int_equal(enter(&p, "2001:db8::1", 1001, &place), ERR_BUSY);
	assert_int_equal(enter(&p, "2001:db8::1", 1002, &place), ERR_OK);
	assert_int_equal(enter(&p, "2001:db8::1", 1002, &place), ERR_BUSY);
	/* a clock that was set back locks nobody out */
	assert_int_equal(enter(&p, "2001:db8::1", 500, &place), ERR_OK);
	assert_int_equal(enter(&p, "2001:db8:1::1", 1002, &place), ERR_OK);
	peers_release(&p);
}

static void
memory_for_addresses_is_fixed_and_who_is_connected_stays_known(void **state)
{
	struct peers p;
	int place, mine;
	char text[64];

	(void)state;
	peers_init(&p, 1, 0);
	assert_int_equal(enter(&p, "2001:db8::1", 1, &mine), ERR_OK);
	for (int i = 0; i < 20000; i++) {
		snprintf(text, sizeof text, "2001:db8:%x:%x::1", 1 + i / 5000, i % 5000);
		if (enter(&p, text, 1000 + i, &place) == ERR_OK)
			peers_leave(&p, place);
	}
	assert_int_equal(enter(&p, "2001:db8::1", 30000, &place), ERR_TOOBIG);
	peers_leave(&p, mine);
	assert_int_equal(enter(&p, "2001:db8::1", 30000, &place), ERR_OK);
	peers_release(&p);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_sides_hear_what_the_other_said),
		cmocka_unit_test(a_rest_in_between_changes_nothing_and_keeps_little),
		cmocka_unit_test(a_read_never_gives_more_than_it_was_asked_for),
		cmocka_unit_test(what_is_no_tls_and_no_deflate_ends_it),
		cmocka_unit_test(what_waits_behind_compress_is_deflated_already),
		cmocka_unit_test(a_pair_that_is_none_is_refused_and_the_old_one_stays),
		cmocka_unit_test(an_address_has_so_many_connections_and_no_more),
		cmocka_unit_test(an_address_connects_so_often_a_minute_and_no_oftener),
		cmocka_unit_test(
		    memory_for_addresses_is_fixed_and_who_is_connected_stays_known),
	};

	return cmocka_run_group_tests_name("transport", tests, NULL, NULL);
}
