/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* RENF - rename a folder (doc/spec/pop4.txt)

     RENF folder name CRLF

   C: RENF Archive/2003 "Year 2003"
   S: +OK renamed

   It is "Archive/Year 2003" now: the name is only the last part of it. */

#include "lib.h"

#include "pop4-folder.h"
#include "pop4-folder-name.h"
#include "cmd.h"

static enum pop3_ext_result cmd_renf_run(struct pop3_ext_command_context *cmd)
{
	const char *name = cmd->args[0], *new_name = cmd->args[1];
	const char *parent = pop4_folder_name_parent(name);

	if (strchr(new_name, '/') != NULL || *new_name == '\0') {
		return pop4_reply_bad(cmd, POP4_BAD_FOLDER_NAME,
				      "the new name is a name without /");
	}
	if (*parent != '\0')
		new_name = t_strconcat(parent, "/", new_name, NULL);
	return pop4_folder_rename(cmd, name, new_name, "renamed");
}

const struct pop3_ext_command cmd_renf = {
	.name = "RENF",
	.args = "folder name",
	.min_args = 2,
	.max_args = 2,
	POP4_GROUP("folders"),
	.run = cmd_renf_run,
};
