/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* doveadm pop3-uidl rename -u NEW OLD: a user has another name. What is in the
   home moves with the home; the copy in a dict is under the user's name, and
   moves now, whether the home is there or not. It is removed below the old name
   last: repeating an interrupted command does the rest. */

#include "lib.h"
#include "mail-namespace.h"
#include "mailbox-list-iter.h"

#include "pop3-uidl-user.h"
#include "doveadm-uidl.h"

#include <sysexits.h>

/* Journal and dict get what the other one has more. */
static int rename_sync(struct uidl_store *store, const char **error_r)
{
	if (uidl_store_lock(store, error_r) < 0)
		return -1;
	uidl_store_unlock(store);
	return 0;
}

/* From the old name's copy to the journal, and from there to the new name's. */
static int
rename_replica(struct mail_user *user, struct uidl_store *old,
	       const unsigned char name[UIDL_DIGEST_SIZE], const char **error_r)
{
	struct uidl_store *store;
	int ret;

	if (rename_sync(old, error_r) < 0 ||
	    pop3_uidl_user_init_store(user, user->username, name, &store,
				      error_r) < 0)
		return -1;
	ret = rename_sync(store, error_r);
	uidl_store_deinit(&store);
	return ret < 0 ? -1 : uidl_store_remove_replica(old, error_r);
}

/* Returns 1 when there is a store, 0 when there is none, -1. */
static int
rename_store(struct doveadm_uidl_cmd *cmd, struct mail_user *user,
	     const unsigned char name[UIDL_DIGEST_SIZE], const char **error_r)
{
	struct uidl_store *old;
	int ret;

	if (pop3_uidl_user_init_store(user, cmd->old_user, name, &old,
				      error_r) < 0)
		return -1;
	ret = uidl_store_open(old, error_r);
	if (ret > 0 && !cmd->dry_run && uidl_store_has_replica(old) &&
	    rename_replica(user, old, name, error_r) < 0)
		ret = -1;
	uidl_store_deinit(&old);
	return ret;
}

static int
rename_mailboxes(struct doveadm_uidl_cmd *cmd, struct mail_user *user,
		 const char **error_r)
{
	unsigned char name[UIDL_DIGEST_SIZE];
	struct mailbox_list_iterate_context *iter;
	const struct mailbox_info *info;
	int ret, found = 0;

	iter = mailbox_list_iter_init_namespaces(user->namespaces,
		(const char *const []){ "*", NULL }, MAIL_NAMESPACE_TYPE_PRIVATE,
		MAILBOX_LIST_ITER_NO_AUTO_BOXES |
		MAILBOX_LIST_ITER_RETURN_NO_FLAGS);
	ret = 0;
	while (ret >= 0 && (info = mailbox_list_iter_next(iter)) != NULL) {
		pop3_uidl_store_name(info->vname, name);
		ret = rename_store(cmd, user, name, error_r);
		if (ret > 0)
			found = 1;
	}
	if (mailbox_list_iter_deinit(&iter) < 0 && ret >= 0) {
		*error_r = "Can't list the mailboxes";
		ret = -1;
	}
	return ret < 0 ? -1 : found;
}

static int
cmd_rename_run(struct doveadm_mail_cmd_context *ctx, struct mail_user *user)
{
	struct doveadm_uidl_cmd *cmd = DOVEADM_UIDL_CMD(ctx);
	const char *error;
	int ret;

	if (doveadm_uidl_check_user(cmd, user) < 0)
		return -1;
	ret = rename_mailboxes(cmd, user, &error);
	if (ret < 0)
		return doveadm_uidl_fail(cmd, EX_TEMPFAIL, error);
	if (ret > 0)
		return 0;
	return doveadm_uidl_fail(cmd, DOVEADM_EX_NOTFOUND, t_strdup_printf(
		"There are no UIDLs of %s, and none in the home of %s (without "
		"a dict they move with it)", cmd->old_user, user->username));
}

static void
cmd_rename_init(struct doveadm_mail_cmd_context *ctx DOVEADM_INIT_ARGS)
{
	struct doveadm_uidl_cmd *cmd = DOVEADM_UIDL_CMD(ctx);

	doveadm_uidl_cmd_init(cmd);
	if (!doveadm_cmd_param_str(ctx->cctx, "old-user", &cmd->old_user))
		doveadm_mail_help_name("pop3-uidl rename");
}

static struct doveadm_mail_cmd_context *cmd_rename_alloc(void)
{
	struct doveadm_uidl_cmd *cmd = doveadm_uidl_cmd_alloc();

	cmd->ctx.v.init = cmd_rename_init;
	cmd->ctx.v.run = cmd_rename_run;
	return &cmd->ctx;
}

const struct doveadm_cmd_ver2 doveadm_uidl_cmd_rename = {
	.name = "pop3-uidl rename",
	.mail_cmd = cmd_rename_alloc,
	.usage = "-u <new user> [-S <socket_path>] [-n] <old user>",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_MAIL_COMMON
DOVEADM_UIDL_PARAM_DRY_RUN
DOVEADM_CMD_PARAM('\0', "old-user", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};
