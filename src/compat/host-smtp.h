#ifndef HOST_SMTP_H
#define HOST_SMTP_H

/* What differs between the hosts' lib-smtp clients, and the two places where
   its public functions are not enough (doc/PORTING.md, "lib-smtp"). */

#include "smtp-common.h"
#include "dovecot-compat.h"

struct event;
struct mail_user;
struct smtp_client_connection;
struct smtp_client_settings;
struct smtp_params_mail;

/* 2.3 doesn't know SMTPUTF8; 2.4 does when built with EXPERIMENTAL_MAIL_UTF8,
   otherwise the value is 0. */
#ifndef HOST_2_4
#  define SMTP_CAPABILITY_SMTPUTF8 0
#endif

/* From 2.4.2 on the host's DNS client takes its settings from the event. */
#if !DOVECOT_PREREQ(2, 4, 2)
#  define HOST_SMTP_SET_DNS(set, path) ((set)->dns_client_socket_path = (path))
#else
#  define HOST_SMTP_SET_DNS(set, path) ((void)(path))
#endif

/* Has names looked up as the host's other processes do: without blocking, by
   its dns-client service. user may be NULL: then 2.3 and 2.4.1 block. The
   path is allocated from the data stack. */
void host_smtp_client_set_dns(struct smtp_client_settings *set,
			      struct mail_user *user);

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

/* For a connection that is ready: use DATA although the server offers BDAT. */
void host_smtp_client_no_chunking(struct smtp_client_connection *conn);
/* TRUE when the server has taken everything that there was to send of a
   message, and lib-smtp waits for the message's stream. */
bool host_smtp_client_wants_input(struct smtp_client_connection *conn);

#endif
