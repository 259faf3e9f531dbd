#include "cli/certificate.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "lib/text.h"

#define DAYS 3650
#define NAME_LEN_MAX 253 /* of a DNS name */
#define LABEL_LEN_MAX 63
#define SERIAL_LEN 16

static bool
is_address(struct view v)
{
	char text[INET6_ADDRSTRLEN];
	unsigned char raw[16];

	if (v.len == 0 || v.len >= sizeof text)
		return false;
	memcpy(text, v.p, v.len);
	text[v.len] = '\0';
	return inet_pton(AF_INET, text, raw) == 1 || inet_pton(AF_INET6, text, raw) == 1;
}

static bool
is_label(struct view v)
{
	if (v.len == 0 || v.len > LABEL_LEN_MAX || v.p[0] == '-' || v.p[v.len - 1] == '-')
		return false;
	for (size_t i = 0; i < v.len; i++)
		if (!(v.p[i] >= 'a' && v.p[i] <= 'z') &&
		    !(v.p[i] >= 'A' && v.p[i] <= 'Z') &&
		    !(v.p[i] >= '0' && v.p[i] <= '9') && v.p[i] != '-')
			return false;
	return true;
}

bool
certificate_name(struct view v)
{
	if (is_address(v))
		return true;
	if (v.len > NAME_LEN_MAX)
		return false;
	for (;;) {
		size_t dot = view_chr(v, '.');

		if (!is_label(view_slice(v, 0, dot)))
			return false;
		if (dot == v.len)
			return true;
		v = view_slice(v, dot + 1, v.len);
	}
}

static enum err
add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	enum err e = ext != NULL && X509_add_ext(x, ext, -1) == 1 ? ERR_OK : ERR_NOMEM;

	X509_EXTENSION_free(ext);
	return e;
}

static enum err
add_names(X509 *x, char *const names[], size_t n)
{
	struct buf alt = BUF_INIT(CERTIFICATE_NAMES_MAX * (NAME_LEN_MAX + 8));
	enum err e;

	buf_adds(&alt, "DNS:localhost,IP:127.0.0.1,IP:::1");
	for (size_t i = 0; i < n; i++)
		buf_addf(&alt, ",%s:%s", is_address(view_str(names[i])) ? "IP" : "DNS",
		    names[i]);
	e = buf_cstr(&alt) == NULL
	    ? ERR_TOOBIG
	    : add_extension(x, NID_subject_alt_name, (const char *)alt.p);
	buf_release(&alt);
	return e;
}

static enum err
fill(X509 *x, EVP_PKEY *key, char *const names[], size_t n)
{
	static const unsigned char cn[] = "localhost";
	X509_NAME *subject = X509_get_subject_name(x);
	unsigned char serial[SERIAL_LEN];
	ASN1_INTEGER *s = NULL;
	BIGNUM *big = NULL;
	enum err e = ERR_NOMEM;

	if (RAND_bytes(serial, sizeof serial) != 1)
		return ERR_CRYPTO;
	serial[0] = (serial[0] & 0x7f) | 0x40; /* positive, of one length */
	if ((big = BN_bin2bn(serial, sizeof serial, NULL)) == NULL ||
	    (s = BN_to_ASN1_INTEGER(big, NULL)) == NULL)
		goto out;
	/* a day in the past: the newsreader's clock may be behind */
	if (X509_set_version(x, 2) != 1 || X509_set_serialNumber(x, s) != 1 ||
	    X509_gmtime_adj(X509_getm_notBefore(x), -86400) == NULL ||
	    X509_gmtime_adj(X509_getm_notAfter(x), DAYS * 86400l) == NULL ||
	    X509_NAME_add_entry_by_txt(
		subject, "CN", MBSTRING_ASC, cn, sizeof cn - 1, -1, 0) != 1 ||
	    X509_set_issuer_name(x, subject) != 1 || X509_set_pubkey(x, key) != 1)
		goto out;
	if ((e = add_names(x, names, n)) != ERR_OK ||
	    (e = add_extension(x, NID_basic_constraints, "critical,CA:FALSE")) !=
		ERR_OK ||
	    (e = add_extension(x, NID_key_usage, "critical,digitalSignature")) !=
		ERR_OK ||
	    (e = add_extension(x, NID_ext_key_usage, "serverAuth")) != ERR_OK)
		goto out;
	e = X509_sign(x, key, EVP_sha256()) > 0 ? ERR_OK : ERR_CRYPTO;
out:
	ASN1_INTEGER_free(s);
	BN_free(big);
	return e;
}

