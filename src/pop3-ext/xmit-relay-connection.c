/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* From our settings to lib-smtp's. */

#include "lib.h"
#include "dsasl-client.h"
#include "ioloop.h"
#include "smtp-client.h"
#include "smtp-client-connection.h"

#include "host-smtp.h"
#include "xmit-relay.h"
#include "xmit-submit.h"

/* lib-smtp's time-out of commands also counts while it waits for the client's
   data, so it has to be out of the way: xmit-relay.c has its own. */
#define RELAY_COMMAND_TIMEOUT_MSECS (24 * 60 * 60 * 1000)

struct smtp_client *
xmit_relay_client_init(const struct xmit_submit_settings *set,
		       struct event *event)
{
	struct smtp_client_settings smtp_set;

	i_zero(&smtp_set);
	smtp_set.my_hostname = set->hostname;
	smtp_set.connect_timeout_msecs = set->relay_timeout_msecs;
	smtp_set.command_timeout_msecs = RELAY_COMMAND_TIMEOUT_MSECS;
	smtp_set.event_parent = event;
	host_smtp_client_set_dns(&smtp_set, set->user);
	return smtp_client_init(&smtp_set);
}

static enum smtp_client_connection_ssl_mode
relay_ssl_mode(enum xmit_relay_ssl ssl)
{
	switch (ssl) {
	case XMIT_RELAY_SSL_NO:
		return SMTP_CLIENT_SSL_MODE_NONE;
	case XMIT_RELAY_SSL_STARTTLS:
		return SMTP_CLIENT_SSL_MODE_STARTTLS;
	case XMIT_RELAY_SSL_SMTPS:
		return SMTP_CLIENT_SSL_MODE_IMMEDIATE;
	}
	i_unreached();
}

static void
relay_set_login(struct smtp_client_settings *smtp_set,
		const struct xmit_submit_settings *set)
{
	if (set->relay_user == NULL)
		return;
	smtp_set->username = set->relay_user;
	smtp_set->password = set->relay_password;
	/* Mechanisms with more than one step crash the client of 2.3 and
	   2.4.1; and naming the mechanism has lib-smtp check that the relay
	   offers it, instead of just sending the password. */
	smtp_set->sasl_mech = &dsasl_client_mech_plain;
}

static void
relay_set_xclient(struct smtp_client_settings *smtp_set,
		  const struct xmit_submit_settings *set)
{
	if (set->proxy_login == NULL)
		return;
	smtp_set->peer_trusted = TRUE;
	smtp_set->proxy_data.login = set->proxy_login;
	smtp_set->proxy_data.session = set->proxy_session;
	smtp_set->proxy_data.source_ip = set->proxy_ip;
	smtp_set->proxy_data.source_port = set->proxy_port;
}

int xmit_relay_connection_create(struct smtp_client *client,
				 const struct xmit_submit_settings *set,
				 struct event *event,
				 struct smtp_client_connection **conn_r,
				 const char **error_r)
{
	struct smtp_client_settings smtp_set;

	i_zero(&smtp_set);
	smtp_set.event_parent = event;
	relay_set_login(&smtp_set, set);
	relay_set_xclient(&smtp_set, set);
	if (set->relay_ssl != XMIT_RELAY_SSL_NO &&
	    host_smtp_client_set_ssl(&smtp_set, set->user, event,
				     set->relay_ssl_verify,
				     set->relay_ssl_ca_file, error_r) < 0)
		return -1;
	*conn_r = smtp_client_connection_create(
		client, SMTP_PROTOCOL_SMTP, set->relay_host, set->relay_port,
		relay_ssl_mode(set->relay_ssl), &smtp_set);
	host_smtp_client_free_ssl(&smtp_set);
	return 0;
}
