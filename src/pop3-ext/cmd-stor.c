/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* STOR - store a message in a folder (doc/spec/pop4.txt)

     STOR [SP folder [SP flags]] CRLF

   C: STOR Drafts SEEN,DRAFT
   S: +OK send message
   C: Subject: Hello
   C:
   C: not yet
   C: .
   S: +OK stored 000000076b00fa8d */

#include "lib.h"

#include "pop4.h"
#include "pop4-flags.h"
#include "pop4-store.h"
#include "cmd.h"

static enum pop3_ext_result cmd_stor_run(struct pop3_ext_command_context *cmd)
{
	const char *folder = cmd->args[0], *error;
	const char *names = folder == NULL ? NULL : cmd->args[1];
	struct pop4_flags flags;

	if (pop4_flags_parse(cmd->pool, names == NULL ? "-" : names,
			     &flags, &error) < 0)
		return pop3_ext_reply_err(cmd, POP3_EXT_BAD, NULL, error);
	return pop4_store_run(cmd, folder, &flags);
}

const struct pop3_ext_command cmd_stor = {
	.name = "STOR",
	.args = "[folder [flags]]",
	.max_args = 2,
	POP4_GROUP("messages"),
	.features = POP3_EXT_FEATURE_STOR,
	.run = cmd_stor_run,
};
