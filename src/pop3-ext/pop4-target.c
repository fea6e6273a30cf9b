/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "mail-storage.h"
#include "mail-namespace.h"

#include "pop3-ext-client.h"
#include "pop4.h"
#include "pop4-target.h"

enum pop3_ext_result
pop4_target_open(struct pop3_ext_command_context *cmd, const char *folder,
		 struct mailbox **box_r)
{
	struct mailbox *selected = cmd->client->mailbox;
	struct pop4_folder target;
	enum pop3_ext_result result;

	if (folder == NULL) {
		target.ns = mailbox_get_namespace(selected);
		target.vname = mailbox_get_vname(selected);
	} else if (pop4_folder_get(cmd, folder, &target) < 0)
		return POP3_EXT_BAD;

	*box_r = mailbox_alloc(target.ns->list, target.vname,
			       MAILBOX_FLAG_SAVEONLY);
	if (mailbox_open(*box_r) == 0)
		return POP3_EXT_OK;
	result = pop4_reply_box_error(cmd, *box_r);
	mailbox_free(box_r);
	return result;
}
