#ifndef XMIT_ADDRESS_H
#define XMIT_ADDRESS_H

#include "rfc822-parser.h"

struct smtp_address;

/* Make an address that may be written into an SMTP command: no control
   characters, a domain of SMTP's kind (or the literal of an IP address), the
   local part such that it survives quoting, not longer than
   POP3_EXT_MAX_ADDRESS. UTF-8 is allowed in both. Returns -1 with what is
   wrong, to be put behind a colon. */
int xmit_address_create(pool_t pool, const char *localpart, const char *domain,
			struct smtp_address **address_r, const char **error_r);

bool xmit_address_is_ascii(const struct smtp_address *address);
/* Is it ASCII, or does the host's lib-smtp know other addresses, too? Its
   smtp_address_encode() etc. must not be called for others (they crash). */
bool xmit_address_is_usable(const struct smtp_address *address);
/* For logs and replies. Safe for all addresses made by xmit_address_create(),
   from the data stack. */
const char *xmit_address_to_text(const struct smtp_address *address);

/* The addresses of a header field. All members are private. */
struct xmit_address_parser {
	struct rfc822_parser_context rfc822;
	const char *default_domain;
	bool in_group:1;
	bool after_group:1;
};

/* value may be folded and must live on. default_domain completes addresses that
   have only a local part. */
void xmit_address_parser_init(struct xmit_address_parser *parser,
			      const void *value, size_t size,
			      const char *default_domain);
/* Returns 1 and the next address, from pool (not the data stack's), 0 at the end, -1 when
   there is something that is not an address: then error_r tells, with its
   (sanitized) text, and there is no going on. Members of groups are addresses
   like others; comments, display names and empty elements are passed over. */
int xmit_address_parser_next(struct xmit_address_parser *parser, pool_t pool,
			     struct smtp_address **address_r,
			     const char **error_r);

#endif
