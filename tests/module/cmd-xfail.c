/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* XFAIL - fail at once

     XFAIL ("bad" / "failed" / "check") CRLF

   C: XFAIL failed
   S: -ERR [SYS/TEMP] Failed as asked

   "bad" is the client's mistake, "failed" is not, "check" is a mistake that is
   found before the command runs.

   XTND TEST - a second subcommand beside XMIT, without any effect */

#include "lib.h"
#include "pop3-ext-api.h"
#include "pop3-ext-test-plugin.h"

static enum pop3_ext_result
cmd_xfail_check(struct pop3_ext_command_context *cmd)
{
	if (strcmp(cmd->args[0], "check") != 0)
		return POP3_EXT_OK;
	return pop3_ext_api.reply_err(cmd, POP3_EXT_BAD, NULL,
				  "Refused before it ran");
}

static enum pop3_ext_result cmd_xfail_run(struct pop3_ext_command_context *cmd)
{
	if (strcmp(cmd->args[0], "failed") != 0)
		return pop3_ext_api.reply_err(cmd, POP3_EXT_BAD, NULL, "Bad as asked");
	return pop3_ext_api.reply_err(cmd, POP3_EXT_FAILED, "SYS/TEMP",
				  "Failed as asked");
}

const struct pop3_ext_command cmd_xfail = {
	.name = "XFAIL",
	.args = "bad|failed|check",
	.min_args = 1,
	.max_args = 1,
	.capability = "X-FAIL",
	.check = cmd_xfail_check,
	.run = cmd_xfail_run,
};

static enum pop3_ext_result
cmd_xtnd_test_run(struct pop3_ext_command_context *cmd)
{
	return pop3_ext_api.reply_ok(cmd, t_strdup_printf(
		"%u words", str_array_length(cmd->args)));
}

const struct pop3_ext_command cmd_xtnd_test = {
	.name = "XTND TEST",
	.args = "[word [word]]",
	.max_args = 2,
	.capability = "X-XTND",
	.capability_arg = "TEST",
	.run = cmd_xtnd_test_run,
};
