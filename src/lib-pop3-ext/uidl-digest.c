/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* A digest of what survives when a message is copied by IMAP, converted to
   another storage, or restored: an octet-wise filter in front of SHA-256. */

#include "lib.h"
#include "buffer.h"

#include "pop3-ext-limits.h"
#include "uidl-digest.h"

#include <openssl/evp.h>

/* longer than any name that is left out */
#define NAME_MAX_LEN 32

enum digest_state {
	/* in a header field's name: it is kept back until the colon */
	STATE_NAME,
	STATE_FIELD,
	STATE_FIELD_SKIPPED,
	/* after the line end of a field: does it go on? */
	STATE_FIELD_END,
	STATE_BODY_LINE,
	STATE_BODY,
	STATE_DONE,
};

struct uidl_digest {
	EVP_MD_CTX *md;
	enum digest_state state;
	bool skipped;
	char name[NAME_MAX_LEN];
	unsigned int name_len;
	size_t header_size, body_size;
	/* line ends that count only when something follows */
	unsigned int newlines;
	/* octets that were read and do not count, or not yet */
	unsigned int left_out;
	/* the last octet was CR */
	bool cr;
	buffer_t *out;
};

/* Changed by servers and programs, or made by the delivery. */
static const char *const volatile_fields[] = {
	"Content-Length", "Delivered-To", "Delivery-Date", "Envelope-To",
	"Lines", "Return-Path", "Status", "X-IMAP", "X-IMAPbase",
	"X-Keywords", "X-Mozilla-Keys", "X-Mozilla-Status",
	"X-Mozilla-Status2", "X-Original-To", "X-Status", "X-UID", "X-UIDL",
	NULL
};

