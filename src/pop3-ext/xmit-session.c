/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* From settings, host settings and user to what XTND XMIT works with: the
   relay, the user's own addresses, the names of this host. */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "mail-user.h"
#include "smtp-submit-settings.h"
#include "str-sanitize.h"

#include "host-command.h"
#include "host-settings.h"
#include "pop3-ext-client.h"
#include "pop3-ext-limits.h"
#include "pop3-ext-settings.h"
#include "relay-address.h"
#include "xmit-address.h"
#include "xmit-pam.h"
#include "xmit-session.h"
#include "xmit-submit.h"

#define PASSWORD_FILE_MAX_SIZE 1024
#define SMTP_PORT 25
#define SMTPS_PORT 465

static const char *first_set(const char *value, const char *fallback)
{
	return value[0] != '\0' ? value : fallback;
}

static int
password_file_read(pool_t pool, const char *path, const char **password_r,
		   const char **error_r)
{
	struct istream *input;
	const char *line;

	if (path[0] == '\0') {
		*error_r = "pop3_ext_xmit_relay_user needs "
			"pop3_ext_xmit_relay_password_file";
		return -1;
	}
	input = i_stream_create_file(path, PASSWORD_FILE_MAX_SIZE);
	i_stream_set_return_partial_line(input, TRUE);
	line = i_stream_read_next_line(input);
	if (line != NULL && line[0] != '\0')
		*password_r = p_strdup(pool, line);
	else if (input->stream_errno != 0) {
		*error_r = t_strdup_printf(
			"pop3_ext_xmit_relay_password_file: %s: %s", path,
			i_stream_get_error(input));
	} else {
		*error_r = t_strdup_printf(
			"pop3_ext_xmit_relay_password_file: "
			"%s has no password on its first line", path);
	}
	i_stream_unref(&input);
	return *password_r == NULL ? -1 : 0;
}

static enum xmit_relay_ssl
relay_ssl_get(const struct pop3_ext_settings *set,
	      const struct smtp_submit_settings *host_set)
{
	const char *ssl = set->pop3_ext_xmit_relay_ssl;

	if (strcmp(ssl, "host") == 0)
		ssl = host_set->submission_ssl;
	if (strcmp(ssl, "starttls") == 0)
		return XMIT_RELAY_SSL_STARTTLS;
	/* the host has two names for it */
	if (strcmp(ssl, "smtps") == 0 || strcmp(ssl, "submissions") == 0)
		return XMIT_RELAY_SSL_SMTPS;
	return XMIT_RELAY_SSL_NO;
}

static int
relay_settings_get(pool_t pool, const struct pop3_ext_settings *set,
		   const struct smtp_submit_settings *host_set,
		   struct xmit_submit_settings *submit_set,
		   const char **error_r)
{
	const char *relay, *error;
	in_port_t default_port;

	relay = first_set(set->pop3_ext_xmit_relay, host_set->submission_host);
	if (relay[0] == '\0')
		return 0;

	submit_set->relay_ssl = relay_ssl_get(set, host_set);
	default_port = submit_set->relay_ssl == XMIT_RELAY_SSL_SMTPS ?
		SMTPS_PORT : SMTP_PORT;
	if (relay_address_parse(pool, relay, default_port,
				&submit_set->relay_host,
				&submit_set->relay_port, &error) < 0) {
		*error_r = t_strdup_printf("pop3_ext_xmit_relay: %s", error);
		return -1;
	}
	submit_set->relay_ssl_verify = set->pop3_ext_xmit_relay_ssl_verify;
	if (set->pop3_ext_xmit_relay_ssl_ca_file[0] != '\0') {
		submit_set->relay_ssl_ca_file =
			set->pop3_ext_xmit_relay_ssl_ca_file;
	}
	if (set->pop3_ext_xmit_relay_user[0] != '\0') {
		submit_set->relay_user = set->pop3_ext_xmit_relay_user;
		if (password_file_read(pool,
				set->pop3_ext_xmit_relay_password_file,
				&submit_set->relay_password, error_r) < 0)
			return -1;
	}
	submit_set->relay_timeout_msecs =
		set->pop3_ext_xmit_relay_timeout * 1000;
	return 0;
}

static void
proxy_settings_get(struct mail_user *user,
		   struct xmit_submit_settings *submit_set)
{
	submit_set->proxy_login = user->username;
	submit_set->proxy_session = user->session_id;
	if (user->conn.remote_ip != NULL)
		submit_set->proxy_ip = *user->conn.remote_ip;
	submit_set->proxy_port = user->conn.remote_port;
}

