/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* lib-smtp gives its own failures the form of replies, with codes from 9000
   on. This is what they and the relay's replies mean and how we say it. */

#include "lib.h"
#include "smtp-client.h"
#include "smtp-reply.h"

#include "xmit-reply.h"

enum xmit_status xmit_reply_status(const struct smtp_reply *reply)
{
	switch (reply->status / 100) {
	case 2:
		return XMIT_STATUS_OK;
	case 5:
		return XMIT_STATUS_PERMFAIL;
	default:
		return XMIT_STATUS_TEMPFAIL;
	}
}

bool xmit_reply_is_answer(const struct smtp_reply *reply)
{
	switch (reply->status / 100) {
	case 2:
	case 4:
	case 5:
		return TRUE;
	default:
		return FALSE;
	}
}

bool xmit_reply_is_lost(const struct smtp_reply *reply)
{
	return reply->status == SMTP_CLIENT_COMMAND_ERROR_CONNECTION_CLOSED ||
		!xmit_reply_is_answer(reply);
}

const char *xmit_reply_text(const struct smtp_reply *reply)
{
	const char *detail = smtp_reply_get_message(reply);

	switch (reply->status) {
	case SMTP_CLIENT_COMMAND_ERROR_HOST_LOOKUP_FAILED:
		return "The mail relay's name is not known";
	case SMTP_CLIENT_COMMAND_ERROR_CONNECT_FAILED:
		return t_strdup_printf("The mail relay can't be reached (%s)",
				       detail);
	case SMTP_CLIENT_COMMAND_ERROR_AUTH_FAILED:
		return t_strdup_printf(
			"Can't log in to the mail relay (%s)", detail);
	case SMTP_CLIENT_COMMAND_ERROR_ABORTED:
	case SMTP_CLIENT_COMMAND_ERROR_CONNECTION_LOST:
		return "The connection to the mail relay was lost";
	case SMTP_CLIENT_COMMAND_ERROR_BAD_REPLY:
		return t_strdup_printf("The mail relay's answer makes no sense "
				       "(%s)", detail);
	case SMTP_CLIENT_COMMAND_ERROR_BROKEN_PAYLOAD:
		return "The message did not arrive completely";
	case SMTP_CLIENT_COMMAND_ERROR_TIMED_OUT:
		return "The mail relay did not answer in time";
	default:
		return smtp_reply_log(reply);
	}
}
