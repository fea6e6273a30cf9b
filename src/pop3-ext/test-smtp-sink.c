/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "ioloop.h"
#include "istream.h"
#include "llist.h"
#include "ostream.h"
#include "iostream-ssl.h"
#include "str.h"

#include "host-test.h"
#include "dovecot-compat.h"
#include "test-smtp-sink.h"

#define SINK_BUFFER_SIZE (128 * 1024)

struct test_sink_conn {
	struct test_sink_conn *prev, *next;
	struct test_sink *sink;
	int fd;
	struct istream *input;
	struct ostream *output;
	struct ssl_iostream *ssl;
	struct io *io;
	unsigned int mails;
	/* how much of the end of a message has been seen */
	size_t tail;
	bool in_body, early_sent, paused;
	/* while the input callback runs a connection is only marked */
	bool busy, closed;
};

static void sink_conn_input(struct test_sink_conn *conn);

static void sink_conn_free(struct test_sink_conn *conn)
{
	DLLIST_REMOVE(&conn->sink->conns, conn);
	io_remove(&conn->io);
	ssl_iostream_destroy(&conn->ssl);
	i_stream_destroy(&conn->input);
	o_stream_destroy(&conn->output);
	net_disconnect(conn->fd);
	i_free(conn);
}

static void sink_conn_close(struct test_sink_conn *conn)
{
	conn->closed = TRUE;
	if (!conn->busy)
		sink_conn_free(conn);
}

static void sink_conn_reply(struct test_sink_conn *conn, const char *reply)
{
	if (strcmp(reply, SINK_HANG) == 0)
		return;
	if (strcmp(reply, SINK_DROP) == 0)
		sink_conn_close(conn);
	else {
		o_stream_nsend_str(conn->output,
				   t_strconcat(reply, "\r\n", NULL));
	}
}

static void sink_conn_ehlo(struct test_sink_conn *conn)
{
	const struct test_sink_script *set = &conn->sink->set;
	const char *const *caps;
	string_t *str;

	if (set->ehlo != NULL) {
		sink_conn_reply(conn, set->ehlo);
		return;
	}
	str = t_str_new(128);
	str_append(str, "250-sink.example");
	caps = t_strsplit_spaces(set->caps == NULL ? "" : set->caps, " ");
	for (; *caps != NULL; caps++) {
		if (conn->ssl != NULL && strcmp(*caps, "STARTTLS") == 0)
			continue;
		/* "AUTH=PLAIN" has a blank on the wire */
		str_printfa(str, "\r\n250-%s", t_str_replace(*caps, '=', ' '));
	}
	str_append(str, "\r\n250 HELP");
	sink_conn_reply(conn, str_c(str));
}

static void sink_conn_start_tls(struct test_sink_conn *conn)
{
	const struct test_sink_script *set = &conn->sink->set;
	const char *error;

	io_remove(&conn->io);
	if (host_test_ssl_server(set->cert, set->key, &conn->input,
				 &conn->output, &conn->ssl, &error) < 0)
		i_fatal("test sink: %s", error);
	(void)ssl_iostream_handshake(conn->ssl);
	conn->io = io_add_istream(conn->input, sink_conn_input, conn);
}

static void sink_conn_rcpt(struct test_sink_conn *conn, const char *line)
{
	static const struct {
		const char *name, *reply;
	} replies[] = {
		{ "550", "550 5.1.1 no such user" },
		{ "450", "450 4.2.0 try later" },
		{ "421", "421 4.3.2 going down" },
		{ "drop", SINK_DROP },
		{ "hang", SINK_HANG },
		{ "junk", "what is this" },
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(replies); i++) {
		if (strncasecmp(line + strlen("RCPT TO:<"), replies[i].name,
				strlen(replies[i].name)) == 0) {
			sink_conn_reply(conn, replies[i].reply);
			return;
		}
	}
	sink_conn_reply(conn, "250 2.1.5 ok");
}

static const char *reply_or(const char *reply, const char *usual)
{
	return reply != NULL ? reply : usual;
}