/* Is it the domain that makes a name no address? Returns error otherwise. */
static const char *
address_error_explain(const struct xmit_session *session,
		      const struct pop3_ext_settings *set, const char *error)
{
	struct smtp_address *parsed;
	const char *domain_error;

	if (submission_address_parse(pool_datastack_create(), "postmaster",
				     session->domain, &parsed,
				     &domain_error) == 0)
		return error;
	return t_strdup_printf("%s (%s is \"%s\", which is not a domain)", error,
		set->pop3_ext_xmit_domain[0] != '\0' ? "pop3_ext_xmit_domain" :
		"pop3_ext_xmit_domain is empty, and the host's name",
		str_sanitize(session->domain, POP3_EXT_MAX_QUOTED_TEXT));
}

static int
sender_get(pool_t pool, const struct pop3_ext_settings *set,
	   const char *username, const char *domain,
	   struct smtp_address **sender_r, const char **error_r)
{
	bool have_setting = set->pop3_ext_xmit_sender[0] != '\0';
	const char *error;
	int ret;

	ret = have_setting ?
		submission_setting_parse(pool, set->pop3_ext_xmit_sender,
					 domain, sender_r, &error) :
		submission_address_parse(pool, username, domain,
					 sender_r, &error);
	if (ret == 0 && !xmit_address_is_ascii(*sender_r)) {
		error = t_strdup_printf("%s can't be an envelope sender: "
			"it is not ASCII", xmit_address_to_text(*sender_r));
		ret = -1;
	}
	if (ret < 0) {
		*error_r = t_strdup_printf("%s: %s", have_setting ?
			"pop3_ext_xmit_sender" : "login name", error);
	}
	return ret;
}

static int
own_addresses_get(struct xmit_session *session, struct mail_user *user,
		  pool_t pool, const struct pop3_ext_settings *set,
		  const char **error_r)
{
	const char *address, *const *others;
	ARRAY_TYPE(const_string) addresses;
	struct smtp_address *parsed;

	if (sender_get(pool, set, user->username, session->domain,
		       &parsed, error_r) < 0) {
		*error_r = address_error_explain(session, set, *error_r);
		return -1;
	}
	session->sender = parsed;

	p_array_init(&addresses, pool, 8);
	address = p_strdup(pool, xmit_address_to_text(parsed));
	array_push_back(&addresses, &address);
	others = t_strsplit_spaces(set->pop3_ext_xmit_addresses, ", ");
	for (; *others != NULL; others++) {
		if (submission_setting_parse(pool, *others, session->domain,
					     &parsed, error_r) < 0) {
			*error_r = t_strconcat("pop3_ext_xmit_addresses: ",
				address_error_explain(session, set, *error_r),
				NULL);
			return -1;
		}
		address = p_strdup(pool, xmit_address_to_text(parsed));
		array_push_back(&addresses, &address);
	}
	array_append_zero(&addresses);
	session->own_addresses = array_front(&addresses);
	return 0;
}

static int
xmit_session_create(struct pop3_ext_client *eclient, const char **error_r)
{
	const struct pop3_ext_settings *set = eclient->set;
	struct mail_user *user = eclient->client->user;
	pool_t pool = eclient->client->pool;
	const struct smtp_submit_settings *host_set;
	struct xmit_submit_settings submit_set;
	struct xmit_session *session;

	i_zero(&submit_set);
	submit_set.user = user;
	if (host_submission_settings_get(user, pool, &host_set, error_r) < 0 ||
	    relay_settings_get(pool, set, host_set, &submit_set, error_r) < 0)
		return -1;
	submit_set.sendmail_path = first_set(set->pop3_ext_xmit_sendmail,
					     host_set->sendmail_path);
	submit_set.hostname = first_set(set->pop3_ext_xmit_hostname,
					host_set->hostname);
	if (set->pop3_ext_xmit_relay_xclient)
		proxy_settings_get(user, &submit_set);

	session = p_new(pool, struct xmit_session, 1);
	session->hostname = submit_set.hostname;
	session->domain = first_set(set->pop3_ext_xmit_domain,
				    submit_set.hostname);
	if (own_addresses_get(session, user, pool, set, error_r) < 0)
		return -1;
	session->submit = xmit_submit_init(user->event, &submit_set);
	session->pam = xmit_pam_init(user, set,
				     host_client_event(eclient->client));
	eclient->xmit = session;
	return 0;
}

struct xmit_session *xmit_session_get(struct pop3_ext_client *eclient)
{
	const char *error;

	if (eclient->xmit == NULL && !eclient->xmit_failed &&
	    xmit_session_create(eclient, &error) < 0) {
		eclient->xmit_failed = TRUE;
		e_error(host_client_event(eclient->client),
			"XTND XMIT: %s", error);
	}
	return eclient->xmit;
}

void xmit_session_free(struct xmit_session **_session)
{
	struct xmit_session *session = *_session;

	if (session == NULL)
		return;
	*_session = NULL;
	xmit_pam_deinit(&session->pam);
	xmit_submit_deinit(&session->submit);
}
