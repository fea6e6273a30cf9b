/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* CFLG - clear flags of messages (doc/spec/pop4.txt)

     CFLG msgset flags CRLF

   C: CFLG 1:* SEEN
   S: +OK 2 messages */

#include "lib.h"

#include "pop4.h"
#include "pop4-flag-change.h"
#include "cmd.h"

static enum pop3_ext_result cmd_cflg_run(struct pop3_ext_command_context *cmd)
{
	return pop4_flag_change(cmd, MODIFY_REMOVE);
}

const struct pop3_ext_command cmd_cflg = {
	.name = "CFLG",
	.args = "messages flags",
	.min_args = 2,
	.max_args = 2,
	POP4_GROUP("flags"),
	.run = cmd_cflg_run,
};
