/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* RPRT - one part of a message, or what is in it (doc/spec/pop4.txt)

     RPRT msg part ["RAW" / "HEAD" / "BODY" / "DATA" / "TEXT"] CRLF

   C: RPRT 2 2 DATA
   S: +OK 2480 octets
   S: (2480 octets, a dot at the beginning of a line is doubled)
   S: .

   The content is never held: it goes from the mail to the client as fast as
   that reads, and when its size is known to nobody, it is read once before,
   only to count. Both go on in steps, so that other sessions of the process
   have their turn. When it can't be sent to its end, the connection is closed:
   a client can't take for whole what isn't. */

#include "lib.h"
#include "istream.h"
#include "ostream.h"
#include "mail-storage-private.h"

#include "dot-stuffer.h"
#include "pop3-ext-client.h"
#include "pop3-ext-limits.h"
#include "pop4.h"
#include "pop4-content.h"
#include "pop4-message.h"
#include "pop4-part.h"
#include "cmd.h"

struct cmd_rprt {
	struct pop4_messages messages;
	struct pop4_content content;
	uoff_t size;

	struct dot_stuffer stuffer;
	bool sending;
};

static void cmd_rprt_abort(struct pop3_ext_command_context *cmd)
{
	struct cmd_rprt *rprt = cmd->context;

	pop4_content_close(&rprt->content);
	pop4_messages_rollback(&rprt->messages);
}

/* Instead of a part. */
static enum pop3_ext_result
rprt_refuse(struct pop3_ext_command_context *cmd,
	    enum pop4_content_result why)
{
	struct cmd_rprt *rprt = cmd->context;
	enum pop3_ext_result result;

	i_assert(why != POP4_CONTENT_OK);
	if (why == POP4_CONTENT_STORAGE_ERROR)
		result = pop4_reply_box_error(cmd, rprt->messages.mail->box);
	else
		result = pop4_reply_failed(cmd, NULL, POP4_CANNOT_DECODE,
					   rprt->content.error);
	cmd_rprt_abort(cmd);
	return result;
}

/* In the middle of a part. */
static enum pop3_ext_result
rprt_break_off(struct pop3_ext_command_context *cmd, const char *reason)
{
	cmd_rprt_abort(cmd);
	client_disconnect(cmd->client, reason);
	return POP3_EXT_FAILED;
}

static enum pop3_ext_result rprt_done(struct pop3_ext_command_context *cmd)
{
	struct cmd_rprt *rprt = cmd->context;

	dot_stuffer_finish(&rprt->stuffer, cmd->client->output);
	pop4_content_close(&rprt->content);
	/* what the host has learned is for its cache */
	(void)pop4_messages_commit(&rprt->messages);
	return POP3_EXT_OK;
}

/* Does what was sent agree with what was announced? */
static enum pop3_ext_result rprt_finish(struct pop3_ext_command_context *cmd)
{
	struct cmd_rprt *rprt = cmd->context;
	const unsigned char *data;
	size_t size;
	int ret;

	ret = i_stream_read_more(rprt->content.input, &data, &size);
	if (ret == 0)
		return POP3_EXT_MORE;
	if (pop4_content_finish(&rprt->content) != POP4_CONTENT_OK)
		return rprt_break_off(cmd, "Message can't be read any more");
	if (ret > 0 || rprt->stuffer.size != rprt->size) {
		mail_set_cache_corrupted(rprt->messages.mail,
			MAIL_FETCH_MESSAGE_PARTS, t_strdup_printf(
				"Part is not %"PRIuUOFF_T" octets long",
				rprt->size));
		return rprt_break_off(cmd, "Size of the part is wrong");
	}
	return rprt_done(cmd);
}

static enum pop3_ext_result rprt_send(struct pop3_ext_command_context *cmd)
{
	struct cmd_rprt *rprt = cmd->context;
	uoff_t end = I_MIN(rprt->size, rprt->stuffer.size +
			   POP4_MAX_PART_STEP);
	const unsigned char *data;
	size_t size;
	int ret;

	while (rprt->stuffer.size < end) {
		if (POP3_CLIENT_OUTPUT_FULL(cmd->client) &&
		    o_stream_flush(cmd->client->output) == 0)
			return POP3_EXT_MORE;
		ret = i_stream_read_more(rprt->content.input, &data, &size);
		if (ret == 0)
			return POP3_EXT_MORE;
		if (ret < 0)
			return rprt_finish(cmd);
		size = I_MIN(size, rprt->size - rprt->stuffer.size);
		dot_stuffer_send(&rprt->stuffer, cmd->client->output,
				 data, size);
		i_stream_skip(rprt->content.input, size);
	}
	if (rprt->stuffer.size < rprt->size)
		return POP3_EXT_MORE;
	return rprt_finish(cmd);
}

