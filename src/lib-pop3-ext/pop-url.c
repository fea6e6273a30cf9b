/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* RFC 2384:

     pop://[user[;AUTH=auth]@]host[:port]

   auth is "*" (as nothing at all: the client chooses), "+APOP", another
   extension after a "+", or the name of a SASL mechanism. The user and the name
   may be %-encoded, "*" and "+" may not. There are no passwords in these URLs,
   and nothing behind the host: they name a mailbox. */

#include "lib.h"
#include "str.h"
#include "unichar.h"
#include "uri-util.h"

#include "dovecot-compat.h"
#include "pop-url.h"
#include "pop3-ext-limits.h"
#include "reply-text.h"

#define POP_PORT 110
#define POPS_PORT 995
#define POP_SCHEME "pop"
#define POPS_SCHEME "pops"
#define AUTH_PREFIX "AUTH="

static const char *quoted(const char *text)
{
	return t_strdup_printf("\"%s\"",
		reply_text_sanitize(text, POP3_EXT_MAX_QUOTED_TEXT));
}

bool pop_url_is(const char *str)
{
	size_t len = strcspn(str, ":/");

	return str_begins_with(str + len, "://") &&
		len >= strlen(POP_SCHEME) && strncasecmp(str, POP_SCHEME, 3) == 0;
}

/* What a command line can carry */
static bool is_text(const char *str)
{
	const unsigned char *p = (const unsigned char *)str;

	for (; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f)
			return FALSE;
	}
	return uni_utf8_str_is_valid(str);
}

/* RFC 4422: 1 to 20 of these */
static bool is_mechanism(const char *name)
{
	size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

	return len > 0 && len <= POP_URL_MAX_MECHANISM && name[len] == '\0';
}

static int parse_auth(struct uri_parser *parser, const char *enc,
		      struct pop_url *url, const char **error_r)
{
	const char *auth;

	if (strcmp(enc, "*") == 0)
		return 0;
	if (*enc == '+') {
		if (strcasecmp(enc, "+APOP") == 0) {
			url->auth = POP_URL_AUTH_APOP;
			return 0;
		}
		*error_r = t_strdup_printf("There is no login method %s",
					   quoted(enc));
		return -1;
	}
	if (!uri_data_decode(parser, enc, NULL, &auth) ||
	    !is_mechanism(auth = p_strdup(parser->pool, t_str_ucase(auth)))) {
		*error_r = t_strdup_printf("%s is not the name of a login "
					   "mechanism", quoted(enc));
		return -1;
	}
	url->auth = POP_URL_AUTH_SASL;
	url->mechanism = auth;
	return 0;
}

static int parse_user(struct uri_parser *parser, const char *enc,
		      struct pop_url *url, const char **error_r)
{
	const char *end = strchr(enc, ';');

	if (strchr(enc, ':') != NULL) {
		*error_r = "A password has no place in a URL";
		return -1;
	}
	if (end == NULL)
		end = enc + strlen(enc);
	else if (!str_begins_icase_with(end + 1, AUTH_PREFIX)) {
		*error_r = "After the user of a URL only ;AUTH= may follow";
		return -1;
	} else if (parse_auth(parser, end + 1 + strlen(AUTH_PREFIX),
			      url, error_r) < 0)
		return -1;

	if (end == enc) {
		/* to be asked for, which has to be said in some way */
		if (*end == '\0') {
			*error_r = "There is no user before the @";
			return -1;
		}
		return 0;
	}
	if (!uri_data_decode(parser, enc, end, &url->user)) {
		*error_r = "The user of the URL is not encoded rightly";
		return -1;
	}
	if (!is_text(url->user)) {
		*error_r = t_strdup_printf("%s is not a user name",
					   quoted(url->user));
		return -1;
	}
	return 0;
}

static int parse_scheme(struct uri_parser *parser, struct pop_url *url,
			const char **error_r)
{
	const char *scheme;

	if (uri_parse_scheme(parser, &scheme) <= 0)
		scheme = "";
	if (strcasecmp(scheme, POPS_SCHEME) == 0)
		url->tls = TRUE;
	else if (strcasecmp(scheme, POP_SCHEME) != 0) {
		*error_r = "A URL of a POP server begins with pop:// or "
			"pops://";
		return -1;
	}
	return 0;
}

static const char *host_name(pool_t pool, const struct uri_host *host)
{
	if (host->ip.family != 0)
		return p_strdup(pool, net_ip2addr(&host->ip));
	return p_strdup(pool, host->name);
}

int pop_url_parse(pool_t pool, const char *str, struct pop_url *url_r,
		  const char **error_r)
{
	struct uri_parser parser;
	struct uri_authority authority;

	i_zero(url_r);
	if (strlen(str) > POP_URL_MAX_SIZE) {
		*error_r = "The URL is too long";
		return -1;
	}
	uri_parser_init(&parser, pool, str);
	if (parse_scheme(&parser, url_r, error_r) < 0)
		return -1;
	if (uri_parse_slashslash_host_authority(&parser, &authority) <= 0) {
		*error_r = t_strdup_printf("%s has no valid host and port (%s)",
			quoted(str), parser.error == NULL ? "// is missing" :
			reply_text_sanitize(parser.error,
					    POP3_EXT_MAX_QUOTED_TEXT));
		return -1;
	}
	if (authority.enc_userinfo != NULL &&
	    parse_user(&parser, authority.enc_userinfo, url_r, error_r) < 0)
		return -1;
	url_r->host = host_name(pool, &authority.host);
	if (url_r->host == NULL || *url_r->host == '\0') {
		*error_r = t_strdup_printf("There is no host in %s",
					   quoted(str));
		return -1;
	}
	if (parser.cur < parser.end && strcmp((const char *)parser.cur, "/") != 0) {
		*error_r = "After the host and port of a URL nothing may follow";
		return -1;
	}
	url_r->port = authority.port != 0 ? authority.port :
		url_r->tls ? POPS_PORT : POP_PORT;
	return 0;
}
