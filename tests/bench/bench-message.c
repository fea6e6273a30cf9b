/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* What is sent: one message, made once and kept as it goes on the wire. */

#include "bench-conn.h"

#include <stdlib.h>
#include <string.h>

#define LINE_OCTETS 76

static char *message;
static size_t message_size, message_wire_size;

static const char header[] =
	"From: Alice <alice@example.test>\r\n"
	"To: Bob <bob@example.test>\r\n"
	"Subject: Measurement\r\n"
	"Date: Mon, 02 Mar 2026 10:00:00 +0000\r\n"
	"Message-ID: <bench@example.test>\r\n"
	"\r\n";

/* Appends a line of `size` octets, letters and its CRLF. One in 50 begins with
   a dot and gets a second one. Returns what it takes on the wire. */
static size_t line_make(char *out, size_t size, unsigned int number)
{
	static unsigned int random = 1;
	char *p = out;
	size_t i;

	if (number % 50 == 0 && size > 2) {
		*p++ = '.';
		*p++ = '.';
		size--;
	}
	for (i = 0; i + 2 < size; i++) {
		random = random * 1103515245 + 12345;
		*p++ = "abcdefghijklmnopqrstuvwxyz012345"[random >> 27];
	}
	*p++ = '\r';
	*p++ = '\n';
	return p - out;
}

int conn_message_make(struct conn *conn, size_t size)
{
	size_t used = sizeof(header) - 1, left, line;
	unsigned int number = 0;

	if (message_size == size)
		return 0;
	free(message);
	message_size = 0;
	message = malloc(size + size / LINE_OCTETS + LINE_OCTETS);
	if (message == NULL || size < used + LINE_OCTETS)
		return conn_error(conn, "no message of %zu octets", size);

	memcpy(message, header, used);
	for (left = size - used; left > 0; left -= line) {
		/* the last line takes what would be too short for another */
		line = left < 2 * LINE_OCTETS ? left : LINE_OCTETS;
		used += line_make(message + used, line, ++number);
	}
	memcpy(message + used, ".\r\n", 3);
	message_wire_size = used + 3;
	message_size = size;
	return 0;
}

int conn_send_message(struct conn *conn)
{
	if (conn->smtp) {
		if (conn_command(conn, "MAIL FROM:<alice@example.test>") < 0 ||
		    conn_command(conn, "RCPT TO:<bob@example.test>") < 0 ||
		    conn_command(conn, "DATA") < 0)
			return -1;
	} else if (conn_command(conn, "XTND XMIT") < 0)
		return -1;
	if (conn_write(conn, message, message_wire_size) < 0)
		return -1;
	return conn_read_reply(conn);
}
