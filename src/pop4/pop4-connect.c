/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* From a URL to a server that has greeted, inside TLS when that is to be. */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "iostream-ssl.h"
#include "istream.h"
#include "net.h"
#include "ostream.h"

#include "host-client.h"
#include "pop3-ext-limits.h"
#include "pop4-conn.h"

/* For each address of a server */
#define CONNECT_TIMEOUT_SECS 30

static int lookup(struct pop4_conn *conn, struct ip_addr **ips_r,
		  unsigned int *count_r)
{
	const char *host = conn->set->url.host;
	struct ip_addr ip;
	int ret;

	if (net_addr2ip(host, &ip) == 0) {
		*ips_r = t_new(struct ip_addr, 1);
		**ips_r = ip;
		*count_r = 1;
		return 0;
	}
	ret = net_gethostbyname(host, ips_r, count_r);
	if (ret != 0 || *count_r == 0) {
		return pop4_fail(conn, POP4_EXIT_CONNECT,
			"There is no host %s (%s)", host,
			ret != 0 ? net_gethosterror(ret) : "no address");
	}
	return 0;
}

/* Returns an errno, 0 when the connection stands. */
static int connect_ip(struct pop4_conn *conn, const struct ip_addr *ip)
{
	struct io *io;
	int error;

	conn->fd = net_connect_ip(ip, conn->set->url.port, NULL);
	if (conn->fd == -1)
		return errno;
	io = io_add(conn->fd, IO_WRITE, pop4_run_stop, conn);
	error = pop4_run(conn, I_MIN(CONNECT_TIMEOUT_SECS,
				     conn->set->timeout)) ?
		net_geterror(conn->fd) : ETIMEDOUT;
	io_remove(&io);
	if (error != 0) {
		net_disconnect(conn->fd);
		conn->fd = -1;
	}
	return error;
}

static int connect_any(struct pop4_conn *conn)
{
	const struct pop_url *url = &conn->set->url;
	struct ip_addr *ips;
	unsigned int i, count;
	int error = 0;

	if (lookup(conn, &ips, &count) < 0)
		return -1;
	for (i = 0; i < count; i++) {
		error = connect_ip(conn, &ips[i]);
		if (error == 0)
			return 0;
	}
	return pop4_fail(conn, POP4_EXIT_CONNECT, "No connection to %s, "
		"port %u (%s)", url->host, url->port, strerror(error));
}

/*
 * TLS
 */

static int tls_failed(struct pop4_conn *conn, const char *error)
{
	return pop4_fail(conn, POP4_EXIT_TLS, "No TLS with %s: %s",
			 conn->set->url.host, error);
}

static int tls_handshake(struct pop4_conn *conn)
{
	struct io *io;
	const char *error;
	int ret;

	ret = ssl_iostream_handshake(conn->ssl);
	while (ret >= 0 && !ssl_iostream_is_handshaked(conn->ssl)) {
		io = io_add_istream(conn->input, pop4_run_stop, conn);
		if (!pop4_run(conn, conn->set->timeout))
			ret = -1;
		io_remove(&io);
		if (ret >= 0 && i_stream_read(conn->input) < 0)
			ret = -1;
	}
	if (ret >= 0)
		return 0;
	error = ssl_iostream_get_last_error(conn->ssl);
	return tls_failed(conn, error != NULL ? error :
			  conn->timed_out ? "Timed out" :
			  "The server has closed the connection");
}

static int start_tls(struct pop4_conn *conn)
{
	struct host_tls_settings set = {
		.ca_file = conn->set->ca_file,
		.verify = conn->set->verify,
	};
	const char *error;

	/* what came before would count as what came inside */
	if (i_stream_get_data_size(conn->input) > 0)
		return tls_failed(conn, "The server does not wait for it");
	if (host_client_start_tls(&set, conn->set->url.host, conn->event,
				  &conn->input, &conn->output, &conn->ssl,
				  &error) < 0)
		return tls_failed(conn, error);
	if (tls_handshake(conn) < 0)
		return -1;
	conn->tls = TRUE;
	return 0;
}

int pop4_secure(struct pop4_conn *conn)
{
	if (conn->tls || conn->set->tls == POP4_TLS_NEVER)
		return 0;
	if (pop4_get_capa(conn) < 0)
		return -1;
	if (pop4_capa_find(conn, "STLS") == NULL) {
		return conn->set->tls != POP4_TLS_REQUIRE ? 0 :
			tls_failed(conn, "The server doesn't offer it");
	}
	if (pop4_command(conn, NULL, "STLS") < 0 || start_tls(conn) < 0)
		return -1;
	/* RFC 2595: nothing that was learnt before counts any more */
	array_clear(&conn->capa);
	conn->capa_known = FALSE;
	return 0;
}

/*
 * Greeting and capabilities
 */

static int read_greeting(struct pop4_conn *conn)
{
	struct pop4_status_line status;
	const char *line;

	if (pop4_read_line(conn, &line) < 0)
		return -1;
	if (pop4_parse_status(line, &status) < 0 ||
	    status.status == POP4_STATUS_CONTINUE) {
		return pop4_fail(conn, POP4_EXIT_LOST,
				 "This is no POP3 server: %s",
				 t_strndup(line, 80));
	}
	if (status.status == POP4_STATUS_ERR)
		return pop4_refused(conn, &status);
	conn->greeting = p_strdup(conn->pool, line + strlen("+OK"));
	return 0;
}

int pop4_connect(struct pop4_conn *conn)
{
	if (connect_any(conn) < 0)
		return -1;
	net_set_nonblock(conn->fd, TRUE);
	(void)net_set_tcp_nodelay(conn->fd, TRUE);
	conn->input = i_stream_create_fd(conn->fd, POP4_CLIENT_MAX_INPUT);
	conn->output = o_stream_create_fd(conn->fd, SIZE_MAX);
	o_stream_set_no_error_handling(conn->output, TRUE);
	if (conn->set->url.tls && start_tls(conn) < 0)
		return -1;
	return read_greeting(conn);
}

static const char *const *
words_dup(pool_t pool, const char *const *words)
{
	unsigned int i, count = str_array_length(words);
	const char **dup = p_new(pool, const char *, count + 1);

	for (i = 0; i < count; i++)
		dup[i] = p_strdup(pool, words[i]);
	return dup;
}

int pop4_get_capa(struct pop4_conn *conn)
{
	struct pop4_status_line status;
	struct pop4_capa *capa, parsed;
	unsigned int count = 0;
	const char *line;
	int ret;

	if (conn->capa_known)
		return 0;
	if (pop4_send_line(conn, "CAPA") < 0 ||
	    pop4_read_status(conn, &status) < 0)
		return -1;
	conn->capa_known = TRUE;
	if (status.status != POP4_STATUS_OK)
		return 0;
	while ((ret = pop4_read_list_line(conn, &count, &line)) > 0) {
		if (count > POP4_CLIENT_MAX_CAPA) {
			return pop4_fail(conn, POP4_EXIT_LOST,
				"The server has too many capabilities");
		}
		/* one that can't be read can't be used */
		if (pop4_parse_capa(line, &parsed) < 0)
			continue;
		capa = array_append_space(&conn->capa);
		capa->name = p_strdup(conn->pool, parsed.name);
		capa->args = words_dup(conn->pool, parsed.args);
	}
	return ret;
}

const struct pop4_capa *
pop4_capa_find(const struct pop4_conn *conn, const char *name)
{
	const struct pop4_capa *capa;

	array_foreach(&conn->capa, capa) {
		if (strcasecmp(capa->name, name) == 0)
			return capa;
	}
	return NULL;
}
