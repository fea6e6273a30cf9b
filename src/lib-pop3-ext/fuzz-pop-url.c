/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "fuzzer.h"

#include "pop-url.h"
#include "pop3-ext-limits.h"

static void check(bool ok, const char *what)
{
	if (!ok)
		i_panic("wrong: %s", what);
}

static bool is_clean(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	for (; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f)
			return FALSE;
	}
	return TRUE;
}

FUZZ_BEGIN_STR(const char *str)
	struct pop_url url;
	const char *error = NULL;

	if (pop_url_parse(pool_datastack_create(), str, &url, &error) < 0) {
		check(error != NULL && *error != '\0', "no error");
		check(is_clean(error), "octet of an error");
	} else {
		check(pop_url_is(str), "look of a URL");
		check(error == NULL, "error");
		check(url.host != NULL && *url.host != '\0' &&
		      is_clean(url.host), "host");
		check(url.port != 0, "port");
		check(url.user == NULL || (*url.user != '\0' &&
					   is_clean(url.user)), "user");
		check((url.mechanism != NULL) ==
		      (url.auth == POP_URL_AUTH_SASL), "mechanism");
		check(url.mechanism == NULL ||
		      (strlen(url.mechanism) <= POP_URL_MAX_MECHANISM &&
		       is_clean(url.mechanism)), "mechanism's name");
	}
FUZZ_END
