/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "bench-conn.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#define TIMEOUT_SECS 120

int conn_error(struct conn *conn, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(conn->error, sizeof(conn->error), format, args);
	va_end(args);
	return -1;
}

/*
 * Bytes and lines
 */

int conn_write(struct conn *conn, const char *data, size_t size)
{
	ssize_t ret;

	while (size > 0) {
		ret = send(conn->fd, data, size, MSG_NOSIGNAL);
		if (ret < 0)
			return conn_error(conn, "send: %s", strerror(errno));
		data += ret;
		size -= ret;
	}
	return 0;
}

static int __attribute__((format(printf, 2, 3)))
conn_send_line(struct conn *conn, const char *format, ...)
{
	char line[CONN_LINE_SIZE];
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(line, sizeof(line) - 2, format, args);
	va_end(args);
	if (size < 0 || (size_t)size >= sizeof(line) - 2)
		return conn_error(conn, "command too long");
	memcpy(line + size, "\r\n", 2);
	return conn_write(conn, line, size + 2);
}

static int conn_fill(struct conn *conn)
{
	ssize_t ret;

	if (conn->pos > 0) {
		memmove(conn->buffer, conn->buffer + conn->pos,
			conn->used - conn->pos);
		conn->used -= conn->pos;
		conn->pos = 0;
	}
	if (conn->used == sizeof(conn->buffer))
		return conn_error(conn, "line too long");
	ret = recv(conn->fd, conn->buffer + conn->used,
		   sizeof(conn->buffer) - conn->used, 0);
	if (ret < 0)
		return conn_error(conn, "recv: %s", strerror(errno));
	if (ret == 0)
		return conn_error(conn, "connection closed");
	conn->used += ret;
	return 0;
}

/* The next line with its LF; it stays valid until the next call. */
static int
conn_read_line(struct conn *conn, const char **line_r, size_t *size_r)
{
	const char *start, *end;
	size_t scanned = 0;

	for (;;) {
		start = conn->buffer + conn->pos;
		end = memchr(start + scanned, '\n',
			     conn->used - conn->pos - scanned);
		if (end != NULL)
			break;
		scanned = conn->used - conn->pos;
		if (conn_fill(conn) < 0)
			return -1;
	}
	*line_r = start;
	*size_r = end + 1 - start;
	conn->pos += *size_r;
	return 0;
}

int conn_read_reply(struct conn *conn)
{
	const char *line;
	size_t size;
	bool ok;

	do {
		if (conn_read_line(conn, &line, &size) < 0)
			return -1;
	} while (conn->smtp && size > 3 && line[3] == '-');
	ok = conn->smtp ? (line[0] == '2' || line[0] == '3') : line[0] == '+';
	if (!ok)
		return conn_error(conn, "refused: %.*s", (int)size - 2, line);
	return 0;
}

/* The rest of a multi-line reply up to its dot line */
static int
conn_read_multi(struct conn *conn, int64_t *lines_r, int64_t *octets_r)
{
	const char *line;
	size_t size;

	*lines_r = *octets_r = 0;
	for (;;) {
		if (conn_read_line(conn, &line, &size) < 0)
			return -1;
		if (size == 3 && line[0] == '.')
			return 0;
		*lines_r += 1;
		*octets_r += size;
	}
}

/*
 * Connections
 */

struct conn *conn_open(unsigned int port, bool smtp)
{
	struct timeval timeout = { .tv_sec = TIMEOUT_SECS };
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	struct conn *conn;
	int one = 1;

	conn = calloc(1, sizeof(*conn));
	if (conn == NULL)
		return NULL;
	conn->smtp = smtp;
	conn->fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(conn->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout,
		   sizeof(timeout));
	setsockopt(conn->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout,
		   sizeof(timeout));
	if (connect(conn->fd, (struct sockaddr *)&address,
		    sizeof(address)) < 0)
		(void)conn_error(conn, "connect: %s", strerror(errno));
	else if (conn_read_reply(conn) == 0 && smtp &&
		 conn_send_line(conn, "EHLO client.example.test") == 0)
		(void)conn_read_reply(conn);
	return conn;
}

void conn_close(struct conn **_conn)
{
	struct conn *conn = *_conn;

	if (conn == NULL)
		return;
	*_conn = NULL;
	close(conn->fd);
	free(conn);
}

int conn_command(struct conn *conn, const char *line)
{
	if (conn_send_line(conn, "%s", line) < 0)
		return -1;
	return conn_read_reply(conn);
}

static void base64(const char *data, size_t size, char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned int value;
	size_t i, n;

	for (i = 0; i < size; i += 3) {
		n = size - i;
		value = (unsigned char)data[i] << 16;
		value |= n > 1 ? (unsigned char)data[i + 1] << 8 : 0;
		value |= n > 2 ? (unsigned char)data[i + 2] : 0;
		*out++ = digits[value >> 18];
		*out++ = digits[(value >> 12) & 63];
		*out++ = n > 1 ? digits[(value >> 6) & 63] : '=';
		*out++ = n > 2 ? digits[value & 63] : '=';
	}
	*out = '\0';
}

int conn_login(struct conn *conn, const char *user, const char *password)
{
	char plain[CONN_LINE_SIZE / 2], token[CONN_LINE_SIZE];
	int size;

	if (conn->smtp) {
		size = snprintf(plain, sizeof(plain), "%c%s%c%s",
				'\0', user, '\0', password);
		base64(plain, size, token);
		if (conn_send_line(conn, "AUTH PLAIN %s", token) < 0)
			return -1;
		return conn_read_reply(conn);
	}
	if (conn_send_line(conn, "USER %s", user) < 0 ||
	    conn_read_reply(conn) < 0 ||
	    conn_send_line(conn, "PASS %s", password) < 0)
		return -1;
	return conn_read_reply(conn);
}

int conn_list(struct conn *conn, const char *command, int64_t *lines_r)
{
	int64_t octets;

	if (conn_command(conn, command) < 0)
		return -1;
	return conn_read_multi(conn, lines_r, &octets);
}

int conn_retr(struct conn *conn, unsigned int count,
		     unsigned int window, int64_t *octets_r)
{
	unsigned int sent = 0, done = 0;
	int64_t lines, octets;

	*octets_r = 0;
	while (done < count) {
		for (; sent < count && sent - done < window; sent++) {
			if (conn_send_line(conn, "RETR %u", sent + 1) < 0)
				return -1;
		}
		if (conn_read_reply(conn) < 0 ||
		    conn_read_multi(conn, &lines, &octets) < 0)
			return -1;
		*octets_r += octets;
		done++;
	}
	return 0;
}

int conn_quit(struct conn *conn)
{
	char rest[CONN_LINE_SIZE];
	ssize_t ret;

	if (conn_command(conn, "QUIT") < 0)
		return -1;
	while ((ret = recv(conn->fd, rest, sizeof(rest), 0)) > 0) ;
	return ret < 0 ? conn_error(conn, "recv: %s", strerror(errno)) : 0;
}
