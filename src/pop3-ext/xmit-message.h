#ifndef XMIT_MESSAGE_H
#define XMIT_MESSAGE_H

#include "pop3-data-parser.h"
#include "pop3-ext-commands.h"
#include "xmit-header.h"

struct xmit_session;

enum xmit_state {
	/* PAM is asked whether the user may send */
	XMIT_STATE_PERMISSION = 0,
	/* the relay is asked for the sender */
	XMIT_STATE_START,
	/* the relay has agreed, the client has not been told */
	XMIT_STATE_STARTED,
	/* the header is read */
	XMIT_STATE_HEADER,
	/* the relay is asked for the recipients */
	XMIT_STATE_RECIPIENTS,
	/* the message flows; its end is there when the parser says so */
	XMIT_STATE_BODY,
	/* the rest of the message is dropped, the reply is known */
	XMIT_STATE_DRAIN,
	/* the reply is known, and the client waits for it */
	XMIT_STATE_DONE,
};

/* One message of XTND XMIT on its way from the client to the relay. Lives in
   the command's pool. */
struct xmit_message {
	struct pop3_ext_command_context *cmd;
	struct xmit_session *session;
	enum xmit_state state;

	struct pop3_data_parser parser;
	struct istream *data;
	struct io *io;

	struct xmit_header_parser *header_parser;
	/* NULL until the header has been read */
	const struct xmit_header *header;
	struct xmit_header_additions additions;
	struct xmit_save *save;

	/* looks once a second whether the message moves on; after its end
	   fires once when the client must not be kept waiting any longer */
	struct timeout *to;
	uoff_t watched_size;
	time_t started;
	/* what had been read when the header was there, and how long the relay
	   has then kept the rest waiting */
	uoff_t header_size;
	time_t header_time;
	unsigned int held_secs;

	/* the reply, once it is known; text NULL: the client has gone */
	enum pop3_ext_result result;
	const char *code, *text;

	/* the message has been asked for */
	bool reading:1;
	/* the relay may have taken the message without our knowing */
	bool unknown:1;
};

/* Reads the message, from now on until XMIT_STATE_DONE, when the command is
   resumed. The relay has accepted the sender. */
void xmit_message_read(struct xmit_message *xmit);
/* The reply to the command. */
void xmit_message_set_reply(struct xmit_message *xmit,
			    enum pop3_ext_result result, const char *code,
			    const char *text);
/* At the end, or when the session ends: logs what has become of the message
   and frees what is not the command's pool's. */
void xmit_message_deinit(struct xmit_message *xmit);

/* One line and event for a message (xmit-log.c). */
void xmit_message_log(const struct xmit_message *xmit);

#endif
