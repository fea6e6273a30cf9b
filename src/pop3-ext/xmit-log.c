/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "str-sanitize.h"
#include "mail-user.h"
#include "pop3-common.h"

#include "xmit-header.h"
#include "xmit-message.h"
#include "xmit-session.h"

#define LOG_MAX_LEN 200

static const char *xmit_log_result(const struct xmit_message *xmit)
{
	if (xmit->text == NULL)
		return "aborted";
	if (xmit->result == POP3_EXT_OK)
		return "sent";
	if (xmit->unknown)
		return "unknown";
	return null_strcmp(xmit->code, "SYS/TEMP") == 0 ?
		"deferred" : "refused";
}

static const char *xmit_log_text(const char *text)
{
	return text == NULL ? "" : str_sanitize(text, LOG_MAX_LEN);
}

void xmit_message_log(const struct xmit_message *xmit)
{
	const struct xmit_header *header = xmit->header;
	const char *result = xmit_log_result(xmit);
	const char *sender = smtp_address_encode(xmit->session->sender);
	const char *reply = xmit_log_text(xmit->text);
	const char *message_id = "";
	unsigned int recipients = 0;
	struct event_passthrough *e;

	if (header != NULL) {
		recipients = array_count(&header->recipients);
		message_id = xmit_header_message_id(header, &xmit->additions);
	}
	e = event_create_passthrough(xmit->cmd->event)->
		set_name("pop3_ext_xmit_finished")->
		add_str("session", xmit->cmd->client->user->session_id)->
		add_str("mail_from", sender)->
		add_int("recipients", recipients)->
		add_int("message_size", xmit->parser.size)->
		add_str("message_id", message_id)->
		add_str("relay_reply", reply)->
		add_str("result", result);
	e_info(e->event(), "xmit: %s: from=<%s>, recipients=%u, "
	       "size=%"PRIuUOFF_T", msgid=%s, reply=%s",
	       result, sender, recipients, xmit->parser.size,
	       message_id, reply);
}
