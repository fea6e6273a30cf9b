#ifndef POP_URL_H
#define POP_URL_H

#include "net.h"

enum pop_url_auth {
	/* ;AUTH=* or nothing: the client chooses */
	POP_URL_AUTH_ANY = 0,
	/* ;AUTH=+APOP */
	POP_URL_AUTH_APOP,
	/* ;AUTH=NAME */
	POP_URL_AUTH_SASL,
};

/* RFC 2384, and "pops" for POP3 inside TLS from the first octet on. */
struct pop_url {
	/* decoded; NULL = not given, the user has to be asked */
	const char *user;
	/* name or address, an IPv6 address without its brackets */
	const char *host;
	in_port_t port;
	enum pop_url_auth auth;
	/* in upper case; NULL unless auth is POP_URL_AUTH_SASL */
	const char *mechanism;
	bool tls;
};

/* Does this look like a POP URL at all, be it right or wrong? */
bool pop_url_is(const char *str);

/* All strings are allocated from pool. Returns -1 with a sentence that names
   what is wrong, fit for a terminal. */
int pop_url_parse(pool_t pool, const char *str, struct pop_url *url_r,
		  const char **error_r);

#endif
