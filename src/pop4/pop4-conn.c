/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "iostream-ssl.h"
#include "istream.h"
#include "net.h"
#include "ostream.h"

#include "pop3-ext-limits.h"
#include "pop4-conn.h"
#include "terminal-text.h"

/* how long a signal may have to wait */
#define LOOK_MSECS 500

struct pop4_conn *pop4_conn_init(const struct pop4_settings *set)
{
	struct pop4_conn *conn;
	pool_t pool;

	pool = pool_alloconly_create("pop4 connection", 4096);
	conn = p_new(pool, struct pop4_conn, 1);
	conn->pool = pool;
	conn->set = set;
	conn->fd = -1;
	conn->event = event_create(NULL);
	p_array_init(&conn->capa, pool, 16);
	return conn;
}

void pop4_conn_deinit(struct pop4_conn **_conn)
{
	struct pop4_conn *conn = *_conn;

	*_conn = NULL;
	if (conn->output != NULL)
		o_stream_abort(conn->output);
	ssl_iostream_destroy(&conn->ssl);
	i_stream_unref(&conn->input);
	o_stream_unref(&conn->output);
	if (conn->fd != -1)
		net_disconnect(conn->fd);
	event_unref(&conn->event);
	pool_unref(&conn->pool);
}

int pop4_fail(struct pop4_conn *conn, enum pop4_exit exit,
	      const char *fmt, ...)
{
	va_list args;

	if (conn->error == NULL) {
		va_start(args, fmt);
		conn->error = p_strdup(conn->pool, terminal_text_line(
					t_strdup_vprintf(fmt, args)));
		conn->exit = exit;
		va_end(args);
	}
	return -1;
}

/*
 * Waiting
 */

void pop4_run_stop(struct pop4_conn *conn ATTR_UNUSED)
{
	io_loop_stop(current_ioloop);
}

static void wait_timed_out(struct pop4_conn *conn)
{
	conn->timed_out = TRUE;
	io_loop_stop(current_ioloop);
}

static void wait_look(struct pop4_conn *conn)
{
	if (conn->set->is_ended != NULL && conn->set->is_ended()) {
		(void)pop4_fail(conn, POP4_EXIT_LOCAL, "Ended by a signal");
		wait_timed_out(conn);
	}
}

bool pop4_run(struct pop4_conn *conn, unsigned int secs)
{
	struct timeout *to, *to_look;

	conn->timed_out = FALSE;
	to = timeout_add(secs * 1000, wait_timed_out, conn);
	to_look = timeout_add_short(LOOK_MSECS, wait_look, conn);
	io_loop_run(current_ioloop);
	timeout_remove(&to_look);
	timeout_remove(&to);
	return !conn->timed_out;
}

/* ioloop_time is that of the last wait, before what was done since */
static time_t time_now(void)
{
	io_loop_time_refresh();
	return ioloop_time;
}

/* begun: when the server was asked for what is waited for */
static int wait_or_fail(struct pop4_conn *conn, time_t begun)
{
	time_t waited = time_now() - begun;

	if (waited < (time_t)conn->set->timeout &&
	    pop4_run(conn, conn->set->timeout - waited))
		return 0;
	return pop4_fail(conn, POP4_EXIT_LOST,
			 "The server has not answered for %u seconds",
			 conn->set->timeout);
}

static const char *lost_reason(struct pop4_conn *conn, int stream_errno,
			       const char *stream_error)
{
	const char *error = NULL;

	if (conn->ssl != NULL)
		error = ssl_iostream_get_last_error(conn->ssl);
	if (error == NULL && stream_errno != 0 && stream_errno != EPIPE)
		error = stream_error;
	return error == NULL ? "" : t_strdup_printf(" (%s)", error);
}

static int input_lost(struct pop4_conn *conn)
{
	return pop4_fail(conn, POP4_EXIT_LOST,
		"The server has closed the connection%s",
		lost_reason(conn, conn->input->stream_errno,
			    i_stream_get_error(conn->input)));
}

