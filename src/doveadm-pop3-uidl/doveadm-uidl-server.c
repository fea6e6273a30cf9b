/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"

#include "doveadm-uidl.h"
#include "uidl-pop3.h"
#include "uidl-pop3-state.h"

#include <sysexits.h>

struct server_context {
	struct doveadm_uidl_cmd *cmd;
	struct uidl_match *match;
};

int doveadm_uidl_server_init(struct doveadm_uidl_cmd *cmd, const char *from,
			     struct uidl_pop3 **pop3_r)
{
	struct doveadm_cmd_context *cctx = cmd->ctx.cctx;
	struct uidl_pop3_settings set;
	const char *error;

	i_zero(&set);
	set.url = from;
	(void)doveadm_cmd_param_str(cctx, "master-user", &set.master_user);
	(void)doveadm_cmd_param_str(cctx, "password-file", &set.password_file);
	(void)doveadm_cmd_param_str(cctx, "tls", &set.tls);
	(void)doveadm_cmd_param_str(cctx, "ca-file", &set.ca_file);
	set.no_verify = doveadm_cmd_param_flag(cctx, "no-verify");
	set.is_ended = doveadm_is_killed;
	return uidl_pop3_init(&set, pop3_r, &error) == 0 ? 0 :
		doveadm_uidl_fail(cmd, EX_USAGE, error);
}

static int
server_found(void *context, const struct uidl_source_record *record,
	     const char **error_r ATTR_UNUSED)
{
	struct server_context *ctx = context;

	uidl_match_add_record(ctx->match, record);
	return 0;
}

static bool
server_progress(void *context, unsigned int done, unsigned int count)
{
	struct server_context *ctx = context;

	doveadm_uidl_progress(ctx->cmd, "looked at on the server", done,
			      count);
	return !doveadm_is_killed();
}

int doveadm_uidl_server_get(struct doveadm_uidl_cmd *cmd,
			    struct uidl_pop3 *pop3, struct mail_user *user,
			    struct uidl_match *match)
{
	struct server_context ctx = { .cmd = cmd, .match = match };
	const char *error;
	int ret;

	ret = uidl_pop3_read(pop3, user, server_found, server_progress, &ctx,
			     &error);
	doveadm_uidl_progress(cmd, NULL, 0, 0);
	return ret == 0 ? 1 : doveadm_uidl_fail(cmd, EX_TEMPFAIL, error);
}
