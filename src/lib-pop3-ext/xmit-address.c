/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* XMIT-ADDRESS - addresses of a message for SMTP commands

   address-list = element *("," element)
   element      = [mailbox / group]
   group        = phrase ":" [mailbox *("," [mailbox])] ";"
   mailbox      = [phrase] "<" addr-spec ">" / addr-spec

   The host's parser of addresses does its best with anything, and stops
   silently at what it can't read at all; for sending mail both are wrong: each
   recipient is there, or the message is refused. So the list is cut here, by
   the host's tokens (strings, comments, blanks), and the host's parser reads one
   element at a time with a known address behind it: when that one doesn't come
   out as it went in, something was left unread. What the host makes of an
   address is then tried as an SMTP address, which also proves that its quoting
   can be undone.

   To: Bob <bob@example.net>, list: carol, "d e"@example.net;  =>
       bob@example.net, carol@DEFAULT-DOMAIN, "d e"@example.net

   Refused: source routes, missing local parts, anything behind an address. An
   unquoted "@" in a display name is passed over, as sendmail does. */

#include "lib.h"
#include "str.h"
#include "unichar.h"
#include "message-address.h"
#include "smtp-address.h"
#include "smtp-parser.h"

#include "pop3-ext-limits.h"
#include "reply-text.h"
#include "xmit-address.h"

#define SENTINEL "sentinel"
/* Any octet of a character that is not ASCII */
#define NON_ASCII(c) (((unsigned char)(c) & 0x80) != 0)

static bool str_is_ascii(const char *str)
{
	for (; *str != '\0'; str++) {
		if (NON_ASCII(*str))
			return FALSE;
	}
	return TRUE;
}

bool xmit_address_is_ascii(const struct smtp_address *address)
{
	return str_is_ascii(address->localpart) &&
		str_is_ascii(address->domain);
}

bool xmit_address_is_usable(const struct smtp_address *address)
{
	/* any octet of UTF-8 will do */
	return xmit_address_is_ascii(address) || smtp_char_is_atext(0xc3);
}

const char *xmit_address_to_text(const struct smtp_address *address)
{
	if (xmit_address_is_usable(address))
		return smtp_address_encode(address);
	return t_strconcat(address->localpart, "@", address->domain, NULL);
}

/*
 * One address
 */

/* No control characters, also none of those above ASCII, and no separators of
   lines and paragraphs. */
static bool str_is_printable(const char *str)
{
	unichar_t chr;
	int size;

	for (; *str != '\0'; str += size) {
		size = uni_utf8_get_char(str, &chr);
		if (size <= 0 || chr < 0x20 || (chr >= 0x7f && chr < 0xa0) ||
		    chr == 0x2028 || chr == 0x2029)
			return FALSE;
	}
	return TRUE;
}

/* The string with ASCII letters in place of other characters: what is left is
   the syntax. */
static const char *str_skeleton(const char *str)
{
	char *skeleton = t_strdup_noconst(str), *p;

	for (p = skeleton; *p != '\0'; p++) {
		if (NON_ASCII(*p))
			*p = 'x';
	}
	return skeleton;
}

/* Literals of SMTP may hold more than IP addresses, but nobody uses those. */
static bool domain_is_valid(const char *domain)
{
	return domain[0] != '[' ||
		strspn(domain + 1, "0123456789abcdefABCDEF:.IPv]") ==
		strlen(domain + 1);
}

static int
address_check_syntax(const char *localpart, const char *domain,
		     const char **error_r)
{
	struct smtp_address address, *parsed;
	const char *text, *error;

	smtp_address_init(&address, str_skeleton(localpart),
			  str_skeleton(domain));
	text = smtp_address_encode(&address);
	if (strlen(text) > POP3_EXT_MAX_ADDRESS) {
		*error_r = "it is too long";
		return -1;
	}
	if (smtp_address_parse_mailbox(pool_datastack_create(), text, 0,
				       &parsed, &error) < 0) {
		*error_r = error;
		return -1;
	}
	if (strcmp(parsed->localpart, address.localpart) != 0 ||
	    null_strcmp(parsed->domain, address.domain) != 0) {
		*error_r = "it can't be written in SMTP";
		return -1;
	}
	return 0;
}

