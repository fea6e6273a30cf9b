/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* doveadm pop3-uidl import: messages get the UIDLs of a list (uidl-source.h).
   Safe to repeat. What can't be told is listed, and left out. */

#include "lib.h"
#include "doveadm-print.h"

#include "doveadm-uidl.h"

static int
cmd_import_list(struct doveadm_uidl_cmd *cmd, struct mail_user *user,
		struct uidl_match *match)
{
	struct pop3_uidl_mailbox *ubox;
	int ret;

	ret = doveadm_uidl_list_get(cmd, user, match);
	if (ret <= 0)
		return ret;
	if (doveadm_uidl_open(cmd, user, &ubox) < 0)
		return -1;
	doveadm_uidl_report_init(cmd);
	ret = doveadm_uidl_import(cmd, ubox, match, cmd->dry_run ?
				  DOVEADM_UIDL_TRY : DOVEADM_UIDL_WRITE);
	doveadm_uidl_report_end(cmd);
	if (ret == 0 && !cmd->dry_run)
		doveadm_uidl_list_done(cmd, user);
	doveadm_uidl_close(&ubox);
	return ret;
}

static int
cmd_import_run(struct doveadm_mail_cmd_context *ctx, struct mail_user *user)
{
	struct doveadm_uidl_cmd *cmd = DOVEADM_UIDL_CMD(ctx);
	struct uidl_match *match;
	int ret;

	if (doveadm_uidl_list_read(cmd) < 0 ||
	    doveadm_uidl_check_user(cmd, user) < 0)
		return -1;
	match = uidl_match_init();
	ret = cmd_import_list(cmd, user, match);
	uidl_match_deinit(&match);
	return ret;
}

static void
cmd_import_init(struct doveadm_mail_cmd_context *ctx DOVEADM_INIT_ARGS)
{
	struct doveadm_uidl_cmd *cmd = DOVEADM_UIDL_CMD(ctx);

	doveadm_uidl_cmd_init(cmd);
	doveadm_uidl_list_init(cmd);
	doveadm_uidl_report_headers();
}

static void cmd_import_deinit(struct doveadm_mail_cmd_context *ctx)
{
	doveadm_uidl_list_deinit(&DOVEADM_UIDL_CMD(ctx)->list);
}

static struct doveadm_mail_cmd_context *cmd_import_alloc(void)
{
	struct doveadm_uidl_cmd *cmd = doveadm_uidl_cmd_alloc();

	cmd->ctx.v.init = cmd_import_init;
	cmd->ctx.v.run = cmd_import_run;
	cmd->ctx.v.deinit = cmd_import_deinit;
	doveadm_print_init(DOVEADM_PRINT_TYPE_TABLE);
	return &cmd->ctx;
}

const struct doveadm_cmd_ver2 doveadm_uidl_cmd_import = {
	.name = "pop3-uidl import",
	.mail_cmd = cmd_import_alloc,
	.usage = DOVEADM_UIDL_USAGE DOVEADM_UIDL_SERVER_USAGE
		DOVEADM_UIDL_LIST_USAGE "[-n] [<file>]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_MAIL_COMMON
DOVEADM_UIDL_PARAMS
DOVEADM_UIDL_PARAM_DRY_RUN
DOVEADM_UIDL_SERVER_PARAMS
DOVEADM_UIDL_LIST_PARAMS
DOVEADM_CMD_PARAMS_END
};
