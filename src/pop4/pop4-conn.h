#ifndef POP4_CONN_H
#define POP4_CONN_H

#include "pop4-client.h"
#include "pop4-reply.h"

struct istream;
struct ostream;

ARRAY_DEFINE_TYPE(pop4_capa, struct pop4_capa);

/* A session with a server. The first error stays: what fails returns -1, and
   everything after that does, too. */
struct pop4_conn {
	pool_t pool;
	const struct pop4_settings *set;
	struct event *event;

	int fd;
	struct istream *input;
	struct ostream *output;
	struct ssl_iostream *ssl;

	/* as it came, without "+OK" */
	const char *greeting;
	ARRAY_TYPE(pop4_capa) capa;

	/* read as lines since the last status line */
	uoff_t lines_size;

	enum pop4_exit exit;
	const char *error;

	/* the connection is inside TLS */
	bool tls:1;
	bool capa_known:1;
	bool timed_out:1;
};

struct pop4_conn *pop4_conn_init(const struct pop4_settings *set);
void pop4_conn_deinit(struct pop4_conn **conn);

/* Returns -1, so that it can be what a function returns. The text becomes one
   line of printable ASCII and UTF-8. */
int pop4_fail(struct pop4_conn *conn, enum pop4_exit exit,
	      const char *fmt, ...) ATTR_FORMAT(3, 4);

/* Connects, and reads the greeting (inside TLS if the URL says pops). */
int pop4_connect(struct pop4_conn *conn);
/* CAPA, once in each state: afterwards the capabilities may be looked at. A
   server that has none is no error. */
int pop4_get_capa(struct pop4_conn *conn);
/* NULL = the server doesn't say so */
const struct pop4_capa *
pop4_capa_find(const struct pop4_conn *conn, const char *name);
/* STLS, according to the settings */
int pop4_secure(struct pop4_conn *conn);
/* After pop4_secure() */
int pop4_login(struct pop4_conn *conn);
/* QUIT; -1 if the server doesn't say +OK */
int pop4_quit(struct pop4_conn *conn);

/* Runs the ioloop until pop4_run_stop(), which may be an io's callback. FALSE
   when that doesn't come in time. */
bool pop4_run(struct pop4_conn *conn, unsigned int secs);
void pop4_run_stop(struct pop4_conn *conn);

/* Waits until there is input (or until everything is sent). Returns -1 when
   neither comes in time, or the connection is lost. */
int pop4_wait_input(struct pop4_conn *conn);
int pop4_wait_output(struct pop4_conn *conn);

/* Sends a line, given without its CRLF. */
int pop4_send_line(struct pop4_conn *conn, const char *line);
/* The next line, without its CRLF, from the data stack. */
int pop4_read_line(struct pop4_conn *conn, const char **line_r);
/* The same for lines that a dot ends: 1 = line, 0 = end. Dots put in front of
   lines are removed. *count is how many there were already. */
int pop4_read_list_line(struct pop4_conn *conn, unsigned int *count,
			const char **line_r);

int pop4_read_status(struct pop4_conn *conn,
		     struct pop4_status_line *status_r);
/* What makes an -ERR an error of ours. */
int pop4_refused(struct pop4_conn *conn,
		 const struct pop4_status_line *status);
/* Sends a command and reads its reply: 0 is +OK, -ERR an error. status_r may
   be NULL. */
int pop4_command(struct pop4_conn *conn, struct pop4_status_line *status_r,
		 const char *fmt, ...) ATTR_FORMAT(3, 4);

/* The same for a command that changes something: without a reply nobody can
   know whether it did. */
int pop4_change(struct pop4_conn *conn, struct pop4_status_line *status_r,
		const char *fmt, ...) ATTR_FORMAT(3, 4);
/* Makes an error of a lost connection say so. Returns -1. */
int pop4_outcome_unknown(struct pop4_conn *conn);

/* Does the server speak this group of POP4 (FOLDERS, MESSAGES, FLAGS, PARTS)?
   Needs pop4_get_capa(). */
bool pop4_has(struct pop4_conn *conn, const char *group);
/* -1 unless it does; what is the thing that it is needed for. */
int pop4_require(struct pop4_conn *conn, const char *group, const char *what);

#endif
