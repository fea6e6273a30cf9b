#ifndef HOST_SMTP_H
#define HOST_SMTP_H

/* What differs between the hosts' lib-smtp clients, and the two places where
   its public functions are not enough (doc/PORTING.md, "lib-smtp"). */

#include "dns-lookup.h"
#include "smtp-common.h"
#include "dovecot-compat.h"

struct event;
struct mail_user;
struct smtp_client;
struct smtp_client_connection;
struct smtp_client_settings;
struct smtp_params_mail;

/* 2.3 doesn't know SMTPUTF8; 2.4 does when built with EXPERIMENTAL_MAIL_UTF8,
   otherwise the value is 0. */
#ifndef HOST_2_4
#  define SMTP_CAPABILITY_SMTPUTF8 0
#endif

/* 2.3.16, 2.3.17: XCLIENT is sent without SESSION. */
#ifdef HOST_SMTP_PROXY_SESSION
#  define host_smtp_proxy_set_session(data, id) ((data)->session = (id))
#else
#  define host_smtp_proxy_set_session(data, id) ((void)(data), (void)(id))
#endif

/* Looks up a host's addresses as the host's other processes do: without
   blocking, by its dns-client service. As dns_lookup(): *lookup_r is set while
   there is something to abort; on failure the callback may come at once, and
   also for an abort. user may be NULL: then the service's socket is in the
   working directory (from 2.4.2 on: where the settings say). */
void host_dns_lookup(const char *name, struct mail_user *user,
		     unsigned int timeout_msecs, struct event *event,
		     dns_lookup_callback_t *callback, void *context,
		     struct dns_lookup **lookup_r);

/* Fills the TLS part of set: the host's ssl_client_* settings, but whether to
   verify the server's certificate is up to verify, and the CAs are those of
   ca_file unless it is NULL. user may be NULL: then 2.3 has the library's
   defaults. Returns -1 and error when there are no usable settings. On success
   host_smtp_client_free_ssl() has to follow, after the connection has been
   created. */
int host_smtp_client_set_ssl(struct smtp_client_settings *set,
			     struct mail_user *user, struct event *event,
			     bool verify, const char *ca_file,
			     const char **error_r);
void host_smtp_client_free_ssl(struct smtp_client_settings *set);

void host_smtp_params_mail_set_utf8(struct smtp_params_mail *params);

/* Have the input of the client's connections, as it is below TLS, read through
   the stream that wrap returns. wrap gets a reference of its input's own, and
   has to be the same for all clients. lib-smtp takes ENOBUFS from such a stream
   as an invalid reply. */
typedef struct istream *host_smtp_wrap_t(struct istream *input);
void host_smtp_client_wrap_input(struct smtp_client *client,
				 host_smtp_wrap_t *wrap);
/* That stream, or NULL while there is no connection */
struct istream *
host_smtp_client_get_raw_input(struct smtp_client_connection *conn);

/* For a connection that is ready: use DATA although the server offers BDAT. */
void host_smtp_client_no_chunking(struct smtp_client_connection *conn);
/* TRUE when the server has taken everything that there was to send of a
   message, and lib-smtp waits for the message's stream. */
bool host_smtp_client_wants_input(struct smtp_client_connection *conn);

#endif
