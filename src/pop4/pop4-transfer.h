#ifndef POP4_TRANSFER_H
#define POP4_TRANSFER_H

struct pop4_conn;

/* Large data, between the connection and a file: what is held at a time has a
   constant size. */

/* Where a message goes to. A file gets its name when all has been received:
   until then it has another one beside it, and after an error none. What
   goes to a terminal is made harmless. */
struct pop4_sink;

/* path NULL or "-" is the standard output. */
int pop4_sink_open(struct pop4_conn *conn, const char *path,
		   struct pop4_sink **sink_r);
/* Reads what follows a +OK up to the lone dot. octets is what the server has
   announced, POP4_UNKNOWN if it hasn't. exact: there have to be as many, as
   RPRT promises; a CRLF that is there only for the dot is cut off. */
int pop4_sink_receive(struct pop4_sink *sink, uint64_t octets, bool exact);
/* How many octets have been received */
uint64_t pop4_sink_octets(const struct pop4_sink *sink);
/* After success the file gets its name, after an error it is removed. */
int pop4_sink_close(struct pop4_sink **sink);

/* Where a message comes from; path NULL or "-" is the standard input. */
struct pop4_source;

int pop4_source_open(struct pop4_conn *conn, const char *path,
		     struct pop4_source **source_r);
/* Sends all of it and the dot, after the server has said that it waits for it,
   and reads the reply. */
int pop4_source_send(struct pop4_source *source,
		     struct pop4_status_line *status_r);
void pop4_source_close(struct pop4_source **source);

#endif