static int output_lost(struct pop4_conn *conn)
{
	return pop4_fail(conn, POP4_EXIT_LOST,
		"The server has closed the connection%s",
		lost_reason(conn, conn->output->stream_errno,
			    o_stream_get_error(conn->output)));
}

static int wait_input(struct pop4_conn *conn, time_t begun)
{
	struct io *io;
	ssize_t ret;
	int ret2 = 0;

	if (conn->error != NULL)
		return -1;
	while (ret2 == 0 && (ret = i_stream_read(conn->input)) == 0) {
		io = io_add_istream(conn->input, pop4_run_stop, conn);
		ret2 = wait_or_fail(conn, begun);
		io_remove(&io);
	}
	if (ret2 < 0)
		return -1;
	return ret > 0 || ret == -2 ? 0 : input_lost(conn);
}

int pop4_wait_input(struct pop4_conn *conn)
{
	return wait_input(conn, time_now());
}

static int output_flush(struct pop4_conn *conn)
{
	int ret = o_stream_flush(conn->output);

	if (ret != 0)
		io_loop_stop(current_ioloop);
	return ret;
}

int pop4_wait_output(struct pop4_conn *conn)
{
	int ret, ret2 = 0;

	if (conn->error != NULL)
		return -1;
	while (ret2 == 0 && (ret = o_stream_flush(conn->output)) == 0) {
		o_stream_set_flush_callback(conn->output, output_flush, conn);
		o_stream_set_flush_pending(conn->output, TRUE);
		ret2 = wait_or_fail(conn, time_now());
		o_stream_unset_flush_callback(conn->output);
	}
	if (ret2 < 0)
		return -1;
	return ret < 0 ? output_lost(conn) : 0;
}

/*
 * Lines
 */

int pop4_send_line(struct pop4_conn *conn, const char *line)
{
	struct const_iovec iov[] = {
		{ line, strlen(line) },
		{ "\r\n", 2 },
	};

	if (conn->error != NULL)
		return -1;
	i_assert(strpbrk(line, "\r\n") == NULL);
	o_stream_nsendv(conn->output, iov, N_ELEMENTS(iov));
	return pop4_wait_output(conn);
}

int pop4_read_line(struct pop4_conn *conn, const char **line_r)
{
	const unsigned char *data, *p;
	time_t begun = 0;
	size_t size;

	if (conn->error != NULL)
		return -1;
	for (;;) {
		data = i_stream_get_data(conn->input, &size);
		p = memchr(data, '\n', I_MIN(size, POP4_CLIENT_MAX_LINE));
		if (p != NULL)
			break;
		if (size >= POP4_CLIENT_MAX_LINE) {
			return pop4_fail(conn, POP4_EXIT_LOST,
				"The server has sent a line that is too long");
		}
		/* a line that trickles must have an end, too */
		if (begun == 0)
			begun = time_now();
		if (wait_input(conn, begun) < 0)
			return -1;
	}
	size = p - data;
	conn->lines_size += size;
	/* a NUL would hide what follows */
	if (memchr(data, '\0', size) != NULL) {
		return pop4_fail(conn, POP4_EXIT_LOST,
			"The server has sent a line with a NUL octet");
	}
	*line_r = t_strndup(data, size > 0 && data[size-1] == '\r' ?
			    size - 1 : size);
	i_stream_skip(conn->input, size + 1);
	return 0;
}

int pop4_read_list_line(struct pop4_conn *conn, unsigned int *count,
			const char **line_r)
{
	if (pop4_read_line(conn, line_r) < 0)
		return -1;
	if (**line_r == '.') {
		(*line_r)++;
		if (**line_r == '\0')
			return 0;
	}
	if (++(*count) > POP4_CLIENT_MAX_LINES ||
	    conn->lines_size > POP4_CLIENT_MAX_LIST) {
		return pop4_fail(conn, POP4_EXIT_LOST,
				 "The server's list has no end");
	}
	return 1;
}

/*
 * Commands
 */

