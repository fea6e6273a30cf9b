/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* MOVE - move messages to a folder (doc/spec/pop4.txt)

     MOVE msgset *(SP msgset) SP folder CRLF

   C: MOVE 1:* Archive/2003
   S: +OK 2 messages moved */

#include "lib.h"

#include "pop4.h"
#include "pop4-copy.h"
#include "cmd.h"

static enum pop3_ext_result cmd_move_run(struct pop3_ext_command_context *cmd)
{
	return pop4_copy_run(cmd, TRUE);
}

const struct pop3_ext_command cmd_move = {
	.name = "MOVE",
	.args = "messages folder",
	.min_args = 2,
	.max_args = UINT_MAX,
	POP4_ANNOUNCES("MESSAGES"),
	POP4_GROUP("messages"),
	.run = cmd_move_run,
};
