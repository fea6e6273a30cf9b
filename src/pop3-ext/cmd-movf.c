/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* MOVF - move a folder into another one (doc/spec/pop4.txt)

     MOVF folder parent CRLF

   C: MOVF Archive/2003 Old
   S: +OK moved

   It is Old/2003 now, with the folders below it. The parent "" is the top. */

#include "lib.h"
#include "mail-storage.h"
#include "mail-namespace.h"
#include "mail-user.h"
#include "pop3-common.h"

#include "pop4-folder.h"
#include "pop4-folder-name.h"
#include "cmd.h"

static enum pop3_ext_result
cmd_movf_check_parent(struct pop3_ext_command_context *cmd, const char *parent)
{
	struct pop4_folder folder;
	struct mailbox *box;
	enum pop3_ext_result result;

	if (pop4_folder_get(cmd, parent, &folder) < 0)
		return POP3_EXT_BAD;
	/* the top of a namespace, such as "Public", need not be a folder */
	if (mail_namespace_find_prefix_nosep(cmd->client->user->namespaces,
					     folder.vname) != NULL)
		return POP3_EXT_OK;
	box = mailbox_alloc(folder.ns->list, folder.vname, 0);
	result = pop4_folder_check_exists(cmd, box);
	mailbox_free(&box);
	return result;
}

static enum pop3_ext_result cmd_movf_run(struct pop3_ext_command_context *cmd)
{
	const char *name = cmd->args[0], *parent = cmd->args[1];
	const char *last = pop4_folder_name_last(name);
	enum pop3_ext_result result;

	if (*parent == '\0')
		return pop4_folder_rename(cmd, name, last, "moved");
	result = cmd_movf_check_parent(cmd, parent);
	if (result != POP3_EXT_OK)
		return result;
	return pop4_folder_rename(cmd, name,
				  t_strconcat(parent, "/", last, NULL),
				  "moved");
}

const struct pop3_ext_command cmd_movf = {
	.name = "MOVF",
	.args = "folder parent",
	.min_args = 2,
	.max_args = 2,
	POP4_GROUP("folders"),
	.run = cmd_movf_run,
};
