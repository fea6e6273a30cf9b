#ifndef TEST_SMTP_SINK_H
#define TEST_SMTP_SINK_H

#include "net.h"

/* A scripted SMTP server for unit tests. It runs in the ioloop of the test, on
   a free port of 127.0.0.1, and notes every octet it is sent. */

/* Instead of a reply */
#define SINK_HANG "hang"
#define SINK_DROP "drop"

struct test_sink_script {
	/* lines of the EHLO reply, separated by blanks: "PIPELINING" */
	const char *caps;
	/* Replies, several lines as "250-a\r\n250 b". NULL is the usual one. */
	const char *greeting, *ehlo, *starttls, *auth, *mail, *data, *dot;
	/* for the first MAIL of a connection's second message, if not NULL */
	const char *mail2;
	/* Recipients: those whose local part begins with "550", "450", "421",
	   "drop", "hang" or "junk" are answered with that. */

	/* reply early after so many octets of the message */
	const char *early;
	size_t early_size;
	/* stop reading after so many octets of the message */
	size_t pause_size;
	/* called when the message has that many octets or more */
	void (*body_callback)(void *context);
	void *body_context;
	size_t body_callback_size;

	/* drop the connection when a message has been answered */
	bool drop_after_message;
	/* TLS from the start. For STARTTLS have it in caps, too. */
	bool smtps;
	/* be there on 127.0.0.2, too */
	bool two_addresses;
	const char *cert, *key;
	/* don't keep messages, just count them */
	bool discard;
};

struct test_sink {
	struct test_sink_script set;
	in_port_t port;
	int fd[2];
	struct io *io[2];
	struct test_sink_conn *conns;

	unsigned int connections, messages;
	/* how often the sink has had to answer */
	unsigned int round_trips;
	uoff_t body_size;
	/* all command lines, with LF line ends */
	string_t *commands;
	/* the last message as it came, with its end */
	string_t *body;
};

struct test_sink *test_sink_init(const struct test_sink_script *set);
void test_sink_deinit(struct test_sink **sink);

/* Closes all connections. */
void test_sink_drop(struct test_sink *sink);
/* After pause_size has been reached: goes on. */
void test_sink_resume(struct test_sink *sink);

#endif