int pop4_read_status(struct pop4_conn *conn,
		     struct pop4_status_line *status_r)
{
	const char *line;

	conn->lines_size = 0;
	if (pop4_read_line(conn, &line) < 0)
		return -1;
	if (pop4_parse_status(line, status_r) < 0) {
		return pop4_fail(conn, POP4_EXIT_LOST, "The server's answer "
			"makes no sense: %s", t_strndup(line, 80));
	}
	return 0;
}

/* RFC 2449 and 3206: codes that say that the same may work later */
static bool is_temporary(const char *code)
{
	return code != NULL && (strcmp(code, "SYS/TEMP") == 0 ||
				strcmp(code, "IN-USE") == 0 ||
				strcmp(code, "LOGIN-DELAY") == 0);
}

int pop4_refused(struct pop4_conn *conn, const struct pop4_status_line *status)
{
	return pop4_fail(conn, is_temporary(status->code) ?
			 POP4_EXIT_TEMPORARY : POP4_EXIT_REFUSED,
			 "The server says: %s", *status->text == '\0' ?
			 "no" : status->text);
}

static int ATTR_FORMAT(3, 0)
vcommand(struct pop4_conn *conn, struct pop4_status_line *status_r,
	 const char *fmt, va_list args)
{
	struct pop4_status_line status;
	const char *line = t_strdup_vprintf(fmt, args);

	if (strlen(line) + strlen("\r\n") > POP4_MAX_COMMAND_LINE) {
		return pop4_fail(conn, POP4_EXIT_USAGE, "The command to the "
			"server is too long: name fewer messages at once");
	}
	if (pop4_send_line(conn, line) < 0 ||
	    pop4_read_status(conn, &status) < 0)
		return -1;
	if (status_r != NULL)
		*status_r = status;
	switch (status.status) {
	case POP4_STATUS_OK:
		return 0;
	case POP4_STATUS_ERR:
		return pop4_refused(conn, &status);
	case POP4_STATUS_CONTINUE:
		break;
	}
	return pop4_fail(conn, POP4_EXIT_LOST,
			 "The server's answer makes no sense: +");
}

int pop4_command(struct pop4_conn *conn, struct pop4_status_line *status_r,
		 const char *fmt, ...)
{
	va_list args;
	int ret;

	va_start(args, fmt);
	ret = vcommand(conn, status_r, fmt, args);
	va_end(args);
	return ret;
}

int pop4_outcome_unknown(struct pop4_conn *conn)
{
	if (conn->exit == POP4_EXIT_LOST) {
		conn->exit = POP4_EXIT_UNKNOWN;
		conn->error = p_strconcat(conn->pool, conn->error,
			": it may or may not have been done", NULL);
	}
	return -1;
}

int pop4_change(struct pop4_conn *conn, struct pop4_status_line *status_r,
		const char *fmt, ...)
{
	va_list args;
	int ret;

	va_start(args, fmt);
	ret = vcommand(conn, status_r, fmt, args);
	va_end(args);
	return ret < 0 ? pop4_outcome_unknown(conn) : 0;
}

int pop4_quit(struct pop4_conn *conn)
{
	return pop4_command(conn, NULL, "QUIT");
}

/*
 * POP4
 */

bool pop4_has(struct pop4_conn *conn, const char *group)
{
	const struct pop4_capa *capa = pop4_capa_find(conn, "X-POP4");

	if (capa != NULL)
		return str_array_icase_find(capa->args, group);
	/* the mark that was published in 2003, and a way to write it that
	   its own pages have */
	return strstr(conn->greeting, "POP4 rev") != NULL ||
		strstr(conn->greeting, "POP 4 rev") != NULL;
}

int pop4_require(struct pop4_conn *conn, const char *group, const char *what)
{
	if (pop4_get_capa(conn) < 0)
		return -1;
	if (!pop4_has(conn, group)) {
		return pop4_fail(conn, POP4_EXIT_MISSING, "%s has no %s: it "
			"doesn't offer %s of POP4", conn->set->url.host, what,
			group);
	}
	return 0;
}
