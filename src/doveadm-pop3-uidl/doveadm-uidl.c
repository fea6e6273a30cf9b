/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "ioloop.h"
#include "mail-namespace.h"

#include "pop3-uidl-user.h"
#include "doveadm-uidl.h"

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

struct doveadm_uidl_cmd *doveadm_uidl_cmd_alloc(void)
{
	struct doveadm_uidl_cmd *cmd;

	cmd = doveadm_mail_cmd_alloc(struct doveadm_uidl_cmd);
	DOVEADM_TAKE_OPTIONS(&cmd->ctx);
	return cmd;
}

void doveadm_uidl_cmd_init(struct doveadm_uidl_cmd *cmd)
{
	struct doveadm_cmd_context *cctx = cmd->ctx.cctx;

	if (!doveadm_cmd_param_str(cctx, "mailbox", &cmd->mailbox))
		cmd->mailbox = "INBOX";
	cmd->dry_run = doveadm_cmd_param_flag(cctx, "dry-run");
}

void doveadm_uidl_set_exit_code(struct doveadm_uidl_cmd *cmd, int exit_code)
{
	if (cmd->ctx.exit_code == 0 ||
	    cmd->ctx.exit_code == DOVEADM_UIDL_EX_DIFFERS)
		cmd->ctx.exit_code = exit_code;
}

int doveadm_uidl_fail(struct doveadm_uidl_cmd *cmd, int exit_code,
		      const char *error)
{
	doveadm_uidl_progress(cmd, NULL, 0, 0);
	i_error("%s", error);
	doveadm_uidl_set_exit_code(cmd, exit_code);
	return -1;
}

int doveadm_uidl_check_user(struct doveadm_uidl_cmd *cmd,
			    struct mail_user *user)
{
	if (POP3_UIDL_USER_CONTEXT(user) != NULL)
		return 0;
	return doveadm_uidl_fail(cmd, EX_CONFIG, t_strdup_printf(
		"mail_plugins of %s has no pop3_uidl", user->username));
}

static int
uidl_open_box(struct doveadm_uidl_cmd *cmd, struct mailbox *box)
{
	if (mailbox_open(box) == 0 &&
	    mailbox_sync(box, MAILBOX_SYNC_FLAG_FULL_READ) == 0)
		return 0;
	doveadm_mail_failed_mailbox(&cmd->ctx, box);
	return doveadm_uidl_fail(cmd, cmd->ctx.exit_code, t_strdup_printf(
		"Can't open mailbox %s: %s", mailbox_get_vname(box),
		mailbox_get_last_internal_error(box, NULL)));
}

int doveadm_uidl_open_box(struct doveadm_uidl_cmd *cmd, struct mail_user *user,
			  struct pop3_uidl_mailbox **ubox_r)
{
	struct mailbox *box;

	if (doveadm_uidl_check_user(cmd, user) < 0)
		return -1;
	box = doveadm_mailbox_find(user, cmd->mailbox);
	if (uidl_open_box(cmd, box) < 0) {
		mailbox_free(&box);
		return -1;
	}
	*ubox_r = POP3_UIDL_MAILBOX_CONTEXT_REQUIRE(box);
	return 0;
}

int doveadm_uidl_open(struct doveadm_uidl_cmd *cmd, struct mail_user *user,
		      struct pop3_uidl_mailbox **ubox_r)
{
	const char *error;

	if (doveadm_uidl_open_box(cmd, user, ubox_r) < 0)
		return -1;
	if (pop3_uidl_mailbox_open(*ubox_r, &error) == 0)
		return 0;
	doveadm_uidl_close(ubox_r);
	return doveadm_uidl_fail(cmd, EX_TEMPFAIL, error);
}

void doveadm_uidl_close(struct pop3_uidl_mailbox **_ubox)
{
	struct mailbox *box = (*_ubox)->box;

	*_ubox = NULL;
	mailbox_free(&box);
}

void doveadm_uidl_progress(struct doveadm_uidl_cmd *cmd, const char *what,
			   unsigned int done, unsigned int count)
{
	static time_t last = 0;

	if (cmd->ctx.cctx->conn_type != DOVEADM_CONNECTION_TYPE_CLI ||
	    isatty(STDERR_FILENO) == 0)
		return;
	if (what == NULL) {
		if (last != 0)
			fputs("\r\033[K", stderr);
		last = 0;
	} else if (time(NULL) != last) {
		fprintf(stderr, "\r%s: %s %u of %u messages\033[K",
			cmd->ctx.cctx->username, what, done, count);
		last = time(NULL);
	}
	fflush(stderr);
}