static const char *sink_conn_data(struct test_sink_conn *conn)
{
	const struct test_sink_script *set = &conn->sink->set;

	conn->in_body = set->data == NULL || str_begins_with(set->data, "354");
	conn->early_sent = FALSE;
	conn->tail = 0;
	str_truncate(conn->sink->body, 0);
	conn->sink->body_size = 0;
	return reply_or(set->data, "354 go");
}

static const char *sink_conn_mail(struct test_sink_conn *conn)
{
	const struct test_sink_script *set = &conn->sink->set;

	if (++conn->mails == 2 && set->mail2 != NULL)
		return set->mail2;
	return reply_or(set->mail, "250 2.1.0 ok");
}

static void sink_conn_command(struct test_sink_conn *conn, const char *line)
{
	const struct test_sink_script *set = &conn->sink->set;
	const char *cmd = t_str_ucase(t_strcut(line, ' '));

	str_printfa(conn->sink->commands, "%s\n", line);
	if (strcmp(cmd, "EHLO") == 0 || strcmp(cmd, "HELO") == 0)
		sink_conn_ehlo(conn);
	else if (strcmp(cmd, "RCPT") == 0)
		sink_conn_rcpt(conn, line);
	else if (strcmp(cmd, "QUIT") == 0)
		sink_conn_close(conn);
	else if (strcmp(cmd, "STARTTLS") == 0 && set->starttls == NULL) {
		sink_conn_reply(conn, "220 2.0.0 go");
		(void)o_stream_flush(conn->output);
		sink_conn_start_tls(conn);
	} else {
		sink_conn_reply(conn,
			strcmp(cmd, "STARTTLS") == 0 ? set->starttls :
			strcmp(cmd, "AUTH") == 0 ?
				reply_or(set->auth, "235 2.7.0 ok") :
			strcmp(cmd, "XCLIENT") == 0 ? "220 sink.example" :
			strcmp(cmd, "MAIL") == 0 ? sink_conn_mail(conn) :
			strcmp(cmd, "DATA") == 0 ? sink_conn_data(conn) :
			strcmp(cmd, "RSET") == 0 ? "250 2.0.0 ok" :
			"500 5.5.1 what?");
	}
}

/* Returns how much of data belongs to the message; *end_r when its end is
   there. */
static size_t sink_find_end(struct test_sink_conn *conn,
			    const unsigned char *data, size_t size, bool *end_r)
{
	static const char end[] = "\r\n.\r\n";
	size_t i;

	*end_r = FALSE;
	for (i = 0; i < size; i++) {
		if (data[i] == (unsigned char)end[conn->tail])
			conn->tail++;
		else
			conn->tail = data[i] == '\r' ? 1 : 0;
		if (conn->tail == 5) {
			*end_r = TRUE;
			return i + 1;
		}
	}
	return size;
}

static void sink_conn_body_end(struct test_sink_conn *conn)
{
	const struct test_sink_script *set = &conn->sink->set;

	conn->in_body = FALSE;
	conn->sink->messages++;
	conn->sink->round_trips++;
	sink_conn_reply(conn, reply_or(set->dot, "250 2.0.0 queued"));
	if (set->drop_after_message)
		sink_conn_close(conn);
}

static void sink_conn_body_more(struct test_sink_conn *conn)
{
	struct test_sink *sink = conn->sink;
	void (*callback)(void *context) = sink->set.body_callback;

	if (callback != NULL && sink->body_size >= sink->set.body_callback_size) {
		sink->set.body_callback = NULL;
		callback(sink->set.body_context);
	}
	if (sink->set.early != NULL && !conn->early_sent &&
	    sink->body_size >= sink->set.early_size) {
		conn->early_sent = TRUE;
		sink_conn_reply(conn, sink->set.early);
	}
	if (sink->set.pause_size > 0 && sink->body_size >= sink->set.pause_size)
		conn->paused = TRUE;
}

static void sink_conn_body(struct test_sink_conn *conn,
			   const unsigned char *data, size_t size)
{
	struct test_sink *sink = conn->sink;
	size_t used;
	bool end;

	used = sink_find_end(conn, data, size, &end);
	if (!sink->set.discard)
		str_append_data(sink->body, data, used);
	sink->body_size += used;
	i_stream_skip(conn->input, used);
	sink_conn_body_more(conn);
	if (end)
		sink_conn_body_end(conn);
}

