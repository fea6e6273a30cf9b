/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Logging in as the URL says (RFC 2384): by APOP, by the SASL mechanism that it
   names, or as we choose. Our choice is a mechanism that does not show the
   password to the server, then USER and PASS, which every server has, and
   only where that was switched off PLAIN or LOGIN. Never APOP: it needs the
   password in clear at the server, and MD5.

   What shows the password goes over TLS, or stays on this machine, unless the
   user has said that there shall be no TLS. */

#include "lib.h"
#include "array.h"
#include "base64.h"
#include "buffer.h"
#include "dsasl-client.h"
#include "hex-binary.h"
#include "md5.h"
#include "net.h"
#include "safe-memset.h"
#include "str.h"

#include "dovecot-compat.h"
#include "pop3-ext-limits.h"
#include "pop4-conn.h"
#include "pop4-password.h"

/* RFC 5034: a command with its CRLF */
#define AUTH_MAX_LINE 255

static const char *const secret_mechanisms[] = {
	"SCRAM-SHA-256", "SCRAM-SHA-1", NULL
};
static const char *const clear_mechanisms[] = { "PLAIN", "LOGIN", NULL };

struct pop4_login {
	struct pop4_conn *conn;
	const char *user;
	char *password;
};

/* What the server says to a login. */
static int login_result(struct pop4_conn *conn,
			const struct pop4_status_line *status)
{
	if (status->status == POP4_STATUS_OK)
		return 0;
	/* the maildrop is in use, or the like: the password was right */
	if (status->code != NULL && strcmp(status->code, "AUTH") != 0)
		return pop4_refused(conn, status);
	return pop4_fail(conn, POP4_EXIT_LOGIN, "Login failed: %s",
			 *status->text == '\0' ? "no" : status->text);
}

static void wipe(string_t *str)
{
	safe_memset(buffer_get_modifiable_data(str, NULL), 0, str_len(str));
	str_truncate(str, 0);
}

/* Sends a secret line, and wipes it. */
static int login_send(struct pop4_conn *conn, string_t *line)
{
	int ret = pop4_send_line(conn, str_c(line));

	wipe(line);
	return ret;
}

static int login_get_password(struct pop4_login *login)
{
	const char *password = login->conn->set->password;

	if (login->password != NULL)
		return 0;
	if (password != NULL)
		login->password = i_strdup(password);
	else if (pop4_password_get(login->conn, login->user,
				   &login->password) < 0)
		return -1;
	if (strpbrk(login->password, "\r\n") != NULL) {
		return pop4_fail(login->conn, POP4_EXIT_LOCAL,
				 "The password has a line end in it");
	}
	return 0;
}

static bool is_loopback(const struct ip_addr *ip)
{
	static const char *const networks[] = { "127.0.0.0/8", "::1" };
	struct ip_addr network;
	unsigned int i, bits;

	for (i = 0; i < N_ELEMENTS(networks); i++) {
		if (net_parse_range(networks[i], &network, &bits) == 0 &&
		    net_is_in_network(ip, &network, bits))
			return TRUE;
	}
	return FALSE;
}

/* May the password be shown to the server? */
static int login_check_clear(struct pop4_conn *conn)
{
	struct ip_addr ip;

	if (conn->tls || conn->set->tls == POP4_TLS_NEVER ||
	    (net_getpeername(conn->fd, &ip, NULL) == 0 && is_loopback(&ip)))
		return 0;
	return pop4_fail(conn, POP4_EXIT_TLS, "%s offers no TLS, and the "
		"password would be sent in clear: use --tls=never if that is "
		"what you want", conn->set->url.host);
}

/*
 * USER, APOP
 */

