#ifndef HOST_CLIENT_H
#define HOST_CLIENT_H

/* What differs between the hosts for a client of our own: TLS. */

struct event;
struct istream;
struct ostream;
struct ssl_iostream;

struct host_tls_settings {
	/* PEM; NULL = the system's */
	const char *ca_file;
	/* the certificate has to be good and for this host */
	bool verify;
};

/* Makes *input and *output, a connection to host, speak TLS; they stay
   referenced by what takes their place. The handshake has been begun, and goes
   on when the new *input is read. Nobody may wait for the old one. Returns -1
   and error, and leaves both alone, when there can be no TLS. */
int host_client_start_tls(const struct host_tls_settings *set,
			  const char *host, struct event *event,
			  struct istream **input, struct ostream **output,
			  struct ssl_iostream **ssl_r, const char **error_r);

#endif