static void sink_conn_read(struct test_sink_conn *conn)
{
	const unsigned char *data;
	const char *line;
	size_t size;
	bool answered = FALSE;

	while (!conn->closed && !conn->paused) {
		if (conn->in_body) {
			if (i_stream_read_more(conn->input, &data, &size) <= 0)
				break;
			sink_conn_body(conn, data, size);
			continue;
		}
		line = i_stream_read_next_line(conn->input);
		if (line == NULL)
			break;
		if (!answered)
			conn->sink->round_trips++;
		answered = TRUE;
		T_BEGIN {
			sink_conn_command(conn, line);
		} T_END;
	}
}

static void sink_conn_input(struct test_sink_conn *conn)
{
	conn->busy = TRUE;
	sink_conn_read(conn);
	conn->busy = FALSE;
	if (conn->closed || conn->input->eof)
		sink_conn_free(conn);
	else if (conn->paused)
		io_remove(&conn->io);
}

static void sink_accept_fd(struct test_sink *sink, int listen_fd)
{
	struct test_sink_conn *conn;
	int fd;

	fd = net_accept(listen_fd, NULL, NULL);
	if (fd < 0)
		return;
	net_set_nonblock(fd, TRUE);
	sink->connections++;
	conn = i_new(struct test_sink_conn, 1);
	conn->sink = sink;
	conn->fd = fd;
	conn->input = i_stream_create_fd(fd, SINK_BUFFER_SIZE);
	conn->output = o_stream_create_fd(fd, SIZE_MAX);
	o_stream_set_no_error_handling(conn->output, TRUE);
	DLLIST_PREPEND(&sink->conns, conn);
	conn->io = io_add_istream(conn->input, sink_conn_input, conn);
	if (sink->set.smtps)
		sink_conn_start_tls(conn);
	sink_conn_reply(conn, reply_or(sink->set.greeting,
				       "220 sink.example ESMTP"));
}

static void sink_accept(struct test_sink *sink)
{
	sink_accept_fd(sink, sink->fd[0]);
}

static void sink_accept_second(struct test_sink *sink)
{
	sink_accept_fd(sink, sink->fd[1]);
}

static int sink_listen(struct test_sink *sink, const char *address)
{
	struct ip_addr ip;
	int fd;

	if (net_addr2ip(address, &ip) < 0)
		i_unreached();
	fd = net_listen(&ip, &sink->port, 8);
	if (fd == -1)
		i_fatal("test sink: listen() failed: %m");
	net_set_nonblock(fd, TRUE);
	return fd;
}

struct test_sink *test_sink_init(const struct test_sink_script *set)
{
	struct test_sink *sink;

	sink = i_new(struct test_sink, 1);
	sink->set = *set;
	sink->commands = str_new(default_pool, 256);
	sink->body = str_new(default_pool, 1024);
	sink->fd[0] = sink_listen(sink, "127.0.0.1");
	sink->io[0] = io_add(sink->fd[0], IO_READ, sink_accept, sink);
	sink->fd[1] = -1;
	if (set->two_addresses) {
		sink->fd[1] = sink_listen(sink, "127.0.0.2");
		sink->io[1] = io_add(sink->fd[1], IO_READ, sink_accept_second,
				     sink);
	}
	return sink;
}

void test_sink_drop(struct test_sink *sink)
{
	while (sink->conns != NULL)
		sink_conn_free(sink->conns);
}

void test_sink_resume(struct test_sink *sink)
{
	struct test_sink_conn *conn;

	sink->set.pause_size = 0;
	for (conn = sink->conns; conn != NULL; conn = conn->next) {
		if (!conn->paused)
			continue;
		conn->paused = FALSE;
		conn->io = io_add_istream(conn->input, sink_conn_input, conn);
		i_stream_set_input_pending(conn->input, TRUE);
	}
}

void test_sink_deinit(struct test_sink **_sink)
{
	struct test_sink *sink = *_sink;

	*_sink = NULL;
	test_sink_drop(sink);
	io_remove(&sink->io[0]);
	io_remove(&sink->io[1]);
	i_close_fd(&sink->fd[0]);
	i_close_fd(&sink->fd[1]);
	str_free(&sink->commands);
	str_free(&sink->body);
	i_free(sink);
}
