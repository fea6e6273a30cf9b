/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "smtp-address.h"
#include "smtp-parser.h"

#include "pop3-ext-limits.h"
#include "relay-address.h"
#include "reply-text.h"
#include "xmit-address.h"

#include <ctype.h>

static const char *quoted(const char *text)
{
	return t_strdup_printf("\"%s\"",
		reply_text_sanitize(text, POP3_EXT_MAX_QUOTED_TEXT));
}

static bool is_host_name(const char *host)
{
	const char *p;

	if (strlen(host) > POP3_EXT_MAX_DOMAIN)
		return FALSE;
	for (p = host; *p != '\0'; p++) {
		if (*p == '.') {
			/* neither first nor twice */
			if (p == host || p[-1] == '.')
				return FALSE;
		} else if (!i_isalnum(*p) && *p != '_' &&
			   (*p != '-' || p == host)) {
			return FALSE;
		}
	}
	return p > host;
}

static int host_check(const char *str, const char *host, const char **error_r)
{
	struct ip_addr ip;
	struct in_addr ip4;

	if (str[0] == '[' || strchr(host, ':') != NULL) {
		if (strchr(host, ':') == NULL || strpbrk(host, "[]") != NULL ||
		    net_addr2ip(host, &ip) < 0) {
			*error_r = t_strdup_printf("%s is not an IPv6 address",
						   quoted(host));
			return -1;
		}
	} else if (host[0] != '\0' &&
		   strspn(host, "0123456789.") == strlen(host)) {
		if (inet_pton(AF_INET, host, &ip4) != 1) {
			*error_r = t_strdup_printf("%s is not an IPv4 address",
						   quoted(host));
			return -1;
		}
	} else if (!is_host_name(host)) {
		*error_r = t_strdup_printf("%s is not a host name",
					   quoted(host));
		return -1;
	}
	return 0;
}

int relay_address_parse(pool_t pool, const char *str, in_port_t default_port,
			const char **host_r, in_port_t *port_r,
			const char **error_r)
{
	/* the host's function sets these only when all is well */
	const char *host = NULL;
	in_port_t port = 0;

	if (*str == '\0') {
		*error_r = "There is no host name";
		return -1;
	}
	if (strstr(str, "://") != NULL) {
		*error_r = t_strdup_printf("%s is a URL: write HOST or "
			"HOST:PORT, without smtp://", quoted(str));
		return -1;
	}
	if (net_str2hostport(str, default_port, &host, &port) < 0) {
		*error_r = t_strdup_printf("%s is not host, host:port or "
			"[IPv6]:port with a port from 1 to 65535", quoted(str));
		return -1;
	}
	if (host_check(str, host, error_r) < 0)
		return -1;
	*host_r = p_strdup(pool, host);
	*port_r = port;
	return 0;
}

int submission_address_parse(pool_t pool, const char *name, const char *domain,
			     struct smtp_address **address_r,
			     const char **error_r)
{
	struct smtp_address *parsed;
	const char *error;

	if (smtp_address_parse_username(pool_datastack_create(), name,
					&parsed, &error) < 0) {
		*error_r = t_strdup_printf("%s can't be made an address: %s",
					   quoted(name), error);
		return -1;
	}
	if (parsed->domain != NULL)
		domain = parsed->domain;
	if (xmit_address_create(pool, parsed->localpart, domain,
				address_r, &error) < 0) {
		*error_r = t_strdup_printf("%s can't be made an address: %s",
					   quoted(name), error);
		return -1;
	}
	if (!xmit_address_is_usable(*address_r)) {
		*error_r = t_strdup_printf("%s is not ASCII, which this "
			"Dovecot can't send", quoted(name));
		return -1;
	}
	return 0;
}

/* Outside quotes these end or separate addresses. */
static bool is_one_address(const char *value, const struct smtp_address *address)
{
	struct smtp_address *parsed;
	const char *error;

	return strpbrk(address->localpart, " \t,;:<>@") == NULL ||
		smtp_address_parse_mailbox(pool_datastack_create(), value, 0,
					   &parsed, &error) == 0;
}

int submission_setting_parse(pool_t pool, const char *value, const char *domain,
			     struct smtp_address **address_r,
			     const char **error_r)
{
	if (submission_address_parse(pool, value, domain,
				     address_r, error_r) < 0)
		return -1;
	if (is_one_address(value, *address_r))
		return 0;
	*error_r = t_strdup_printf("%s is not one address", quoted(value));
	return -1;
}
