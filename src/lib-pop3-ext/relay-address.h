#ifndef RELAY_ADDRESS_H
#define RELAY_ADDRESS_H

#include "net.h"

struct smtp_address;

/* "host", "host:port", "[ipv6]" or "[ipv6]:port" of a setting. The host is
   allocated from pool. Returns -1 and a sentence that names the text when it is
   none of these. */
int relay_address_parse(pool_t pool, const char *text, in_port_t default_port,
			const char **host_r, in_port_t *port_r,
			const char **error_r);

/* An address of the user's own: as it is when it has a domain, else completed
   by default_domain. It must be good enough for an SMTP command as it stands.
   Allocated from pool. Returns -1 and a sentence that names the text. */
int submission_address_parse(pool_t pool, const char *text,
			     const char *default_domain,
			     struct smtp_address **address_r,
			     const char **error_r);

#endif
