/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* To open a folder costs more than to store a small message, because all that
   is known of the others is read. Whoever stores one into the selected folder
   often stores more, so it stays open for a while. Other folders don't: they
   may be deleted meanwhile. */

#include "lib.h"
#include "ioloop.h"
#include "mail-storage-private.h"
#include "mail-namespace.h"

#include "pop3-ext-client.h"
#include "pop3-ext-limits.h"
#include "pop4.h"
#include "pop4-target.h"

#include <unistd.h>

void pop4_target_forget(struct pop3_ext_client *eclient)
{
	timeout_remove(&eclient->to_target);
	if (eclient->target != NULL)
		mailbox_free(&eclient->target);
}

/* Somebody else may have deleted it. */
static bool mailbox_is_there(struct mailbox *box)
{
	const char *path;

	return mailbox_get_path_to(box, MAILBOX_LIST_PATH_TYPE_MAILBOX,
				   &path) <= 0 || access(path, F_OK) == 0;
}

/* Returns NULL when there is none that is still open. */
static struct mailbox *
target_take(struct pop3_ext_client *eclient, const struct pop4_folder *folder)
{
	struct mailbox *box = eclient->target;

	if (box == NULL || !mailbox_equals(box, folder->ns, folder->vname) ||
	    !mailbox_is_there(box))
		return NULL;
	eclient->target = NULL;
	timeout_remove(&eclient->to_target);
	return box;
}

void pop4_target_close(struct client *client, struct mailbox **_box, bool keep)
{
	struct pop3_ext_client *eclient =
		POP3_EXT_CLIENT_CONTEXT_REQUIRE(client);
	struct mailbox *box = *_box;

	*_box = NULL;
	if (!keep || !mailbox_equals(client->mailbox,
				     mailbox_get_namespace(box),
				     mailbox_get_vname(box))) {
		mailbox_free(&box);
		return;
	}
	pop4_target_forget(eclient);
	eclient->target = box;
	eclient->to_target = timeout_add(POP4_KEEP_TARGET_MSECS,
					 pop4_target_forget, eclient);
}

enum pop3_ext_result
pop4_target_open(struct pop3_ext_command_context *cmd, const char *folder,
		 struct mailbox **box_r)
{
	struct pop3_ext_client *eclient =
		POP3_EXT_CLIENT_CONTEXT_REQUIRE(cmd->client);
	struct mailbox *selected = cmd->client->mailbox;
	struct pop4_folder target;
	enum pop3_ext_result result;

	if (folder == NULL) {
		target.ns = mailbox_get_namespace(selected);
		target.vname = mailbox_get_vname(selected);
	} else if (pop4_folder_get(cmd, folder, &target) < 0)
		return POP3_EXT_BAD;

	*box_r = target_take(eclient, &target);
	if (*box_r != NULL)
		return POP3_EXT_OK;
	*box_r = mailbox_alloc(target.ns->list, target.vname,
			       MAILBOX_FLAG_SAVEONLY);
	if (mailbox_open(*box_r) == 0)
		return POP3_EXT_OK;
	result = pop4_reply_box_error(cmd, *box_r);
	mailbox_free(box_r);
	return result;
}
