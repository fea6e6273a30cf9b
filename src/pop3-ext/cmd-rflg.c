/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* RFLG - replace the flags of messages (doc/spec/pop4.txt)

     RFLG msgset flags CRLF

   C: RFLG 1,2 -
   S: +OK 2 messages */

#include "lib.h"

#include "pop4.h"
#include "pop4-flag-change.h"
#include "cmd.h"

static enum pop3_ext_result cmd_rflg_run(struct pop3_ext_command_context *cmd)
{
	return pop4_flag_change(cmd, MODIFY_REPLACE);
}

const struct pop3_ext_command cmd_rflg = {
	.name = "RFLG",
	.args = "messages flags",
	.min_args = 2,
	.max_args = 2,
	POP4_ANNOUNCES("FLAGS"),
	POP4_GROUP("flags"),
	.run = cmd_rflg_run,
};