int xmit_address_create(pool_t pool, const char *localpart, const char *domain,
			struct smtp_address **address_r, const char **error_r)
{
	if (localpart == NULL || *localpart == '\0') {
		*error_r = "the part before the @ is missing";
		return -1;
	}
	if (domain == NULL || *domain == '\0') {
		*error_r = "the domain is missing";
		return -1;
	}
	if (!str_is_printable(localpart) || !str_is_printable(domain)) {
		*error_r = "it has characters that no address has";
		return -1;
	}
	if (!domain_is_valid(domain)) {
		*error_r = "the domain is not a name or IP address";
		return -1;
	}
	if (strlen(localpart) + strlen(domain) > POP3_EXT_MAX_ADDRESS ||
	    strlen(domain) > POP3_EXT_MAX_DOMAIN) {
		*error_r = "it is too long";
		return -1;
	}
	if (address_check_syntax(localpart, domain, error_r) < 0)
		return -1;
	*address_r = smtp_address_create(pool, localpart, domain);
	return 0;
}

/*
 * Elements
 */

struct element {
	const unsigned char *start, *end;
	/* the only "<", and the last "@" outside comments and strings */
	const unsigned char *angle, *at;
	bool route;
};

void xmit_address_parser_init(struct xmit_address_parser *parser,
			      const void *value, size_t size,
			      const char *default_domain)
{
	i_zero(parser);
	rfc822_parser_init(&parser->rfc822, value, size, NULL);
	parser->default_domain = default_domain;
}

/* [...], where nothing else counts */
static int skip_literal(struct rfc822_parser_context *ctx)
{
	const unsigned char *p;

	p = memchr(ctx->data, ']', ctx->end - ctx->data);
	if (p == NULL)
		return -1;
	ctx->data = p + 1;
	return 0;
}

/* A token that can't end an element. Returns -1 if it is broken. */
static int
element_token(struct rfc822_parser_context *ctx, struct element *element,
	      bool *in_angle)
{
	switch (*ctx->data) {
	case '"':
		return rfc822_parse_quoted_string(ctx, t_str_new(64));
	case '[':
		return skip_literal(ctx);
	case '<':
		if (element->angle != NULL)
			return -1;
		element->angle = ctx->data++;
		element->at = NULL;
		*in_angle = TRUE;
		if (rfc822_skip_lwsp(ctx) < 0)
			return -1;
		element->route = ctx->data < ctx->end && *ctx->data == '@';
		return 0;
	case '>':
		if (!*in_angle)
			return -1;
		*in_angle = FALSE;
		break;
	case '@':
		element->at = ctx->data;
		break;
	case '\0':
	case '\\':
		return -1;
	}
	ctx->data++;
	return 0;
}

/* Find the end of the element that begins here. Returns the character that ends
   it, '\0' at the end of the list, or -1 if the element is broken; then it ends
   where the list does. */
static int
element_find(struct rfc822_parser_context *ctx, struct element *element)
{
	bool in_angle = FALSE;
	int ret = 0;

	i_zero(element);
	element->start = ctx->data;
	element->end = ctx->end;
	for (;;) {
		if (rfc822_skip_lwsp(ctx) < 0)
			return -1;
		if (ctx->data == ctx->end)
			return in_angle ? -1 : '\0';
		if (!in_angle && strchr(",:;", *ctx->data) != NULL &&
		    *ctx->data != '\0') {
			element->end = ctx->data;
			return *ctx->data++;
		}
		T_BEGIN {
			ret = element_token(ctx, element, &in_angle);
		} T_END;
		if (ret < 0)
			return -1;
	}
}

static bool element_is_empty(const struct element *element)
{
	struct rfc822_parser_context ctx;

	rfc822_parser_init(&ctx, element->start,
			   element->end - element->start, NULL);
	return rfc822_skip_lwsp(&ctx) == 0;
}

static int
element_error(const struct element *element, const char *reason,
	      const char **error_r)
{
	const char *text;

	text = reply_text_sanitize_data(element->start,
					element->end - element->start,
					POP3_EXT_MAX_QUOTED_TEXT);
	*error_r = reason == NULL ? text :
		t_strdup_printf("%s (%s)", text, reason);
	return -1;
}

/* The domain as it is written. The host's parser may have translated it: to
   Unicode from the ASCII form ("xn--"), which is the one that all relays take. */
