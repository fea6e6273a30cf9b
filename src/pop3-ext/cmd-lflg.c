/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* LFLG - list the flags of messages (doc/spec/pop4.txt)

     LFLG [msgset] CRLF

   C: LFLG 1:2
   S: +OK Messages follow
   S: 1 SEEN,ANSWERED
   S: 2 -
   S: . */

#include "lib.h"

#include "pop4.h"
#include "pop4-list.h"
#include "cmd.h"

static enum pop3_ext_result cmd_lflg_run(struct pop3_ext_command_context *cmd)
{
	return pop4_list_run(cmd, FALSE);
}

const struct pop3_ext_command cmd_lflg = {
	.name = "LFLG",
	.args = "[messages]",
	.max_args = 1,
	POP4_GROUP("flags"),
	.run = cmd_lflg_run,
};