static int login_user(struct pop4_login *login)
{
	struct pop4_conn *conn = login->conn;
	struct pop4_status_line status;
	string_t *line;

	if (login_check_clear(conn) < 0 || login_get_password(login) < 0 ||
	    pop4_send_line(conn, t_strconcat("USER ", login->user, NULL)) < 0 ||
	    pop4_read_status(conn, &status) < 0)
		return -1;
	if (status.status != POP4_STATUS_OK)
		return login_result(conn, &status);
	line = t_str_new(strlen(login->password) + 16);
	str_append(line, "PASS ");
	str_append(line, login->password);
	if (login_send(conn, line) < 0 || pop4_read_status(conn, &status) < 0)
		return -1;
	return login_result(conn, &status);
}

static int login_apop(struct pop4_login *login)
{
	struct pop4_conn *conn = login->conn;
	struct pop4_status_line status;
	unsigned char digest[MD5_RESULTLEN];
	struct md5_context ctx;
	const char *stamp = pop4_greeting_stamp(conn->greeting);

	if (conn->set->master_user != NULL) {
		return pop4_fail(conn, POP4_EXIT_USAGE,
				 "A master user can't log in by APOP");
	}
	if (stamp == NULL) {
		return pop4_fail(conn, POP4_EXIT_LOGIN,
			"%s doesn't offer APOP", conn->set->url.host);
	}
	if (login_get_password(login) < 0)
		return -1;
	md5_init(&ctx);
	md5_update(&ctx, stamp, strlen(stamp));
	md5_update(&ctx, login->password, strlen(login->password));
	md5_final(&ctx, digest);
	safe_memset(&ctx, 0, sizeof(ctx));
	if (pop4_send_line(conn, t_strdup_printf("APOP %s %s", login->user,
			binary_to_hex(digest, sizeof(digest)))) < 0 ||
	    pop4_read_status(conn, &status) < 0)
		return -1;
	return login_result(conn, &status);
}

/*
 * SASL
 */

/* Appends the next response in base64. */
static int sasl_output(struct pop4_login *login, struct dsasl_client *client,
		       string_t *response)
{
	const unsigned char *data;
	const char *error;
	size_t size;

	if (dsasl_client_output(client, &data, &size, &error) != 0) {
		return pop4_fail(login->conn, POP4_EXIT_LOGIN,
				 "Login failed: %s", error);
	}
	base64_encode(data, size, response);
	return 0;
}

static int sasl_input(struct pop4_login *login, struct dsasl_client *client,
		      const char *challenge)
{
	buffer_t *data = t_buffer_create(MAX_BASE64_DECODED_SIZE(
						strlen(challenge)));
	const char *error = "The server's challenge is not base64";

	if (base64_scheme_decode(&base64_scheme, 0, challenge,
				 strlen(challenge), data) < 0 ||
	    dsasl_client_input(client, data->data, data->used, &error) != 0) {
		/* RFC 5034: the exchange is given up, whatever the answer */
		(void)pop4_send_line(login->conn, "*");
		return pop4_fail(login->conn, POP4_EXIT_LOGIN,
				 "Login failed: %s", error);
	}
	return 0;
}

/* AUTH, with the first response if there is one and the server knows that it
   can come there: RFC 1734 didn't, servers with SASL in CAPA do. Left in
   initial is what goes out on the first, empty challenge. */
static int sasl_start(struct pop4_login *login, const char *name,
		      string_t *initial)
{
	struct pop4_conn *conn = login->conn;
	string_t *line = t_str_new(AUTH_MAX_LINE);

	str_printfa(line, "AUTH %s", name);
	if (str_len(initial) > 0 && pop4_capa_find(conn, "SASL") != NULL &&
	    str_len(line) + 1 + str_len(initial) + 2 <= AUTH_MAX_LINE) {
		str_append_c(line, ' ');
		str_append_str(line, initial);
		wipe(initial);
	}
	return login_send(conn, line);
}

static int sasl_step(struct pop4_login *login, struct dsasl_client *client,
		     const char *challenge, string_t *response)
{
	if (str_len(response) > 0) {
		/* the first response, which had to wait */
		if (*challenge != '\0') {
			return pop4_fail(login->conn, POP4_EXIT_LOST,
				"The server's answer makes no sense: +");
		}
	} else if (sasl_input(login, client, challenge) < 0 ||
		   sasl_output(login, client, response) < 0)
		return -1;
	return login_send(login->conn, response);
}

