/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"

#include "test-cert.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define CERT_DAYS 2

static const char *bio_text(BIO *bio)
{
	const char *text;
	char *data;
	long size;

	size = BIO_get_mem_data(bio, &data);
	text = t_strndup(data, size);
	BIO_free(bio);
	return text;
}

static void cert_add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (ext == NULL)
		i_fatal("test certificate: bad extension %s", value);
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
}

void test_cert_create(const char *name, const char **cert_r,
		      const char **key_r)
{
	EVP_PKEY *key;
	X509 *cert;
	X509_NAME *subject;
	BIO *bio;

	key = EVP_EC_gen("P-256");
	cert = X509_new();
	if (key == NULL || cert == NULL)
		i_fatal("test certificate: OpenSSL failed");
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -CERT_DAYS * 24 * 3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), CERT_DAYS * 24 * 3600);
	X509_set_pubkey(cert, key);
	subject = X509_get_subject_name(cert);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
				   (const unsigned char *)"relay", -1, -1, 0);
	X509_set_issuer_name(cert, subject);
	cert_add_extension(cert, NID_basic_constraints, "critical,CA:TRUE");
	cert_add_extension(cert, NID_subject_alt_name, name == NULL ?
			   "IP:127.0.0.1" : t_strconcat("DNS:", name, NULL));
	if (X509_sign(cert, key, EVP_sha256()) == 0)
		i_fatal("test certificate: signing failed");

	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(bio, cert);
	*cert_r = bio_text(bio);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	*key_r = bio_text(bio);
	X509_free(cert);
	EVP_PKEY_free(key);
}
