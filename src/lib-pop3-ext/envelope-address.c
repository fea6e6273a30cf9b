/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "smtp-address.h"

#include "envelope-address.h"
#include "pop3-ext-limits.h"
#include "reply-text.h"
#include "xmit-address.h"

#define BLANKS " \t\r\n"

static bool value_is_null_address(const char *value)
{
	value += strspn(value, BLANKS);
	if (*value++ != '<')
		return FALSE;
	value += strspn(value, BLANKS);
	if (*value++ != '>')
		return FALSE;
	return value[strspn(value, BLANKS)] == '\0';
}

enum envelope_address_type
envelope_address_parse(pool_t pool, const char *value,
		       const char *default_domain,
		       struct smtp_address **address_r)
{
	struct xmit_address_parser parser;
	const char *error;

	if (value_is_null_address(value))
		return ENVELOPE_ADDRESS_NULL;
	xmit_address_parser_init(&parser, value, strlen(value),
				 default_domain);
	if (xmit_address_parser_next(&parser, pool, address_r, &error) <= 0)
		return ENVELOPE_ADDRESS_NONE;
	return ENVELOPE_ADDRESS_FOUND;
}

bool envelope_address_is_of(const struct smtp_address *address,
			    const char *account)
{
	return strcasecmp(address->localpart, account) == 0;
}

/* RFC 5322, section 3.6.8: ftext */
static bool header_name_is_valid(const char *name)
{
	const char *p;

	for (p = name; *p > ' ' && *p < 0x7f && *p != ':'; p++) ;
	return *p == '\0' && p - name <= POP3_EXT_MAX_HEADER_NAME;
}

int envelope_headers_parse(pool_t pool, const char *value,
			   const char *const **headers_r,
			   const char **error_r)
{
	const char *const *names = t_strsplit_spaces(value, " ,"), *const *n;

	for (n = names; *n != NULL; n++) {
		if (header_name_is_valid(*n))
			continue;
		*error_r = t_strdup_printf("\"%s\" can't be the name of a "
			"header field", reply_text_sanitize(*n,
				POP3_EXT_MAX_QUOTED_TEXT));
		return -1;
	}
	if (n == names || n - names > POP3_EXT_MAX_ENVELOPE_HEADERS) {
		*error_r = t_strdup_printf("there must be 1 to %u names of "
			"header fields", POP3_EXT_MAX_ENVELOPE_HEADERS);
		return -1;
	}
	*headers_r = p_strarray_dup(pool, names);
	return 0;
}
