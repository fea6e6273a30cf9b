/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* doveadm pop3-uidl list: what each message has been shown with

   uid uidl              size
   1   0000000158f0a3b1  1432

   A message that no session has seen yet has an empty UIDL. */

#include "lib.h"
#include "doveadm-print.h"

#include "doveadm-uidl.h"

static void list_message(struct pop3_uidl_mailbox *ubox, uint32_t seq)
{
	struct uidl_source_record record;
	uint32_t uid;

	mail_index_lookup_uid(ubox->box->view, seq, &uid);
	doveadm_uidl_get_record(ubox, pop3_uidl_mailbox_serial(ubox, seq),
				&record);
	doveadm_print_num(uid);
	doveadm_print(record.uidl);
	doveadm_print(record.size == UOFF_T_MAX ? "" : dec2str(record.size));
}

static int
cmd_list_run(struct doveadm_mail_cmd_context *ctx, struct mail_user *user)
{
	struct doveadm_uidl_cmd *cmd = DOVEADM_UIDL_CMD(ctx);
	struct pop3_uidl_mailbox *ubox;
	uint32_t seq, count;
	int ret = 0;

	if (doveadm_uidl_open(cmd, user, &ubox) < 0)
		return -1;
	/* otherwise the index says it all, but for what is new */
	if (!pop3_uidl_mailbox_view_is_current(ubox, ubox->box->view))
		ret = doveadm_uidl_look(cmd, ubox);
	count = doveadm_uidl_msg_count(ubox);
	for (seq = 1; seq <= count && ret == 0; seq++) T_BEGIN {
		list_message(ubox, seq);
	} T_END;
	doveadm_uidl_close(&ubox);
	return ret;
}

static void
cmd_list_init(struct doveadm_mail_cmd_context *ctx DOVEADM_INIT_ARGS)
{
	doveadm_uidl_cmd_init(DOVEADM_UIDL_CMD(ctx));
	doveadm_print_header("uid", "uid", DOVEADM_PRINT_HEADER_FLAG_NUMBER);
	doveadm_print_header("uidl", "uidl", DOVEADM_PRINT_HEADER_FLAG_EXPAND);
	doveadm_print_header("size", "size", DOVEADM_PRINT_HEADER_FLAG_NUMBER);
}

static struct doveadm_mail_cmd_context *cmd_list_alloc(void)
{
	struct doveadm_uidl_cmd *cmd = doveadm_uidl_cmd_alloc();

	cmd->ctx.v.init = cmd_list_init;
	cmd->ctx.v.run = cmd_list_run;
	doveadm_print_init(DOVEADM_PRINT_TYPE_TABLE);
	return &cmd->ctx;
}

const struct doveadm_cmd_ver2 doveadm_uidl_cmd_list = {
	.name = "pop3-uidl list",
	.mail_cmd = cmd_list_alloc,
	.usage = DOVEADM_UIDL_USAGE,
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_MAIL_COMMON
DOVEADM_UIDL_PARAMS
DOVEADM_CMD_PARAMS_END
};
