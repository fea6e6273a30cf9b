/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* DELE - the host's, refused in a folder that nothing can be deleted from

   C: DELE 1
   S: -ERR not permitted: nothing can be deleted from this folder

   The host would mark the message and ignore that silently at the end. With
   INBOX it still does, as it always has. */

#include "lib.h"

#include "maildrop.h"
#include "pop4.h"
#include "cmd.h"

static enum pop3_ext_result cmd_dele_check(struct pop3_ext_command_context *cmd)
{
	if (!maildrop_is_folder(cmd->client) ||
	    maildrop_can_delete(cmd->client))
		return POP3_EXT_OK;
	return pop4_reply_failed(cmd, NULL, POP4_NOT_PERMITTED,
				 MAILDROP_NO_DELETE);
}

const struct pop3_ext_command cmd_dele = {
	.name = "DELE",
	.args = "msg",
	/* the host says what is wrong */
	.max_args = UINT_MAX,
	.setting_offset = offsetof(struct pop3_ext_settings, pop3_ext_pop4),
	.setting_word = "folders",
	.check = cmd_dele_check,
};
