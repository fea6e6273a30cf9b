/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "mail-storage-private.h"
#include "mail-namespace.h"
#include "mail-user.h"
#include "pop3-common.h"

#include "pop4.h"
#include "pop4-folder-name.h"

#include <unistd.h>

static const char *reply_words(const char *first, const char *detail)
{
	return detail == NULL ? first : t_strconcat(first, ": ", detail, NULL);
}

enum pop3_ext_result
pop4_reply_bad(struct pop3_ext_command_context *cmd, const char *first,
	       const char *detail)
{
	return pop3_ext_reply_err(cmd, POP3_EXT_BAD, NULL,
				  reply_words(first, detail));
}

enum pop3_ext_result
pop4_reply_failed(struct pop3_ext_command_context *cmd, const char *code,
		  const char *first, const char *detail)
{
	return pop3_ext_reply_err(cmd, POP3_EXT_FAILED, code,
				  reply_words(first, detail));
}

enum pop3_ext_result
pop4_reply_hidden(struct pop3_ext_command_context *cmd, const char *detail)
{
	e_info(cmd->event, "%s: refused: The login shows a part of the "
	       "maildrop (pop3_ext_view_account, pop3_ext_view_days or "
	       "pop3_ext_view_folder): %s", cmd->command->name, detail);
	return pop4_reply_failed(cmd, NULL, POP4_NOT_PERMITTED, detail);
}

enum pop3_ext_result
pop4_reply_mail_error(struct pop3_ext_command_context *cmd,
		      enum mail_error error, const char *text)
{
	static const struct {
		enum mail_error error;
		const char *code, *first;
	} replies[] = {
		{ MAIL_ERROR_NOTFOUND, NULL, POP4_NO_SUCH_FOLDER },
		{ MAIL_ERROR_EXISTS, NULL, POP4_FOLDER_EXISTS },
		{ MAIL_ERROR_PARAMS, NULL, POP4_BAD_FOLDER_NAME },
		{ MAIL_ERROR_PERM, NULL, POP4_NOT_PERMITTED },
		{ MAIL_ERROR_NOTPOSSIBLE, NULL, POP4_NOT_PERMITTED },
		{ MAIL_ERROR_LIMIT, NULL, POP4_NOT_PERMITTED },
		{ MAIL_ERROR_NOQUOTA, NULL, POP4_OVER_QUOTA },
		{ MAIL_ERROR_EXPUNGED, NULL, POP4_NO_SUCH_MESSAGE },
		{ MAIL_ERROR_INUSE, "SYS/TEMP", POP4_FOLDER_IN_USE },
		{ MAIL_ERROR_CONVERSION, NULL, POP4_CANNOT_DECODE },
		{ MAIL_ERROR_INVALIDDATA, "SYS/PERM", POP4_SERVER_ERROR },
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(replies); i++) {
		if (replies[i].error == error)
			return pop4_reply_failed(cmd, replies[i].code,
						 replies[i].first, text);
	}
	return pop4_reply_failed(cmd, "SYS/TEMP", POP4_SERVER_ERROR, text);
}

enum pop3_ext_result
pop4_reply_box_error(struct pop3_ext_command_context *cmd, struct mailbox *box)
{
	enum mail_error error;
	const char *text = mailbox_get_last_error(box, &error);

	return pop4_reply_mail_error(cmd, error, text);
}

enum pop3_ext_result
pop4_reply_list_error(struct pop3_ext_command_context *cmd,
		      struct mail_namespace *ns)
{
	enum mail_error error;
	const char *text = mailbox_list_get_last_error(ns->list, &error);

	return pop4_reply_mail_error(cmd, error, text);
}

/* The host notices it in the middle of some of its work only, and then logs an
   Error that any client could cause. */
static bool folder_name_is_too_long(const struct pop4_folder *folder)
{
	struct mailbox *box = mailbox_alloc(folder->ns->list, folder->vname, 0);
	const char *path;
	bool too_long;

	too_long = mailbox_verify_name(box) == 0 &&
		mailbox_get_path_to(box, MAILBOX_LIST_PATH_TYPE_MAILBOX,
				    &path) > 0 &&
		access(path, F_OK) < 0 && errno == ENAMETOOLONG;
	mailbox_free(&box);
	return too_long;
}

int pop4_folder_find(struct mail_user *user, const char *name,
		     struct pop4_folder *folder_r, const char **error_r)
{
	if (pop4_folder_name_check(name, error_r) < 0)
		return -1;
	if (strcasecmp(name, "INBOX") == 0)
		name = "INBOX";
	/* all namespaces that can be listed have the same separator */
	folder_r->vname = pop4_folder_name_translate(
		name, mail_namespaces_get_root_sep(user->namespaces));
	folder_r->ns = mail_namespace_find(user->namespaces, folder_r->vname);
	if ((folder_r->ns->flags & NAMESPACE_FLAG_AUTOCREATED) != 0 &&
	    folder_r->ns->prefix_len == 0) {
		/* only what the host needs itself, with nothing in it */
		*error_r = "it is in no namespace";
		return 0;
	}
	if ((folder_r->ns->flags & NAMESPACE_FLAG_UNUSABLE) != 0 ||
	    mail_namespace_is_shared_user_root(folder_r->ns)) {
		/* a user who does not exist looks as one who shares nothing */
		*error_r = T_MAIL_ERR_MAILBOX_NOT_FOUND(folder_r->vname);
		return 0;
	}
	if (folder_name_is_too_long(folder_r)) {
		*error_r = "it is too long";
		return -1;
	}
	return 1;
}

int pop4_folder_get(struct pop3_ext_command_context *cmd, const char *name,
		    struct pop4_folder *folder_r)
{
	const char *error;
	int ret;

	ret = pop4_folder_find(cmd->client->user, name, folder_r, &error);
	if (ret > 0)
		return 0;
	(void)pop4_reply_bad(cmd, ret < 0 ? POP4_BAD_FOLDER_NAME :
			     POP4_NO_SUCH_FOLDER, error);
	return -1;
}

const char *pop4_folder_wire_name(struct mail_namespace *ns, const char *vname)
{
	return pop4_folder_name_translate(vname, mail_namespace_get_sep(ns));
}

void pop4_send_line(struct client *client, string_t *line)
{
	client_send_line(client, "%s%s", str_c(line)[0] == '.' ? "." : "",
			 str_c(line));
}
