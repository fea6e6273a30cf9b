/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* A token is MAC ":" EXPIRES ":" PRINCIPAL, with numbers in hexadecimal digits.
   The MAC is over the session's identity, a NUL, and what follows it. */

#include "lib.h"
#include "buffer.h"
#include "hex-binary.h"
#include "hmac.h"
#include "sha2.h"

#include "kpop-auth.h"

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

const char *
kpop_token_create(const buffer_t *key, const char *session_id,
		  const char *principal, time_t expires)
{
	const char *text = t_strdup_printf("%llx:%s",
					   (unsigned long long)expires,
					   principal);

	return t_strconcat(kpop_token_mac(key, session_id, text), ":", text,
			   NULL);
}

bool kpop_token_check(const buffer_t *key, const char *session_id,
		      const char *token, time_t now, const char **principal_r)
{
	const char *text = strchr(token, ':'), *principal, *mac;
	uintmax_t expires;

	if (text == NULL)
		return FALSE;
	mac = t_strdup_until(token, text++);
	if (!str_equals_timing_almost_safe(
		mac, kpop_token_mac(key, session_id, text)))
		return FALSE;
	if (str_parse_uintmax_hex(text, &expires, &principal) < 0 ||
	    *principal != ':' || expires < (uintmax_t)now)
		return FALSE;
	*principal_r = principal + 1;
	return TRUE;
}
