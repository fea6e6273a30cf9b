/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* doveadm pop3-uidl forget: the mailbox begins anew. Its messages will have the
   UIDLs that Dovecot shows. */

#include "lib.h"

#include "doveadm-uidl.h"

#include <sysexits.h>

static int
cmd_forget_run(struct doveadm_mail_cmd_context *ctx, struct mail_user *user)
{
	struct doveadm_uidl_cmd *cmd = DOVEADM_UIDL_CMD(ctx);
	struct pop3_uidl_mailbox *ubox;
	const char *error;
	int ret = 0;

	/* the store may be damaged or gone: only the mailbox is opened */
	if (doveadm_uidl_open_box(cmd, user, &ubox) < 0)
		return -1;
	if (!cmd->dry_run &&
	    pop3_uidl_mailbox_remove_store(ubox, &error) < 0)
		ret = doveadm_uidl_fail(cmd, EX_TEMPFAIL, error);
	doveadm_uidl_close(&ubox);
	return ret;
}

static void
cmd_forget_init(struct doveadm_mail_cmd_context *ctx DOVEADM_INIT_ARGS)
{
	doveadm_uidl_cmd_init(DOVEADM_UIDL_CMD(ctx));
}

static struct doveadm_mail_cmd_context *cmd_forget_alloc(void)
{
	struct doveadm_uidl_cmd *cmd = doveadm_uidl_cmd_alloc();

	cmd->ctx.v.init = cmd_forget_init;
	cmd->ctx.v.run = cmd_forget_run;
	return &cmd->ctx;
}

const struct doveadm_cmd_ver2 doveadm_uidl_cmd_forget = {
	.name = "pop3-uidl forget",
	.mail_cmd = cmd_forget_alloc,
	.usage = DOVEADM_UIDL_USAGE "[-n]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_MAIL_COMMON
DOVEADM_UIDL_PARAMS
DOVEADM_UIDL_PARAM_DRY_RUN
DOVEADM_CMD_PARAMS_END
};