static int sasl_run(struct pop4_login *login, const char *name,
		    struct dsasl_client *client)
{
	struct pop4_status_line status;
	string_t *response = t_str_new(AUTH_MAX_LINE);
	unsigned int steps;

	if (sasl_output(login, client, response) < 0 ||
	    sasl_start(login, name, response) < 0)
		return -1;
	for (steps = 0; steps < POP4_CLIENT_MAX_AUTH_STEPS; steps++) {
		if (pop4_read_status(login->conn, &status) < 0)
			return -1;
		if (status.status != POP4_STATUS_CONTINUE)
			return login_result(login->conn, &status);
		if (sasl_step(login, client, status.text, response) < 0)
			return -1;
	}
	return pop4_fail(login->conn, POP4_EXIT_LOST,
			 "The server asks too much for a login");
}

static bool is_secret(const char *name)
{
	return str_begins_with(name, "SCRAM-") ||
		strcmp(name, "CRAM-MD5") == 0 ||
		strcmp(name, "DIGEST-MD5") == 0;
}

static int login_sasl(struct pop4_login *login, const char *name)
{
	const struct dsasl_client_mech *mech = dsasl_client_mech_find(name);
	const char *master_user = login->conn->set->master_user;
	struct dsasl_client_settings set;
	struct dsasl_client *client;
	int ret;

	if (mech == NULL) {
		return pop4_fail(login->conn, POP4_EXIT_LOGIN,
			"This program can't log in by %s", name);
	}
	if ((!is_secret(name) && login_check_clear(login->conn) < 0) ||
	    login_get_password(login) < 0)
		return -1;
	i_zero(&set);
	set.authid = login->user;
	if (master_user != NULL) {
		set.authid = master_user;
		set.authzid = login->user;
	}
	set.password = login->password;
	client = dsasl_client_new(mech, &set);
	ret = sasl_run(login, name, client);
	dsasl_client_free(&client);
	return ret;
}

/*
 * Choice
 */

static const char *
choose_from(const struct pop4_capa *sasl, const char *const *names)
{
	for (; sasl != NULL && *names != NULL; names++) {
		if (str_array_icase_find(sasl->args, *names) &&
		    dsasl_client_mech_find(*names) != NULL)
			return *names;
	}
	return NULL;
}

static int login_any(struct pop4_login *login)
{
	struct pop4_conn *conn = login->conn;
	const struct pop4_capa *sasl = pop4_capa_find(conn, "SASL");
	const char *name;

	/* the one that everybody can who knows master users */
	if (conn->set->master_user != NULL)
		return login_sasl(login, "PLAIN");
	name = choose_from(sasl, secret_mechanisms);
	if (name == NULL && pop4_capa_find(conn, "USER") == NULL)
		name = choose_from(sasl, clear_mechanisms);
	return name == NULL ? login_user(login) : login_sasl(login, name);
}

int pop4_login(struct pop4_conn *conn)
{
	const struct pop_url *url = &conn->set->url;
	struct pop4_login login = { .conn = conn, .user = url->user };
	int ret = -1;

	if (pop4_get_capa(conn) < 0 ||
	    (login.user == NULL && pop4_ask_user(conn, &login.user) < 0))
		return -1;
	switch (url->auth) {
	case POP_URL_AUTH_ANY:
		ret = login_any(&login);
		break;
	case POP_URL_AUTH_APOP:
		ret = login_apop(&login);
		break;
	case POP_URL_AUTH_SASL:
		ret = login_sasl(&login, url->mechanism);
		break;
	}
	pop4_password_free(&login.password);
	/* what a server can do may depend on who is logged in */
	conn->capa_known = FALSE;
	array_clear(&conn->capa);
	return ret;
}
