/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* doveadm pop3-uidl verify: what a POP3 session would show, also of messages that
   no session has seen yet, and with a list, what differs from it. Nothing is
   written. */

#include "lib.h"
#include "hash.h"
#include "doveadm-print.h"

#include "doveadm-uidl.h"

HASH_TABLE_DEFINE_TYPE(seen, char *, void *);

static bool verify_is_new(struct pop3_uidl_mailbox *ubox, uint32_t seq)
{
	uint32_t serial = pop3_uidl_mailbox_serial(ubox, seq);

	return serial == 0 || serial > uidl_store_head(ubox->store)->slots;
}

static enum doveadm_uidl_result
verify_result(struct pop3_uidl_mailbox *ubox, uint32_t seq, uint32_t uid)
{
	if (verify_is_new(ubox, seq))
		return DOVEADM_UIDL_NEW;
	return pop3_uidl_mailbox_view_serial(ubox, ubox->box->view, uid) != 0 ?
		DOVEADM_UIDL_SHOWN : DOVEADM_UIDL_RECOGNISED;
}

static void
verify_message(struct doveadm_uidl_cmd *cmd, struct pop3_uidl_mailbox *ubox,
	       uint32_t seq, pool_t pool, HASH_TABLE_TYPE(seen) *seen)
{
	struct uidl_source_record record;
	enum doveadm_uidl_result result;
	const char *reason = "";
	char *key;
	uint32_t uid;

	mail_index_lookup_uid(ubox->box->view, seq, &uid);
	doveadm_uidl_get_record(ubox, pop3_uidl_mailbox_serial(ubox, seq),
				&record);
	if (record.uidl[0] == '\0') {
		result = DOVEADM_UIDL_NEW;
		reason = "only a session can tell its UIDL";
	} else if (hash_table_lookup(*seen, record.uidl) != NULL) {
		result = DOVEADM_UIDL_DUPLICATE;
		reason = "a message before it has this UIDL";
	} else {
		key = p_strdup(pool, record.uidl);
		hash_table_insert(*seen, key, POINTER_CAST(1));
		result = verify_result(ubox, seq, uid);
	}
	doveadm_uidl_report_add(cmd, result, record.uidl, uid, reason);
}

static int
verify_mailbox(struct doveadm_uidl_cmd *cmd, struct pop3_uidl_mailbox *ubox)
{
	HASH_TABLE_TYPE(seen) seen;
	uint32_t seq, count = doveadm_uidl_msg_count(ubox);
	uint32_t messages, known = 0;
	pool_t pool;

	if (doveadm_uidl_foresee(cmd, ubox) < 0)
		return -1;
	pool = pool_alloconly_create("doveadm pop3-uidl verify", 8192);
	hash_table_create(&seen, pool, count, str_hash, strcmp);
	for (seq = 1; seq <= count; seq++) T_BEGIN {
		verify_message(cmd, ubox, seq, pool, &seen);
		if (!verify_is_new(ubox, seq))
			known++;
	} T_END;
	hash_table_destroy(&seen);
	pool_unref(&pool);
	messages = uidl_store_head(ubox->store)->messages;
	if (messages > known) {
		doveadm_uidl_report_count(cmd, DOVEADM_UIDL_GONE,
					  messages - known);
	}
	return 0;
}

static int
verify_list(struct doveadm_uidl_cmd *cmd, struct pop3_uidl_mailbox *ubox,
	    struct mail_user *user)
{
	struct uidl_match *match;
	int ret;

	match = uidl_match_init();
	ret = doveadm_uidl_list_get(cmd, user, match);
	if (ret > 0)
		ret = doveadm_uidl_import(cmd, ubox, match,
					  DOVEADM_UIDL_COMPARE);
	uidl_match_deinit(&match);
	return ret;
}

static int
cmd_verify_run(struct doveadm_mail_cmd_context *ctx, struct mail_user *user)
{
	struct doveadm_uidl_cmd *cmd = DOVEADM_UIDL_CMD(ctx);
	struct pop3_uidl_mailbox *ubox;
	int ret;

	if ((cmd->list != NULL && doveadm_uidl_list_read(cmd) < 0) ||
	    doveadm_uidl_open(cmd, user, &ubox) < 0)
		return -1;
	doveadm_uidl_report_init(cmd);
	ret = verify_mailbox(cmd, ubox);
	if (ret == 0 && cmd->list != NULL)
		ret = verify_list(cmd, ubox, user);
	doveadm_uidl_report_end(cmd);
	doveadm_uidl_close(&ubox);
	return ret;
}

static void
cmd_verify_init(struct doveadm_mail_cmd_context *ctx DOVEADM_INIT_ARGS)
{
	struct doveadm_uidl_cmd *cmd = DOVEADM_UIDL_CMD(ctx);

	doveadm_uidl_cmd_init(cmd);
	/* without a file nothing is compared, standard input neither */
	if (ctx->cmd_input != NULL)
		doveadm_uidl_list_init(cmd);
	doveadm_uidl_report_headers();
}

static void cmd_verify_deinit(struct doveadm_mail_cmd_context *ctx)
{
	doveadm_uidl_list_deinit(&DOVEADM_UIDL_CMD(ctx)->list);
}

static struct doveadm_mail_cmd_context *cmd_verify_alloc(void)
{
	struct doveadm_uidl_cmd *cmd = doveadm_uidl_cmd_alloc();

	cmd->ctx.v.init = cmd_verify_init;
	cmd->ctx.v.run = cmd_verify_run;
	cmd->ctx.v.deinit = cmd_verify_deinit;
	doveadm_print_init(DOVEADM_PRINT_TYPE_TABLE);
	return &cmd->ctx;
}

const struct doveadm_cmd_ver2 doveadm_uidl_cmd_verify = {
	.name = "pop3-uidl verify",
	.mail_cmd = cmd_verify_alloc,
	.usage = DOVEADM_UIDL_USAGE DOVEADM_UIDL_LIST_USAGE "[<file>]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_MAIL_COMMON
DOVEADM_UIDL_PARAMS
DOVEADM_UIDL_LIST_PARAMS
DOVEADM_CMD_PARAMS_END
};
