/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "mail-storage-private.h"
#include "mailbox-list-private.h"
#include "mail-namespace.h"
#include "pop3-common.h"

#include "dovecot-compat.h"
#include "maildrop.h"
#include "maildrop-view.h"
#include "pop4-folder.h"

bool pop4_folder_is_inbox(const struct pop4_folder *folder)
{
	return strcmp(folder->vname, "INBOX") == 0 &&
		(folder->ns->flags & NAMESPACE_FLAG_INBOX_USER) != 0;
}

/* Its namespace may be another name of the one it is in. */
static const struct mail_namespace *
real_namespace(const struct mail_namespace *ns)
{
	while (ns->alias_for != NULL)
		ns = ns->alias_for;
	return ns;
}

/* "Archive." for Archive */
static const char *children_prefix(const struct pop4_folder *folder)
{
	return t_strdup_printf("%s%c", folder->vname,
			       mail_namespace_get_sep(folder->ns));
}

static bool is_below(const struct mailbox *box, const struct mailbox *parent)
{
	const char sep[] = { mailbox_list_get_hierarchy_sep(parent->list), '\0' };

	return real_namespace(box->list->ns) ==
			real_namespace(parent->list->ns) &&
		str_begins_with(box->name, t_strconcat(parent->name, sep, NULL));
}

bool pop4_folder_is_in_use(struct client *client,
			   const struct pop4_folder *folder)
{
	struct mailbox *box = mailbox_alloc(folder->ns->list, folder->vname, 0);
	bool in_use = maildrop_is_selected(client, box) ||
		is_below(client->mailbox, box);

	mailbox_free(&box);
	return in_use;
}

int pop4_folder_have_children(struct pop3_ext_command_context *cmd,
			      const struct pop4_folder *folder)
{
	struct mailbox_list_iterate_context *iter;
	const struct mailbox_info *info;
	const char *prefix = children_prefix(folder);
	bool found = FALSE;

	/* a wildcard in the name finds more than its children */
	iter = mailbox_list_iter_init(folder->ns->list,
				      t_strconcat(prefix, "*", NULL),
				      MAILBOX_LIST_ITER_RETURN_NO_FLAGS);
	while ((info = mailbox_list_iter_next(iter)) != NULL) {
		if (str_begins_with(info->vname, prefix)) {
			found = TRUE;
			break;
		}
	}
	if (mailbox_list_iter_deinit(&iter) < 0) {
		(void)pop4_reply_list_error(cmd, folder->ns);
		return -1;
	}
	return found ? 1 : 0;
}

enum pop3_ext_result
pop4_folder_check_exists(struct pop3_ext_command_context *cmd,
			 struct mailbox *box)
{
	enum mailbox_existence existence;

	if (mailbox_exists(box, TRUE, &existence) < 0)
		return pop4_reply_box_error(cmd, box);
	if (existence == MAILBOX_EXISTENCE_NONE) {
		return pop4_reply_failed(cmd, NULL, POP4_NO_SUCH_FOLDER,
			T_MAIL_ERR_MAILBOX_NOT_FOUND(mailbox_get_vname(box)));
	}
	return POP3_EXT_OK;
}

/* What is decided before the host is asked */
static enum pop3_ext_result
rename_check(struct pop3_ext_command_context *cmd,
	     const struct pop4_folder *from, const struct pop4_folder *to)
{
	if (pop4_folder_is_inbox(from)) {
		return pop4_reply_failed(cmd, NULL, POP4_NOT_PERMITTED,
					 "INBOX keeps its place and name");
	}
	if (pop4_folder_is_in_use(cmd->client, from)) {
		return pop4_reply_failed(cmd, NULL, POP4_FOLDER_IN_USE,
			"the selected folder is in it, or is it");
	}
	if (strcmp(from->vname, to->vname) == 0)
		return pop4_reply_failed(cmd, NULL, POP4_FOLDER_EXISTS, NULL);
	if (str_begins_with(to->vname, children_prefix(from))) {
		return pop4_reply_failed(cmd, NULL, POP4_NOT_PERMITTED,
					 "it can't be moved into itself");
	}
	return POP3_EXT_OK;
}

/* Clients of IMAP often show only what is subscribed. */
static void rename_subscription(struct mailbox *from, struct mailbox *to)
{
	struct mailbox_list *list = mailbox_get_namespace(from)->list;

	/* nobody has read them yet */
	if (mailbox_list_iter_subscriptions_refresh(list) == 0 &&
	    mailbox_is_subscribed(from)) {
		(void)mailbox_set_subscribed(to, TRUE);
		(void)mailbox_set_subscribed(from, FALSE);
	}
}

static enum pop3_ext_result
rename_box(struct pop3_ext_command_context *cmd, struct mailbox *from,
	   struct mailbox *to, const char *text)
{
	enum pop3_ext_result result;

	/* or the reply would be about the new name */
	result = pop4_folder_check_exists(cmd, from);
	if (result != POP3_EXT_OK)
		return result;
	if (mailbox_rename(from, to) < 0)
		return pop4_reply_box_error(cmd, from);
	rename_subscription(from, to);
	return pop3_ext_reply_ok(cmd, text);
}

enum pop3_ext_result
pop4_folder_rename(struct pop3_ext_command_context *cmd, const char *name,
		   const char *new_name, const char *text)
{
	struct pop4_folder from, to;
	struct mailbox *from_box, *to_box;
	enum pop3_ext_result result;

	if (pop4_folder_get(cmd, name, &from) < 0 ||
	    pop4_folder_get(cmd, new_name, &to) < 0)
		return POP3_EXT_BAD;
	if (maildrop_view_is_part(cmd->eclient)) {
		return pop4_reply_hidden(cmd,
			"the folder may have messages that are not shown");
	}
	result = rename_check(cmd, &from, &to);
	if (result != POP3_EXT_OK)
		return result;

	from_box = mailbox_alloc(from.ns->list, from.vname, 0);
	to_box = mailbox_alloc(to.ns->list, to.vname, 0);
	result = rename_box(cmd, from_box, to_box, text);
	mailbox_free(&from_box);
	mailbox_free(&to_box);
	return result;
}
