/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* COPY - copy messages to a folder (doc/spec/pop4.txt)

     COPY msgset *(SP msgset) SP folder CRLF

   C: COPY 1,3:5 "Old post"
   S: +OK 4 messages copied */

#include "lib.h"

#include "pop4.h"
#include "pop4-copy.h"
#include "cmd.h"

static enum pop3_ext_result cmd_copy_run(struct pop3_ext_command_context *cmd)
{
	return pop4_copy_run(cmd, FALSE);
}

const struct pop3_ext_command cmd_copy = {
	.name = "COPY",
	.args = "messages folder",
	.min_args = 2,
	.max_args = UINT_MAX,
	POP4_GROUP("messages"),
	.run = cmd_copy_run,
};
