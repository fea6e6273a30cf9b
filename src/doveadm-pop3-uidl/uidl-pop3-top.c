/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Of each message the header and the beginning of the body, by TOP: that is what
   a message is recognised by. RETR is never sent, it may mark or delete
   messages. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "istream.h"
#include "mail-user.h"

#include "pop3-ext-limits.h"
#include "pop4-conn.h"
#include "pop4-data.h"
#include "uidl-pop3-private.h"
#include "uidl-pop3-state.h"

/* Nearly always enough for UIDL_DIGEST_MAX_BODY octets, and not too many. */
#define TOP_FEW_LINES 100
/* Always enough, as each line has its end. */
#define TOP_ALL_LINES UIDL_DIGEST_MAX_BODY
/* Commands that are sent before the first one's reply is there */
#define MAX_PIPELINE 32

/* Lines behind the header's end */
struct body_counter {
	unsigned int lines;
	bool in_body, line_has_text;
};

static void
body_count(struct body_counter *counter, const unsigned char *data, size_t size)
{
	for (; size > 0; data++, size--) {
		if (*data == '\n') {
			if (counter->in_body)
				counter->lines++;
			else if (!counter->line_has_text)
				counter->in_body = TRUE;
			counter->line_has_text = FALSE;
		} else if (*data != '\r') {
			counter->line_has_text = TRUE;
		}
	}
}

/* What follows +OK, to the dot. Returns 1, 0 when the message may have more
   that counts, -1. */
static int
top_read(struct uidl_pop3_session *session, struct uidl_pop3_message *msg,
	 unsigned int lines)
{
	struct istream *input = session->conn->input;
	struct body_counter counter;
	struct pop4_data decoder;
	const unsigned char *data;
	uoff_t top_size = 0;
	bool more = TRUE;
	size_t size;

	i_zero(&counter);
	i_zero(&decoder);
	uidl_digest_begin(session->digest);
	while (!pop4_data_ended(&decoder)) {
		data = i_stream_get_data(input, &size);
		if (size == 0 && pop4_wait_input(session->conn) < 0)
			return -1;
		top_size += size;
		if (top_size > UIDL_POP3_MAX_TOP) {
			return pop4_fail(session->conn, POP4_EXIT_LOST,
				"Message %u has no end", msg->num);
		}
		buffer_set_used_size(session->data, 0);
		i_stream_skip(input, pop4_data_decode(&decoder, data, size,
						      session->data));
		if (!more)
			continue;
		more = uidl_digest_more(session->digest, session->data->data,
					session->data->used);
		body_count(&counter, session->data->data, session->data->used);
	}
	uidl_digest_end(session->digest, msg->digest);
	return !more || counter.lines < lines ? 1 : 0;
}

/* A message that the server can't show is left out, unless it can show none. */
static int
top_refused(struct uidl_pop3_session *session, struct uidl_pop3_message *msg,
	    const struct pop4_status_line *status)
{
	if (status->status != POP4_STATUS_ERR || !session->top_works)
		return pop4_refused(session->conn, status);
	e_warning(session->user->event, "The server does not show message %u: %s",
		  msg->num, status->text);
	i_zero(&msg->digest);
	msg->done = TRUE;
	return 0;
}

static int
top_finish(struct uidl_pop3_session *session, struct uidl_pop3_message *msg,
	   unsigned int lines)
{
	struct pop4_status_line status;
	int ret;

	if (pop4_read_status(session->conn, &status) < 0)
		return -1;
	if (status.status != POP4_STATUS_OK)
		return top_refused(session, msg, &status);
	session->top_works = TRUE;
	ret = top_read(session, msg, lines);
	if (ret <= 0)
		return ret;
	msg->done = TRUE;
	if (!msg->duplicate)
		uidl_pop3_state_add(session->state, msg->uidl, msg->digest);
	return 0;
}

static int
top_send(struct uidl_pop3_session *session,
	 const struct uidl_pop3_message *msg, unsigned int lines)
{
	return pop4_send_line(session->conn,
		t_strdup_printf("TOP %u %u", msg->num, lines));
}

/* TOP for all that are not done, with so many lines. */
static int
top_all(struct uidl_pop3_session *session, unsigned int lines)
{
	struct uidl_pop3_message *msgs, *pending[MAX_PIPELINE];
	unsigned int window = session->pipelining ? MAX_PIPELINE : 1;
	unsigned int count, next = 0, sent = 0, finished = 0;
	int ret = 0;

	msgs = array_get_modifiable(&session->messages, &count);
	do T_BEGIN {
		for (; ret == 0 && next < count &&
		     sent - finished < window; next++) {
			if (msgs[next].done)
				continue;
			pending[sent++ % MAX_PIPELINE] = &msgs[next];
			ret = top_send(session, &msgs[next], lines);
		}
		if (ret == 0 && !session->progress(session->progress_context,
						   next, count)) {
			ret = pop4_fail(session->conn, POP4_EXIT_LOCAL,
					"Ended by a signal");
		}
		if (ret == 0 && finished < sent) {
			ret = top_finish(session,
				pending[finished++ % MAX_PIPELINE], lines);
		}
	} T_END; while (ret == 0 && (finished < sent || next < count));
	return ret;
}

int uidl_pop3_get_digests(struct uidl_pop3_session *session)
{
	struct uidl_pop3_message *msg;

	array_foreach_modifiable(&session->messages, msg) {
		msg->done = !msg->duplicate &&
			uidl_pop3_state_find(session->state, msg->uidl,
					     msg->digest);
	}
	if (top_all(session, TOP_FEW_LINES) < 0)
		return -1;
	return top_all(session, TOP_ALL_LINES);
}