static void sha256_short(EVP_MD_CTX *md, unsigned char dest[UIDL_DIGEST_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len;

	if (EVP_DigestFinal_ex(md, digest, &len) != 1)
		i_fatal("EVP_DigestFinal_ex() failed");
	memcpy(dest, digest, UIDL_DIGEST_SIZE);
}

/* The context keeps what uidl_digest_init() has looked up: that takes as long
   as to digest a short text. */
static void sha256_begin(EVP_MD_CTX *md)
{
	if (EVP_DigestInit_ex(md, NULL, NULL) != 1)
		i_fatal("EVP_DigestInit_ex(SHA-256) failed");
}

static void sha256_more(EVP_MD_CTX *md, const void *data, size_t size)
{
	if (EVP_DigestUpdate(md, data, size) != 1)
		i_fatal("EVP_DigestUpdate() failed");
}

struct uidl_digest *uidl_digest_init(void)
{
	struct uidl_digest *digest;

	digest = i_new(struct uidl_digest, 1);
	digest->out = buffer_create_dynamic(default_pool, 1024);
	digest->md = EVP_MD_CTX_new();
	if (digest->md == NULL)
		i_fatal_status(FATAL_OUTOFMEM, "EVP_MD_CTX_new() failed");
	if (EVP_DigestInit_ex(digest->md, EVP_sha256(), NULL) != 1)
		i_fatal("EVP_DigestInit_ex(SHA-256) failed");
	return digest;
}

void uidl_digest_deinit(struct uidl_digest **_digest)
{
	struct uidl_digest *digest = *_digest;

	if (digest == NULL)
		return;
	*_digest = NULL;
	EVP_MD_CTX_free(digest->md);
	buffer_free(&digest->out);
	i_free(digest);
}

void uidl_digest_guid(struct uidl_digest *digest, const char *guid,
		      unsigned char dest[UIDL_DIGEST_SIZE])
{
	sha256_begin(digest->md);
	sha256_more(digest->md, guid, strlen(guid));
	sha256_short(digest->md, dest);
	digest->state = STATE_DONE;
}

void uidl_guid_digest(const char *guid, unsigned char dest[UIDL_DIGEST_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len;

	if (EVP_Digest(guid, strlen(guid), digest, &len, EVP_sha256(),
		       NULL) != 1)
		i_fatal("EVP_Digest(SHA-256) failed");
	memcpy(dest, digest, UIDL_DIGEST_SIZE);
}

static void digest_field_begin(struct uidl_digest *digest)
{
	digest->state = STATE_NAME;
	digest->name_len = 0;
}

void uidl_digest_begin(struct uidl_digest *digest)
{
	sha256_begin(digest->md);
	buffer_set_used_size(digest->out, 0);
	digest->header_size = digest->body_size = 0;
	digest->newlines = digest->left_out = 0;
	digest->cr = FALSE;
	digest_field_begin(digest);
}

/* Without an end to these a message of 3 GB would be read for nothing. */
static void digest_left_out(struct uidl_digest *digest)
{
	if (++digest->left_out >= UIDL_DIGEST_MAX_LEFT_OUT)
		digest->state = STATE_DONE;
}

static bool digest_name_is_volatile(struct uidl_digest *digest)
{
	unsigned int i;

	for (i = 0; volatile_fields[i] != NULL; i++) {
		if (strlen(volatile_fields[i]) == digest->name_len &&
		    strncasecmp(volatile_fields[i], digest->name,
				digest->name_len) == 0)
			return TRUE;
	}
	return FALSE;
}

/* The name's end has been seen, or it is too long to be one of ours. */
static void digest_name_end(struct uidl_digest *digest, bool colon)
{
	digest->skipped = colon && digest_name_is_volatile(digest);
	digest->state = digest->skipped ? STATE_FIELD_SKIPPED : STATE_FIELD;
	if (!digest->skipped)
		buffer_append(digest->out, digest->name, digest->name_len);
}

static void digest_name(struct uidl_digest *digest, unsigned char chr)
{
	if (chr == '\n' && digest->name_len == 0) {
		/* the empty line */
		buffer_append_c(digest->out, '\n');
		digest->state = STATE_BODY_LINE;
		return;
	}
	if (chr != ':' && chr != '\n' && digest->name_len < NAME_MAX_LEN) {
		digest->name[digest->name_len++] = chr;
		return;
	}
	digest_name_end(digest, chr == ':');
	if (!digest->skipped)
		buffer_append_c(digest->out, chr);
	if (chr == '\n')
		digest->state = STATE_FIELD_END;
}

static void digest_field(struct uidl_digest *digest, unsigned char chr)
{
	if (!digest->skipped)
		buffer_append_c(digest->out, chr);
	if (chr == '\n')
		digest->state = STATE_FIELD_END;
}

static void digest_field_end(struct uidl_digest *digest, unsigned char chr)
{
	if (chr == ' ' || chr == '\t') {
		digest->state = digest->skipped ?
			STATE_FIELD_SKIPPED : STATE_FIELD;
		digest_field(digest, chr);
		return;
	}
	digest_field_begin(digest);
	digest_name(digest, chr);
}

static void digest_body(struct uidl_digest *digest, unsigned char chr)
{
	if (chr == '\n') {
		digest->newlines++;
		digest->state = STATE_BODY_LINE;
		digest_left_out(digest);
		return;
	}
	if (chr == '>' && digest->state == STATE_BODY_LINE) {
		digest_left_out(digest);
		return;
	}
	digest->state = STATE_BODY;
	for (; digest->newlines > 0 &&
	     digest->body_size < UIDL_DIGEST_MAX_BODY; digest->newlines--) {
		buffer_append_c(digest->out, '\n');
		digest->body_size++;
	}
	if (digest->body_size < UIDL_DIGEST_MAX_BODY) {
		buffer_append_c(digest->out, chr);
		digest->body_size++;
	}
	if (digest->body_size >= UIDL_DIGEST_MAX_BODY)
		digest->state = STATE_DONE;
}

/* Octets in the middle of a field or a line of the body, at once: nearly all are
   such ones. Returns how many. */
static size_t
digest_run(struct uidl_digest *digest, const unsigned char *data, size_t size)
{
	static const bool is_special[256] = {
		['\0'] = TRUE, ['\n'] = TRUE, ['\r'] = TRUE, [0x80] = TRUE,
	};
	bool body = digest->state == STATE_BODY;
	size_t run;

	if (body) {
		/* the last one that counts ends it */
		size = I_MIN(size, UIDL_DIGEST_MAX_BODY - 1 -
			     digest->body_size);
	} else if (digest->state == STATE_FIELD ||
		   digest->state == STATE_FIELD_SKIPPED) {
		size = I_MIN(size, POP3_EXT_MAX_HEADER_SIZE -
			     digest->header_size);
	} else {
		return 0;
	}
	for (run = 0; run < size && !is_special[data[run]]; run++) ;
	if (body || !digest->skipped)
		buffer_append(digest->out, data, run);
	if (body)
		digest->body_size += run;
	else
		digest->header_size += run;
	return run;
}

/* Does it not count, wherever it stands? */
static bool digest_is_volatile(struct uidl_digest *digest, unsigned char chr)
{
	bool cr = digest->cr;

	digest->cr = chr == '\r';
	switch (chr) {
	case '\r':
		/* storages have one before each LF, or none */
		if (cr)
			digest_left_out(digest);
		return TRUE;
	case '\0':
	case 0x80:
		digest_left_out(digest);
		return TRUE;
	default:
		return FALSE;
	}
}

static void digest_octet(struct uidl_digest *digest, unsigned char chr)
{
	if (digest_is_volatile(digest, chr))
		return;
	if (digest->state < STATE_BODY_LINE &&
	    ++digest->header_size > POP3_EXT_MAX_HEADER_SIZE) {
		digest->state = STATE_DONE;
		return;
	}
	switch (digest->state) {
	case STATE_NAME:
		digest_name(digest, chr);
		break;
	case STATE_FIELD:
	case STATE_FIELD_SKIPPED:
		digest_field(digest, chr);
		break;
	case STATE_FIELD_END:
		digest_field_end(digest, chr);
		break;
	case STATE_BODY_LINE:
	case STATE_BODY:
		digest_body(digest, chr);
		break;
	case STATE_DONE:
		break;
	}
}

bool uidl_digest_more(struct uidl_digest *digest, const unsigned char *data,
		      size_t size)
{
	size_t i, run;

	for (i = 0; i < size && digest->state != STATE_DONE; i++) {
		run = digest_run(digest, data + i, size - i);
		if (run > 0)
			digest->cr = FALSE;
		i += run;
		if (i < size)
			digest_octet(digest, data[i]);
	}
	sha256_more(digest->md, digest->out->data, digest->out->used);
	buffer_set_used_size(digest->out, 0);
	return digest->state != STATE_DONE;
}

void uidl_digest_end(struct uidl_digest *digest,
		     unsigned char dest[UIDL_DIGEST_SIZE])
{
	if (digest->state == STATE_NAME) {
		digest_name_end(digest, FALSE);
		sha256_more(digest->md, digest->out->data, digest->out->used);
	}
	sha256_short(digest->md, dest);
	digest->state = STATE_DONE;
}