static enum pop3_ext_result
rprt_start_sending(struct pop3_ext_command_context *cmd)
{
	struct cmd_rprt *rprt = cmd->context;
	enum pop4_content_result ret;

	ret = pop4_content_open(&rprt->content);
	if (ret != POP4_CONTENT_OK)
		return rprt_refuse(cmd, ret);
	dot_stuffer_init(&rprt->stuffer);
	rprt->sending = TRUE;
	client_send_line(cmd->client, "+OK %"PRIuUOFF_T" octets", rprt->size);
	return rprt_send(cmd);
}

static enum pop3_ext_result rprt_count(struct pop3_ext_command_context *cmd)
{
	struct cmd_rprt *rprt = cmd->context;
	uoff_t end = rprt->size + POP4_MAX_PART_STEP;
	enum pop4_content_result result;
	const unsigned char *data;
	size_t size;
	int ret = 1;

	while (rprt->size < end && ret > 0) {
		ret = i_stream_read_more(rprt->content.input, &data, &size);
		if (ret <= 0)
			break;
		rprt->size += size;
		i_stream_skip(rprt->content.input, size);
	}
	if (ret >= 0)
		return POP3_EXT_MORE;

	result = pop4_content_finish(&rprt->content);
	if (result != POP4_CONTENT_OK)
		return rprt_refuse(cmd, result);
	pop4_content_close(&rprt->content);
	return rprt_start_sending(cmd);
}

static enum pop3_ext_result cmd_rprt_more(struct pop3_ext_command_context *cmd)
{
	struct cmd_rprt *rprt = cmd->context;

	return rprt->sending ? rprt_send(cmd) : rprt_count(cmd);
}

static enum pop3_ext_result
rprt_start(struct pop3_ext_command_context *cmd, enum pop4_content_mode mode)
{
	struct cmd_rprt *rprt = cmd->context;
	enum pop4_content_result ret;
	const struct message_part *part;
	struct message_part *parts;

	if (mail_get_parts(rprt->messages.mail, &parts) < 0)
		return rprt_refuse(cmd, POP4_CONTENT_STORAGE_ERROR);
	part = pop4_part_find(parts, cmd->args[1]);
	if (part == NULL) {
		cmd_rprt_abort(cmd);
		return pop4_reply_bad(cmd, POP4_NO_SUCH_PART, NULL);
	}
	ret = pop4_content_init(&rprt->content, cmd->pool, rprt->messages.mail,
				part, mode);
	if (ret != POP4_CONTENT_OK)
		return rprt_refuse(cmd, ret);
	if (pop4_content_get_size(&rprt->content, &rprt->size))
		return rprt_start_sending(cmd);

	rprt->size = 0;
	ret = pop4_content_open(&rprt->content);
	if (ret != POP4_CONTENT_OK)
		return rprt_refuse(cmd, ret);
	return rprt_count(cmd);
}

static enum pop3_ext_result cmd_rprt_run(struct pop3_ext_command_context *cmd)
{
	enum pop4_content_mode mode = POP4_CONTENT_RAW;
	enum pop3_ext_result result;
	struct cmd_rprt *rprt;

	if (!pop4_part_number_is_valid(cmd->args[1]))
		return pop4_reply_bad(cmd, POP4_SYNTAX, "bad part number");
	if (cmd->args[2] != NULL &&
	    !pop4_content_mode_parse(cmd->args[2], &mode)) {
		return pop4_reply_bad(cmd, POP4_SYNTAX, "the mode must be "
				      "RAW, HEAD, BODY, DATA or TEXT");
	}
	rprt = p_new(cmd->pool, struct cmd_rprt, 1);
	result = pop4_messages_init_one(&rprt->messages, cmd, cmd->args[0],
					MAIL_FETCH_MESSAGE_PARTS);
	if (result != POP3_EXT_OK)
		return result;
	cmd->context = rprt;
	cmd->more = cmd_rprt_more;
	cmd->abort = cmd_rprt_abort;
	return rprt_start(cmd, mode);
}

const struct pop3_ext_command cmd_rprt = {
	.name = "RPRT",
	.args = "msg part [mode]",
	.min_args = 2,
	.max_args = 3,
	POP4_GROUP("parts"),
	POP4_ANNOUNCES("PARTS"),
	.run = cmd_rprt_run,
};
