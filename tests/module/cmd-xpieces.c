/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* XPIECES - a long reply, as fast as the client reads it

     XPIECES lines size CRLF

   C: XPIECES 2 10
   S: +OK 2 lines
   S: ..000000 ab
   S: 000001 abc
   S: .

   Each line has the given size, of 8 to 500 octets; every seventh begins with
   a dot (which is doubled on the wire). */

#include "lib.h"
#include "str.h"
#include "ostream.h"

#include "pop3-ext-api.h"
#include "pop3-ext-test-plugin.h"

#define LINE_SIZE_MIN 8
#define LINE_SIZE_MAX 500
#define LINES_MAX 1000000

struct cmd_xpieces {
	unsigned int lines, size, next;
};

static void cmd_xpieces_line(struct pop3_ext_command_context *cmd)
{
	struct cmd_xpieces *pieces = cmd->context;
	string_t *str = t_str_new(LINE_SIZE_MAX + 2);
	unsigned int i;

	if (pieces->next % 7 == 0)
		str_append_c(str, '.');
	str_printfa(str, "%06u ", pieces->next);
	for (i = 0; str_len(str) < pieces->size; i++)
		str_append_c(str, 'a' + i % 26);
	client_send_line(cmd->client, "%s%s", str_c(str)[0] == '.' ? "." : "",
			 str_c(str));
	pieces->next++;
}

static enum pop3_ext_result
cmd_xpieces_more(struct pop3_ext_command_context *cmd)
{
	struct cmd_xpieces *pieces = cmd->context;

	while (pieces->next < pieces->lines) {
		if (POP3_CLIENT_OUTPUT_FULL(cmd->client))
			return POP3_EXT_MORE;
		T_BEGIN {
			cmd_xpieces_line(cmd);
		} T_END;
	}
	client_send_line(cmd->client, ".");
	return POP3_EXT_OK;
}

static void
cmd_xpieces_abort(struct pop3_ext_command_context *cmd ATTR_UNUSED)
{
}

static enum pop3_ext_result
cmd_xpieces_run(struct pop3_ext_command_context *cmd)
{
	struct cmd_xpieces *pieces;

	pieces = p_new(cmd->pool, struct cmd_xpieces, 1);
	if (str_to_uint(cmd->args[0], &pieces->lines) < 0 ||
	    pieces->lines > LINES_MAX ||
	    str_to_uint(cmd->args[1], &pieces->size) < 0 ||
	    pieces->size < LINE_SIZE_MIN || pieces->size > LINE_SIZE_MAX)
		return pop3_ext_api.reply_err(cmd, POP3_EXT_BAD, NULL,
					  "Not such numbers");

	cmd->context = pieces;
	cmd->more = cmd_xpieces_more;
	cmd->abort = cmd_xpieces_abort;
	client_send_line(cmd->client, "+OK %u lines", pieces->lines);
	return cmd_xpieces_more(cmd);
}

const struct pop3_ext_command cmd_xpieces = {
	.name = "XPIECES",
	.args = "lines size",
	.min_args = 2,
	.max_args = 2,
	.capability = "X-PIECES",
	.run = cmd_xpieces_run,
};