static enum err
take(BIO *b, struct buf *out)
{
	char *p = NULL;
	long len = BIO_get_mem_data(b, &p);

	if (len <= 0)
		return ERR_NOMEM;
	buf_reserve(out, (size_t)len);
	buf_add(out, p, (size_t)len);
	return buf_err(out);
}

enum err
certificate_make(char *const names[], size_t n, struct buf *cert, struct buf *key)
{
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	BIO *c = BIO_new(BIO_s_mem()), *k = BIO_new(BIO_s_secmem());
	enum err e = ERR_NOMEM;

	if (pair == NULL || x == NULL || c == NULL || k == NULL)
		goto out;
	if ((e = fill(x, pair, names, n)) != ERR_OK)
		goto out;
	if (PEM_write_bio_X509(c, x) != 1 ||
	    PEM_write_bio_PrivateKey(k, pair, NULL, NULL, 0, NULL, NULL) != 1) {
		e = ERR_NOMEM;
		goto out;
	}
	if ((e = take(c, cert)) == ERR_OK)
		e = take(k, key);
out:
	ERR_clear_error();
	BIO_free(k);
	BIO_free(c);
	X509_free(x);
	EVP_PKEY_free(pair);
	return e;
}

static void
show_names(const X509 *x, struct buf *out)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	char text[INET6_ADDRSTRLEN];

	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(all, i);
		const ASN1_STRING *s = g->type == GEN_DNS ? g->d.dNSName
		    : g->type == GEN_IPADD                ? g->d.iPAddress
							  : NULL;
		struct view v;
		int family;

		if (s == NULL)
			continue;
		v = (struct view){ ASN1_STRING_get0_data(s),
			(size_t)ASN1_STRING_length(s) };
		family = v.len == 4 ? AF_INET : AF_INET6;
		if (out->len > 0)
			buf_adds(out, ", ");
		if (g->type == GEN_DNS)
			text_show(out, v, NAME_LEN_MAX);
		else if ((v.len == 4 || v.len == 16) &&
		    inet_ntop(family, v.p, text, sizeof text) != NULL)
			buf_adds(out, text);
	}
	GENERAL_NAMES_free(all);
}

enum err
certificate_show(
    struct view pem, struct buf *fingerprint, struct buf *names, struct buf *until)
{
	BIO *b = BIO_new_mem_buf(pem.p, (int)pem.len);
	X509 *x = b != NULL ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
	unsigned char md[EVP_MAX_MD_SIZE];
	struct tm end = { 0 };
	unsigned len = 0;
	enum err e = ERR_SYNTAX;

	if (x == NULL || X509_digest(x, EVP_sha256(), md, &len) != 1 ||
	    ASN1_TIME_to_tm(X509_get0_notAfter(x), &end) != 1)
		goto out;
	for (unsigned i = 0; i < len; i++)
		buf_addf(fingerprint, i > 0 ? ":%02X" : "%02X", md[i]);
	show_names(x, names);
	buf_addf(
	    until, "%04d-%02d-%02d", end.tm_year + 1900, end.tm_mon + 1, end.tm_mday);
	e = buf_err(names);
out:
	ERR_clear_error();
	X509_free(x);
	BIO_free(b);
	return e;
}
