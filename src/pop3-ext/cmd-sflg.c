/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* SFLG - add flags to messages (doc/spec/pop4.txt)

     SFLG msgset flags CRLF

   C: SFLG 2 SEEN,FLAGGED
   S: +OK 1 messages */

#include "lib.h"

#include "pop4.h"
#include "pop4-flag-change.h"
#include "cmd.h"

static enum pop3_ext_result cmd_sflg_run(struct pop3_ext_command_context *cmd)
{
	return pop4_flag_change(cmd, MODIFY_ADD);
}

const struct pop3_ext_command cmd_sflg = {
	.name = "SFLG",
	.args = "messages flags",
	.min_args = 2,
	.max_args = 2,
	POP4_GROUP("flags"),
	.run = cmd_sflg_run,
};
