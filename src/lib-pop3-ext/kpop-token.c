/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* A token is MAC ":" KEY-ID ":" EXPIRES ":" PRINCIPAL, with numbers in
   hexadecimal digits. The MAC is over the session's identity, a NUL, and the
   rest of the token. The key's id tells a token of an earlier auth process from
   a forged one. */

#include "lib.h"
#include "buffer.h"
#include "hex-binary.h"
#include "hmac.h"
#include "sha2.h"

#include "dovecot-compat.h"
#include "kpop-auth.h"

#include <ctype.h>

/* Hexadecimal digits of a MAC */
#define KPOP_MAC_LENGTH (KPOP_PAD_SIZE * 2)

static const char *
kpop_token_mac(const buffer_t *key, const char *session_id, const char *text)
{
	struct hmac_context ctx;
	unsigned char digest[SHA256_RESULTLEN];

	hmac_init(&ctx, key->data, key->used, &hash_method_sha256);
	hmac_update(&ctx, session_id, strlen(session_id) + 1);
	hmac_update(&ctx, text, strlen(text));
	hmac_final(&ctx, digest);
	return binary_to_hex(digest, sizeof(digest));
}

/* The id is a MAC over nothing that a session can have: a text without NUL. */
static const char *kpop_token_key_id(const buffer_t *key)
{
	struct hmac_context ctx;
	unsigned char digest[SHA256_RESULTLEN];

	hmac_init(&ctx, key->data, key->used, &hash_method_sha256);
	hmac_update(&ctx, "id", strlen("id"));
	hmac_final(&ctx, digest);
	return binary_to_hex(digest, sizeof(digest) / 2);
}

/* Returns what follows the MAC and its colon, or NULL. */
static const char *kpop_token_text(const char *token)
{
	size_t i;

	for (i = 0; i < KPOP_MAC_LENGTH; i++) {
		if (!isxdigit((unsigned char)token[i]))
			return NULL;
	}
	return token[i] == ':' ? token + i + 1 : NULL;
}

const char *
kpop_token_create(const buffer_t *key, const char *session_id,
		  const char *principal, time_t expires)
{
	const char *text = t_strdup_printf("%s:%llx:%s",
					   kpop_token_key_id(key),
					   (unsigned long long)expires,
					   principal);

	return t_strconcat(kpop_token_mac(key, session_id, text), ":", text,
			   NULL);
}

enum kpop_token_result
kpop_token_check(const buffer_t *key, const char *session_id,
		 const char *token, time_t now, const char **principal_r)
{
	const char *text = kpop_token_text(token), *principal, *mac;
	uintmax_t expires;

	if (text == NULL)
		return KPOP_TOKEN_FORGED;
	if (!str_begins_with(text, t_strconcat(kpop_token_key_id(key), ":",
					       NULL)))
		return KPOP_TOKEN_STALE;
	mac = t_strndup(token, KPOP_MAC_LENGTH);
	if (!str_equals_timing_almost_safe(
		mac, kpop_token_mac(key, session_id, text)))
		return KPOP_TOKEN_FORGED;
	text = strchr(text, ':') + 1;
	if (str_parse_uintmax_hex(text, &expires, &principal) < 0 ||
	    *principal != ':')
		return KPOP_TOKEN_FORGED;
	if (expires < (uintmax_t)now)
		return KPOP_TOKEN_STALE;
	*principal_r = principal + 1;
	return KPOP_TOKEN_OK;
}

const char *
kpop_token_mask(const char *token, const unsigned char pad[KPOP_PAD_SIZE])
{
	buffer_t *mac = t_buffer_create(KPOP_PAD_SIZE);
	unsigned char *octets;
	size_t i;

	if (kpop_token_text(token) == NULL ||
	    hex_to_binary(t_strndup(token, KPOP_MAC_LENGTH), mac) < 0)
		return NULL;
	octets = buffer_get_modifiable_data(mac, NULL);
	for (i = 0; i < KPOP_PAD_SIZE; i++)
		octets[i] ^= pad[i];
	return t_strconcat(binary_to_hex(octets, KPOP_PAD_SIZE),
			   token + KPOP_MAC_LENGTH, NULL);
}
