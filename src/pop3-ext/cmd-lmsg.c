/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* LMSG - LIST, UIDL and LFLG in one turn (doc/spec/pop4.txt)

     LMSG [msgset] CRLF

   C: LMSG
   S: +OK Messages follow
   S: 1 1204 000000016b00fa8d SEEN,ANSWERED
   S: 2 5120 000000026b00fa8d -
   S: . */

#include "lib.h"

#include "pop4.h"
#include "pop4-list.h"
#include "cmd.h"

static enum pop3_ext_result cmd_lmsg_run(struct pop3_ext_command_context *cmd)
{
	return pop4_list_run(cmd, TRUE);
}

const struct pop3_ext_command cmd_lmsg = {
	.name = "LMSG",
	.args = "[messages]",
	.max_args = 1,
	POP4_GROUP("flags"),
	.run = cmd_lmsg_run,
};