static const char *
element_domain(const struct element *element,
	       const struct message_address *parsed)
{
	struct rfc822_parser_context ctx;
	string_t *domain = t_str_new(64);

	rfc822_parser_init(&ctx, element->at + 1,
			   element->end - element->at - 1, NULL);
	if (rfc822_skip_lwsp(&ctx) <= 0)
		return "";
	if (*ctx.data == '[')
		return parsed->domain;
	return rfc822_parse_dot_atom(&ctx, domain) < 0 ? "" : str_c(domain);
}

/* Have the host read the element. Returns NULL if anything is wrong. */
static const struct message_address *
element_parse(const struct element *element)
{
	const struct message_address *addr, *next;
	const unsigned char *start;
	string_t *text;

	start = element->angle != NULL ? element->angle : element->start;
	text = t_str_new(element->end - start + 64);
	str_append_data(text, start, element->end - start);
	str_append(text, ", " SENTINEL "@" SENTINEL);
	addr = message_address_parse(pool_datastack_create(), str_data(text),
				     str_len(text), UINT_MAX, 0);

	next = addr == NULL ? NULL : addr->next;
	if (next == NULL || next->next != NULL || next->invalid_syntax ||
	    null_strcmp(next->mailbox, SENTINEL) != 0 ||
	    null_strcmp(next->domain, SENTINEL) != 0)
		return NULL;
	if (addr->mailbox == NULL || *addr->mailbox == '\0' ||
	    addr->domain == NULL)
		return NULL;
	/* the missing domain is what is invalid, and may be completed */
	if (addr->invalid_syntax &&
	    (*addr->domain != '\0' || element->at != NULL))
		return NULL;
	return addr;
}

static int
element_get(struct xmit_address_parser *parser, const struct element *element,
	    pool_t pool, struct smtp_address **address_r, const char **error_r)
{
	const struct message_address *parsed;
	const char *domain = parser->default_domain, *error;

	if (parser->after_group ||
	    memchr(element->start, '\0', element->end - element->start) != NULL)
		return element_error(element, NULL, error_r);
	if (element->route) {
		return element_error(element, "source routes are not supported",
				     error_r);
	}
	if ((parsed = element_parse(element)) == NULL)
		return element_error(element, NULL, error_r);
	if (element->at != NULL)
		domain = element_domain(element, parsed);
	if (xmit_address_create(pool, parsed->mailbox, domain,
				address_r, &error) < 0)
		return element_error(element, error, error_r);
	return 1;
}

/* The beginning or end of a group. Returns -1 if there can't be one. */
static int
parser_group(struct xmit_address_parser *parser, const struct element *element,
	     int c, const char **error_r)
{
	if (c == ':') {
		if (parser->in_group || parser->after_group ||
		    element->angle != NULL || element->at != NULL ||
		    element_is_empty(element))
			return element_error(element, NULL, error_r);
		parser->in_group = TRUE;
	} else {
		if (!parser->in_group)
			return element_error(element, NULL, error_r);
		parser->in_group = FALSE;
		parser->after_group = TRUE;
	}
	return 0;
}

static int
parser_element(struct xmit_address_parser *parser, pool_t pool,
	       struct smtp_address **address_r, const char **error_r)
{
	struct element element;
	int c, ret = 0;

	c = element_find(&parser->rfc822, &element);
	if (c < 0)
		return element_error(&element, NULL, error_r);
	if (c == ':')
		return parser_group(parser, &element, c, error_r);
	if (!element_is_empty(&element)) {
		ret = element_get(parser, &element, pool, address_r, error_r);
		if (ret < 0)
			return -1;
	}
	if (c == ',')
		parser->after_group = FALSE;
	else if (c == ';' && parser_group(parser, &element, c, error_r) < 0)
		return -1;
	else if (c == '\0' && parser->in_group)
		return element_error(&element, "the group has no end", error_r);
	return ret;
}

int xmit_address_parser_next(struct xmit_address_parser *parser, pool_t pool,
			     struct smtp_address **address_r,
			     const char **error_r)
{
	const char *error = NULL;
	int ret = 0;

	i_assert(!pool->datastack_pool);

	while (ret == 0 && parser->rfc822.data < parser->rfc822.end) T_BEGIN {
		ret = parser_element(parser, pool, address_r, &error);
	} T_END_PASS_STR_IF(ret < 0, &error);
	if (ret < 0) {
		*error_r = error;
		parser->rfc822.data = parser->rfc822.end;
	}
	return ret;
}
