/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* As long as there is a file "no-commit" in the user's home, no change of a
   mailbox is committed. */

#include "lib.h"
#include "module-context.h"
#include "mail-storage-private.h"
#include "mail-storage-hooks.h"
#include "mail-user.h"

#include <unistd.h>

#include "pop3-ext-test-plugin.h"

#define FAIL_COMMIT_CONTEXT_REQUIRE(box) \
	MODULE_CONTEXT_REQUIRE(box, fail_commit_module)

static MODULE_CONTEXT_DEFINE_INIT(fail_commit_module,
				  &mail_storage_module_register);

static int
fail_commit_transaction_commit(struct mailbox_transaction_context *t,
			       struct mail_transaction_commit_changes *changes_r)
{
	union mailbox_module_context *ctx = FAIL_COMMIT_CONTEXT_REQUIRE(t->box);
	struct mail_storage *storage = t->box->storage;
	const char *home;

	if (mail_user_get_home(storage->user, &home) > 0 &&
	    access(t_strconcat(home, "/no-commit", NULL), F_OK) == 0) {
		ctx->super.transaction_rollback(t);
		mail_storage_set_error(storage, MAIL_ERROR_TEMP,
				       "No change is committed");
		return -1;
	}
	return ctx->super.transaction_commit(t, changes_r);
}

static void fail_commit_mailbox_allocated(struct mailbox *box)
{
	struct mailbox_vfuncs *v = box->vlast;
	union mailbox_module_context *ctx;

	ctx = p_new(box->pool, union mailbox_module_context, 1);
	ctx->super = *v;
	box->vlast = &ctx->super;
	v->transaction_commit = fail_commit_transaction_commit;
	MODULE_CONTEXT_SET_SELF(box, fail_commit_module, ctx);
}

struct mail_storage_hooks fail_commit_hooks = {
	.mailbox_allocated = fail_commit_mailbox_allocated,
};
