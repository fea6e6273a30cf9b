/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* XBODY - take a message, keep nothing of it

     XBODY [result] CRLF

   C: XBODY
   S: +OK Send it
   C: ..one
   C: .
   S: +OK 6 octets, SHA-1 ...

   Size and digest are those of the message as it was meant: without the dots
   that were put in, the lines ended by CRLF. result "bad" or "failed" is how
   the reply comes out, as in XWAIT. */

#include "lib.h"
#include "ioloop.h"
#include "istream.h"
#include "hex-binary.h"
#include "sha1.h"

#include "istream-pop3-data.h"
#include "pop3-data-parser.h"
#include "pop3-ext-api.h"
#include "pop3-ext-test-plugin.h"

/* other sessions of the process want their turn, too */
#define READS_AT_ONCE 16

struct cmd_xbody {
	struct pop3_ext_command_context *cmd;
	struct pop3_data_parser parser;
	struct istream *input;
	struct io *io;
	struct sha1_ctxt sha1;
	bool gone:1;
};

static void cmd_xbody_stop(struct cmd_xbody *body)
{
	io_remove(&body->io);
	i_stream_unref(&body->input);
}

static void cmd_xbody_abort(struct pop3_ext_command_context *cmd)
{
	struct cmd_xbody *body = cmd->context;

	cmd_xbody_stop(body);
	e_info(cmd->event, "xbody: aborted after %"PRIuUOFF_T" octets",
	       body->parser.size);
}

static void cmd_xbody_done(struct cmd_xbody *body)
{
	cmd_xbody_stop(body);
	pop3_ext_api.command_resume(body->cmd);
}

static void cmd_xbody_drain(struct cmd_xbody *body)
{
	struct client *client = body->cmd->client;
	int ret;

	timeout_reset(client->to_idle);
	ret = pop3_data_drain(&body->parser, client->input);
	if (ret == 0)
		return;
	body->gone = ret < 0;
	cmd_xbody_done(body);
}

static void cmd_xbody_refuse(struct cmd_xbody *body)
{
	struct client *client = body->cmd->client;

	cmd_xbody_stop(body);
	body->io = io_add_istream(client->input, cmd_xbody_drain, body);
	i_stream_set_input_pending(client->input, TRUE);
}

static void cmd_xbody_input(struct cmd_xbody *body)
{
	const unsigned char *data;
	size_t size;
	unsigned int i;
	int ret = 0;

	timeout_reset(body->cmd->client->to_idle);
	for (i = 0; i < READS_AT_ONCE; i++) {
		ret = i_stream_read_more(body->input, &data, &size);
		if (ret <= 0)
			break;
		sha1_loop(&body->sha1, data, size);
		i_stream_skip(body->input, size);
	}
	if (ret > 0)
		i_stream_set_input_pending(body->input, TRUE);
	else if (ret < 0 && body->input->stream_errno == 0)
		cmd_xbody_done(body);
	else if (ret < 0)
		cmd_xbody_refuse(body);
}

static enum pop3_ext_result cmd_xbody_reply(struct cmd_xbody *body)
{
	unsigned char digest[SHA1_RESULTLEN];
	const char *text, *result = body->cmd->args[0];

	sha1_result(&body->sha1, digest);
	text = t_strdup_printf("%"PRIuUOFF_T" octets, SHA-1 %s",
			       body->parser.size,
			       binary_to_hex(digest, sizeof(digest)));
	if (null_strcmp(result, "bad") == 0) {
		return pop3_ext_api.reply_err(body->cmd, POP3_EXT_BAD, NULL, text);
	} else if (null_strcmp(result, "failed") == 0) {
		return pop3_ext_api.reply_err(body->cmd, POP3_EXT_FAILED,
					  "SYS/TEMP", text);
	}
	return pop3_ext_api.reply_ok(body->cmd, text);
}

static enum pop3_ext_result cmd_xbody_more(struct pop3_ext_command_context *cmd)
{
	struct cmd_xbody *body = cmd->context;
	const char *error = pop3_data_parser_error_text(&body->parser);

	if (body->gone)
		return POP3_EXT_FAILED;
	if (error != NULL)
		return pop3_ext_api.reply_err(cmd, POP3_EXT_BAD, NULL, error);
	return cmd_xbody_reply(body);
}

static enum pop3_ext_result cmd_xbody_run(struct pop3_ext_command_context *cmd)
{
	struct cmd_xbody *body;

	body = p_new(cmd->pool, struct cmd_xbody, 1);
	body->cmd = cmd;
	cmd->context = body;
	cmd->more = cmd_xbody_more;
	cmd->abort = cmd_xbody_abort;

	(void)pop3_ext_api.reply_ok(cmd, "Send it");
	sha1_init(&body->sha1);
	pop3_data_parser_init(&body->parser, 0);
	io_remove(&cmd->client->io);
	body->input = i_stream_create_pop3_data(cmd->client->input,
						&body->parser);
	body->io = io_add_istream(body->input, cmd_xbody_input, body);
	i_stream_set_input_pending(body->input, TRUE);
	pop3_ext_api.command_wait(cmd);
	return POP3_EXT_MORE;
}

const struct pop3_ext_command cmd_xbody = {
	.name = "XBODY",
	.args = "[result]",
	.max_args = 1,
	.run = cmd_xbody_run,
};
