/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* A connection to the relay by lib-smtp.

   A relay may have several addresses. lib-smtp would try them, too, but not
   live through the second one when the first one has been reached and is no
   good (no STARTTLS, no greeting): it asserts that the connection is a new one.
   So the name is looked up here, and each address gets a connection of its
   own. All of them together may take twice the relay's timeout. */

#include "lib.h"
#include "dns-lookup.h"
#include "dsasl-client.h"
#include "ioloop.h"
#include "net.h"
#include "smtp-client.h"
#include "smtp-client-connection.h"
#include "smtp-reply.h"

#include "host-smtp.h"
#include "istream-capped.h"
#include "pop3-ext-limits.h"
#include "xmit-connect.h"
#include "xmit-reply.h"
#include "xmit-submit.h"

/* lib-smtp's time-out of commands also counts while it waits for the client's
   data, so it has to be out of the way: xmit-relay.c has its own. */
#define CONNECT_COMMAND_TIMEOUT_MSECS (24 * 60 * 60 * 1000)

struct xmit_connect {
	const struct xmit_submit_settings *set;
	struct event *event;
	struct smtp_client *client;

	xmit_connect_callback_t *callback;
	void *context;

	/* of what is under way: */
	pool_t pool;
	struct dns_lookup *lookup;
	const struct ip_addr *ips;
	unsigned int ips_count, ip_idx;
	bool is_ip;
	struct smtp_client_connection *conn;
	const struct smtp_reply *reply;
	/* goes on outside of lib-smtp's callbacks */
	struct timeout *to_step;
	struct timeout *to_slow;
};

static void connect_step(struct xmit_connect *connect);

static void connect_step_later(struct xmit_connect *connect)
{
	if (connect->to_step == NULL)
		connect->to_step = timeout_add_short(0, connect_step, connect);
}

static void
connect_replied(struct xmit_connect *connect, const struct smtp_reply *reply)
{
	if (connect->reply == NULL)
		connect->reply = smtp_reply_clone(connect->pool, reply);
	connect_step_later(connect);
}

static void connect_failed(struct xmit_connect *connect, unsigned int status,
			   const char *text)
{
	struct smtp_reply reply;

	smtp_reply_init(&reply, status, text);
	connect_replied(connect, &reply);
}

/*
 * Settings
 */

