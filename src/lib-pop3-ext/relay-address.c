/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str-sanitize.h"
#include "smtp-address.h"

#include "pop3-ext-limits.h"
#include "relay-address.h"

#include <ctype.h>

static bool host_is_valid(const char *host)
{
	const char *p;

	for (p = host; i_isalnum(*p) || strchr(".-_:%", *p) != NULL; p++) {
		if (*p == '\0')
			break;
	}
	return *host != '\0' && *p == '\0';
}

int relay_address_parse(pool_t pool, const char *text, in_port_t default_port,
			const char **host_r, in_port_t *port_r,
			const char **error_r)
{
	const char *host = NULL;

	/* net_str2hostport() takes "host:" and "" without a complaint and then
	   leaves the host unset */
	if (net_str2hostport(text, default_port, &host, port_r) < 0 ||
	    host == NULL || !host_is_valid(host)) {
		*error_r = t_strdup_printf(
			"'%s' is not a host, host:port or [IPv6]:port",
			str_sanitize(text, POP3_EXT_MAX_QUOTED_TEXT));
		return -1;
	}
	*host_r = p_strdup(pool, host);
	return 0;
}

int submission_address_parse(pool_t pool, const char *text,
			     const char *default_domain,
			     struct smtp_address **address_r,
			     const char **error_r)
{
	struct smtp_address *address;
	const char *encoded, *error;

	if (smtp_address_parse_username(pool_datastack_create(), text,
					&address, &error) < 0) {
		*error_r = t_strdup_printf("'%s' is not a mail address: %s",
			str_sanitize(text, POP3_EXT_MAX_QUOTED_TEXT), error);
		return -1;
	}
	if (address->domain == NULL)
		address->domain = default_domain;

	/* what goes into the command has to come back from it */
	encoded = smtp_address_encode(address);
	if (strlen(encoded) > POP3_EXT_MAX_ADDRESS) {
		*error_r = t_strdup_printf("'%s' is too long a mail address",
			str_sanitize(text, POP3_EXT_MAX_QUOTED_TEXT));
		return -1;
	}
	if (smtp_address_parse_mailbox(pool, encoded, 0, address_r,
				       &error) < 0) {
		*error_r = t_strdup_printf("'%s' is not a mail address: %s",
			str_sanitize(encoded, POP3_EXT_MAX_QUOTED_TEXT), error);
		return -1;
	}
	return 0;
}
