/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* doveadm pop3-uidl release: before the plugin is switched off, the host gets
   the UIDLs, where its storage can keep them. Only a Maildir can do so for
   messages that it has (in dovecot-uidlist). Elsewhere those that
   pop3_uidl_format makes need no keeping; the others are listed. The store
   stays as it is. */

#include "lib.h"
#include "doveadm-print.h"
#include "mail-storage.h"

#include "doveadm-uidl.h"
#include "host-maildrop.h"

#include <sysexits.h>

struct release {
	struct doveadm_uidl_cmd *cmd;
	struct pop3_uidl_mailbox *ubox;
	struct mail *mail;
};

static bool release_storage_keeps(struct pop3_uidl_mailbox *ubox)
{
	return strcmp(ubox->box->storage->name, "maildir") == 0;
}

static void release_message(struct release *release, uint32_t seq)
{
	struct pop3_uidl_mailbox *ubox = release->ubox;
	struct uidl_source_record record;
	enum doveadm_uidl_result result;
	const char *host_text, *reason = "";

	mail_set_seq(release->mail, seq);
	doveadm_uidl_get_record(ubox, pop3_uidl_mailbox_serial(ubox, seq),
				&record);
	if (record.uidl[0] == '\0')
		result = DOVEADM_UIDL_NEW;
	else if (pop3_uidl_mailbox_host_text(ubox, release->mail,
					     &host_text) == 0 &&
		 strcmp(host_text, record.uidl) == 0)
		result = DOVEADM_UIDL_KEPT;
	else if (release_storage_keeps(ubox)) {
		result = DOVEADM_UIDL_RELEASED;
		if (!release->cmd->dry_run) {
			mail_update_pop3_uidl(release->mail, record.uidl);
		}
	} else {
		result = DOVEADM_UIDL_IMPOSSIBLE;
		reason = t_strdup_printf("%s has no place for it",
					 ubox->box->storage->name);
	}
	doveadm_uidl_report_add(release->cmd, result, record.uidl,
				release->mail->uid, reason);
}

static int
release_mailbox(struct doveadm_uidl_cmd *cmd, struct pop3_uidl_mailbox *ubox)
{
	struct mailbox_transaction_context *trans;
	struct release release = { .cmd = cmd, .ubox = ubox };
	uint32_t seq, count = doveadm_uidl_msg_count(ubox);

	if (doveadm_uidl_look(cmd, ubox) < 0)
		return -1;
	trans = mailbox_transaction_begin(ubox->box,
		MAILBOX_TRANSACTION_FLAG_EXTERNAL | cmd->ctx.transaction_flags,
		__func__);
	release.mail = mail_alloc(trans, 0, NULL);
	for (seq = 1; seq <= count; seq++) T_BEGIN {
		doveadm_uidl_progress(cmd, "handed over", seq, count);
		release_message(&release, seq);
	} T_END;
	doveadm_uidl_progress(cmd, NULL, 0, 0);
	mail_free(&release.mail);
	if (mailbox_transaction_commit(&trans) == 0 &&
	    mailbox_sync(ubox->box, HOST_QUIT_SYNC_FLAGS) == 0)
		return 0;
	doveadm_mail_failed_mailbox(&cmd->ctx, ubox->box);
	return doveadm_uidl_fail(cmd, cmd->ctx.exit_code, t_strdup_printf(
		"Can't write mailbox %s: %s", ubox->box->vname,
		mailbox_get_last_internal_error(ubox->box, NULL)));
}

static int
cmd_release_run(struct doveadm_mail_cmd_context *ctx, struct mail_user *user)
{
	struct doveadm_uidl_cmd *cmd = DOVEADM_UIDL_CMD(ctx);
	struct pop3_uidl_mailbox *ubox;
	int ret;

	if (doveadm_uidl_open(cmd, user, &ubox) < 0)
		return -1;
	doveadm_uidl_report_init(cmd);
	ret = release_mailbox(cmd, ubox);
	doveadm_uidl_report_end(cmd);
	doveadm_uidl_close(&ubox);
	return ret;
}

static void
cmd_release_init(struct doveadm_mail_cmd_context *ctx DOVEADM_INIT_ARGS)
{
	doveadm_uidl_cmd_init(DOVEADM_UIDL_CMD(ctx));
	doveadm_uidl_report_headers();
}

static struct doveadm_mail_cmd_context *cmd_release_alloc(void)
{
	struct doveadm_uidl_cmd *cmd = doveadm_uidl_cmd_alloc();

	cmd->ctx.v.init = cmd_release_init;
	cmd->ctx.v.run = cmd_release_run;
	doveadm_print_init(DOVEADM_PRINT_TYPE_TABLE);
	return &cmd->ctx;
}

const struct doveadm_cmd_ver2 doveadm_uidl_cmd_release = {
	.name = "pop3-uidl release",
	.mail_cmd = cmd_release_alloc,
	.usage = DOVEADM_UIDL_USAGE "[-n]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_MAIL_COMMON
DOVEADM_UIDL_PARAMS
DOVEADM_UIDL_PARAM_DRY_RUN
DOVEADM_CMD_PARAMS_END
};