static enum smtp_client_connection_ssl_mode
connect_ssl_mode(enum xmit_relay_ssl ssl)
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
connect_set_login(struct smtp_client_settings *smtp_set,
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
connect_set_xclient(struct smtp_client_settings *smtp_set,
		    const struct xmit_submit_settings *set)
{
	if (set->proxy_login == NULL)
		return;
	smtp_set->peer_trusted = TRUE;
	smtp_set->proxy_data.login = set->proxy_login;
	host_smtp_proxy_set_session(&smtp_set->proxy_data, set->proxy_session);
	smtp_set->proxy_data.source_ip = set->proxy_ip;
	smtp_set->proxy_data.source_port = set->proxy_port;
}

/*
 * Addresses
 */

static void
connect_login_callback(const struct smtp_reply *reply, void *context)
{
	connect_replied(context, reply);
}

static void connect_next(struct xmit_connect *connect)
{
	const struct xmit_submit_settings *set = connect->set;
	struct smtp_client_settings smtp_set;
	const char *error;

	i_zero(&smtp_set);
	smtp_set.event_parent = connect->event;
	connect_set_login(&smtp_set, set);
	connect_set_xclient(&smtp_set, set);
	if (set->relay_ssl != XMIT_RELAY_SSL_NO &&
	    host_smtp_client_set_ssl(&smtp_set, set->user, connect->event,
				     set->relay_ssl_verify,
				     set->relay_ssl_ca_file, &error) < 0) {
		e_error(connect->event, "TLS to the relay: %s", error);
		/* the next address doesn't change that */
		connect->ip_idx = connect->ips_count;
		connect_failed(connect,
			       SMTP_CLIENT_COMMAND_ERROR_CONNECT_FAILED,
			       "TLS is not configured correctly");
		return;
	}
	connect->conn = smtp_client_connection_create_ip(
		connect->client, SMTP_PROTOCOL_SMTP,
		&connect->ips[connect->ip_idx++], set->relay_port,
		connect->is_ip ? NULL : set->relay_host,
		connect_ssl_mode(set->relay_ssl), &smtp_set);
	host_smtp_client_free_ssl(&smtp_set);
	smtp_client_connection_connect(connect->conn, connect_login_callback,
				       connect);
}

static void
connect_lookup_callback(const struct dns_lookup_result *result, void *context)
{
	struct xmit_connect *connect = context;

	connect->lookup = NULL;
	if (connect->to_slow == NULL) {
		/* aborted */
		return;
	}
	if (result->ret != 0) {
		e_error(connect->event, "%s can't be looked up: %s",
			connect->set->relay_host, result->error);
		connect_failed(connect,
			       SMTP_CLIENT_COMMAND_ERROR_HOST_LOOKUP_FAILED,
			       "Lookup failed");
		return;
	}
	connect->ips_count = result->ips_count;
	connect->ips = p_memdup(connect->pool, result->ips,
				sizeof(*result->ips) * result->ips_count);
	connect_step_later(connect);
}

/*
 * Steps
 */

static bool connect_try_next(const struct xmit_connect *connect)
{
	if (connect->ip_idx >= connect->ips_count)
		return FALSE;
	switch (connect->reply->status) {
	case SMTP_CLIENT_COMMAND_ERROR_AUTH_FAILED:
	case SMTP_CLIENT_COMMAND_ERROR_HOST_LOOKUP_FAILED:
		return FALSE;
	default:
		return xmit_reply_is_lost(connect->reply);
	}
}

static void connect_finish(struct xmit_connect *connect)
{
	struct smtp_client_connection *conn = connect->conn;

	connect->conn = NULL;
	timeout_remove(&connect->to_slow);
	if (conn != NULL &&
	    xmit_reply_status(connect->reply) != XMIT_STATUS_OK)
		smtp_client_connection_close(&conn);
	connect->callback(conn, connect->reply, connect->context);
}

static void connect_step(struct xmit_connect *connect)
{
	timeout_remove(&connect->to_step);
	if (connect->reply != NULL && !connect_try_next(connect)) {
		connect_finish(connect);
		return;
	}
	if (connect->conn != NULL)
		smtp_client_connection_close(&connect->conn);
	connect->reply = NULL;
	connect_next(connect);
}

static void connect_slow(struct xmit_connect *connect)
{
	struct smtp_reply reply;

	smtp_reply_init(&reply, SMTP_CLIENT_COMMAND_ERROR_TIMED_OUT,
			"Timed out");
	connect->reply = smtp_reply_clone(connect->pool, &reply);
	connect->ip_idx = connect->ips_count;
	connect_step_later(connect);
}

void xmit_connect_start(struct xmit_connect *connect)
{
	const struct xmit_submit_settings *set = connect->set;
	struct ip_addr *ip;

	i_assert(connect->to_slow == NULL);

	p_clear(connect->pool);
	connect->reply = NULL;
	connect->ip_idx = 0;
	connect->to_slow = timeout_add(set->relay_timeout_msecs * 2,
				       connect_slow, connect);

	ip = p_new(connect->pool, struct ip_addr, 1);
	connect->ips = ip;
	connect->ips_count = 1;
	connect->is_ip = net_addr2ip(set->relay_host, ip) == 0;
	if (connect->is_ip)
		connect_step_later(connect);
	else {
		host_dns_lookup(set->relay_host, set->user,
				set->relay_timeout_msecs, connect->event,
				connect_lookup_callback, connect,
				&connect->lookup);
	}
}

void xmit_connect_abort(struct xmit_connect *connect)
{
	timeout_remove(&connect->to_slow);
	timeout_remove(&connect->to_step);
	if (connect->lookup != NULL)
		dns_lookup_abort(&connect->lookup);
	if (connect->conn != NULL)
		smtp_client_connection_close(&connect->conn);
}

/* lib-smtp's max_reply_size counts the text only: a reply of empty lines would
   have no end for it. */
static struct istream *connect_cap_input(struct istream *input)
{
	return i_stream_create_capped(input, POP3_EXT_MAX_RELAY_INPUT);
}

void xmit_connect_renew_input(struct smtp_client_connection *conn)
{
	struct istream *input = host_smtp_client_get_raw_input(conn);

	if (input != NULL)
		i_stream_capped_renew(input);
}

#undef xmit_connect_init
struct xmit_connect *
xmit_connect_init(const struct xmit_submit_settings *set, struct event *event,
		  xmit_connect_callback_t *callback, void *context)
{
	struct smtp_client_settings smtp_set;
	struct xmit_connect *connect;

	connect = i_new(struct xmit_connect, 1);
	connect->set = set;
	connect->event = event;
	connect->callback = callback;
	connect->context = context;
	connect->pool = pool_alloconly_create("xmit connect", 512);

	i_zero(&smtp_set);
	smtp_set.my_hostname = set->hostname;
	smtp_set.connect_timeout_msecs = set->relay_timeout_msecs;
	smtp_set.command_timeout_msecs = CONNECT_COMMAND_TIMEOUT_MSECS;
	smtp_set.max_reply_size = POP3_EXT_MAX_RELAY_REPLY;
	smtp_set.event_parent = event;
	connect->client = smtp_client_init(&smtp_set);
	host_smtp_client_wrap_input(connect->client, connect_cap_input);
	return connect;
}

void xmit_connect_deinit(struct xmit_connect **_connect)
{
	struct xmit_connect *connect = *_connect;

	if (connect == NULL)
		return;
	*_connect = NULL;
	xmit_connect_abort(connect);
	smtp_client_deinit(&connect->client);
	pool_unref(&connect->pool);
	i_free(connect);
}
