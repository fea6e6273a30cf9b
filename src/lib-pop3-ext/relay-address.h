#ifndef RELAY_ADDRESS_H
#define RELAY_ADDRESS_H

#include "net.h"

struct smtp_address;

/* host, host:port, [ipv6], [ipv6]:port or a bare ipv6. Returns -1 with a
   sentence that names what is wrong. Nothing may follow or be left out. */
int relay_address_parse(pool_t pool, const char *str, in_port_t default_port,
			const char **host_r, in_port_t *port_r,
			const char **error_r);

/* The address of a user: name as it is if it has a domain, otherwise at
   domain. What it returns can be used in SMTP commands. Returns -1 with a
   sentence that names what is wrong. */
int submission_address_parse(pool_t pool, const char *name, const char *domain,
			     struct smtp_address **address_r,
			     const char **error_r);
/* The same for a setting that holds one address: text that looks like several,
   or like a part of one, is not quoted as a strange name but refused. */
int submission_setting_parse(pool_t pool, const char *value, const char *domain,
			     struct smtp_address **address_r,
			     const char **error_r);

#endif
