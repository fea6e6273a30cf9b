#ifndef BENCH_CONN_H
#define BENCH_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONN_LINE_SIZE 1024
#define CONN_BUFFER_SIZE (256 * 1024)

/* A POP3 or SMTP connection. What returns int returns 0, or -1 with the reason
   in error. */
struct conn {
	int fd;
	bool smtp;
	size_t pos, used;
	char buffer[CONN_BUFFER_SIZE];
	char error[CONN_LINE_SIZE];
};

int conn_error(struct conn *conn, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Connects to the port on loopback and reads the greeting; SMTP: EHLO. Returns
   a connection that the caller closes, with an error set when it failed, or
   NULL without memory. */
struct conn *conn_open(unsigned int port, bool smtp);
void conn_close(struct conn **conn);

int conn_login(struct conn *conn, const char *user, const char *password);
/* A command with a one-line reply */
int conn_command(struct conn *conn, const char *line);
/* One with a multi-line reply */
int conn_list(struct conn *conn, const char *command, int64_t *lines_r);
/* RETR 1 to count, at most window of them unanswered */
int conn_retr(struct conn *conn, unsigned int count, unsigned int window,
	      int64_t *octets_r);
int conn_write(struct conn *conn, const char *data, size_t size);
/* +OK or a mere +; SMTP: a reply 2xx or 3xx */
int conn_read_reply(struct conn *conn);
/* QUIT, and the end of the connection */
int conn_quit(struct conn *conn);

/* Makes the message that conn_send_message() sends from now on, of that many
   octets on the way through SMTP, without what dot-stuffing adds. */
int conn_message_make(struct conn *conn, size_t size);
/* By XTND XMIT, or by MAIL, RCPT and DATA */
int conn_send_message(struct conn *conn);

#endif
