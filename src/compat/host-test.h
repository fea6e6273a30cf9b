#ifndef HOST_TEST_H
#define HOST_TEST_H

/* What unit tests need of the host, for all its versions. */

struct event;
struct istream;
struct ostream;
struct ssl_iostream;

/* The name of the socket, in the working directory, where a test can be the
   host's dns-client service. */
#define HOST_TEST_DNS_SOCKET "dns-client"

/* An event from which the host's settings can be read: all at their
   defaults, but for the DNS socket. */
struct event *host_test_event_create(void);
void host_test_event_destroy(struct event **event);

/* Makes *input and *output, a connection that a test has accepted, speak TLS
   as a server with this certificate and key (PEM). */
int host_test_ssl_server(const char *cert, const char *key,
			 struct istream **input, struct ostream **output,
			 struct ssl_iostream **ssl_r, const char **error_r);
void host_test_ssl_deinit(void);

/* Around main() of a test that uses the host's storage by
   test-mail-storage-common.h. */
void host_test_service_init(const char *name, int *argc, char **argv[]);
void host_test_service_deinit(void);

#endif
