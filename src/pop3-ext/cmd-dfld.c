/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* DFLD - delete a folder and its messages (doc/spec/pop4.txt)

     DFLD folder CRLF

   C: DFLD Archive/2003
   S: +OK deleted */

#include "lib.h"
#include "mail-namespace.h"
#include "mail-storage-private.h"
#include "pop3-common.h"

#include "maildrop.h"
#include "maildrop-view.h"
#include "pop4-folder.h"
#include "cmd.h"

static enum pop3_ext_result
cmd_dfld_refuse(struct pop3_ext_command_context *cmd,
		const struct pop4_folder *folder, struct mailbox *box)
{
	int ret;

	if (pop4_folder_is_inbox(folder)) {
		return pop4_reply_failed(cmd, NULL, POP4_NOT_PERMITTED,
					 "INBOX can't be deleted");
	}
	if (mailbox_is_autocreated(box)) {
		return pop4_reply_failed(cmd, NULL, POP4_NOT_PERMITTED,
					 "the server keeps this folder");
	}
	if (maildrop_is_selected(cmd->client, box)) {
		return pop4_reply_failed(cmd, NULL, POP4_FOLDER_IN_USE,
					 "it is selected");
	}
	ret = pop4_folder_have_children(cmd, folder);
	if (ret < 0)
		return POP3_EXT_FAILED;
	if (ret > 0) {
		return pop4_reply_failed(cmd, NULL, POP4_FOLDER_HAS_CHILDREN,
					 NULL);
	}
	return POP3_EXT_OK;
}

static enum pop3_ext_result
cmd_dfld_failed(struct pop3_ext_command_context *cmd, struct mailbox *box)
{
	enum mail_error error;

	(void)mailbox_get_last_error(box, &error);
	/* the host's answer of mailbox_delete_empty() */
	if (error == MAIL_ERROR_EXISTS) {
		return pop4_reply_hidden(cmd,
			"the folder has messages, which may not all be shown");
	}
	return pop4_reply_box_error(cmd, box);
}

static enum pop3_ext_result
cmd_dfld_delete(struct pop3_ext_command_context *cmd, struct mailbox *box)
{
	if (maildrop_view_is_part(cmd->eclient)) {
		if (mailbox_delete_empty(box) < 0)
			return cmd_dfld_failed(cmd, box);
	} else if (mailbox_delete(box) < 0)
		return pop4_reply_box_error(cmd, box);
	(void)mailbox_set_subscribed(box, FALSE);
	return pop3_ext_reply_ok(cmd, "deleted");
}

static enum pop3_ext_result cmd_dfld_run(struct pop3_ext_command_context *cmd)
{
	struct pop4_folder folder;
	struct mailbox *box;
	enum pop3_ext_result result;

	if (pop4_folder_get(cmd, cmd->args[0], &folder) < 0)
		return POP3_EXT_BAD;
	box = mailbox_alloc(folder.ns->list, folder.vname, 0);
	result = cmd_dfld_refuse(cmd, &folder, box);
	if (result == POP3_EXT_OK)
		result = cmd_dfld_delete(cmd, box);
	mailbox_free(&box);
	return result;
}

const struct pop3_ext_command cmd_dfld = {
	.name = "DFLD",
	.args = "folder",
	.min_args = 1,
	.max_args = 1,
	POP4_GROUP("folders"),
	.run = cmd_dfld_run,
};
