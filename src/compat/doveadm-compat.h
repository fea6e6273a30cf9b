#ifndef DOVEADM_COMPAT_H
#define DOVEADM_COMPAT_H

/* Include after doveadm-mail.h. */

#include "dovecot-compat.h"

/* 2.3: init() gets its positional arguments, too, and options have to be taken
   one by one, although all of them are in ctx->cctx. */
#ifdef HOST_2_4
#  define DOVEADM_INIT_ARGS
#  define DOVEADM_TAKE_OPTIONS(ctx)
#else
#  define DOVEADM_INIT_ARGS , const char *const args[] ATTR_UNUSED
#  define DOVEADM_TAKE_OPTIONS(ctx) (ctx)->v.parse_arg = doveadm_take_option

static inline bool
doveadm_take_option(struct doveadm_mail_cmd_context *ctx ATTR_UNUSED,
		    int c ATTR_UNUSED)
{
	return TRUE;
}

static inline bool
doveadm_cmd_param_flag(const struct doveadm_cmd_context *cctx,
		       const char *name)
{
	bool value;

	return doveadm_cmd_param_bool(cctx, name, &value) && value;
}
#endif

#endif
