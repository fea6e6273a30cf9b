/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The plugin's part of a user: its settings, the dict, and the stores of the
   mailboxes that were asked for. */

#include "lib.h"
#include "array.h"
#include "hex-binary.h"

#include "mail-compat.h"
#include "setting-names.h"
#include "uidl-digest.h"
#include "pop3-uidl-settings.h"
#include "pop3-uidl-user.h"

struct pop3_uidl_user_module pop3_uidl_user_module =
	MODULE_CONTEXT_INIT(&mail_user_module_register);

static const char *const name_prefixes[] = {
	"pop3_uidl", "pop3uidl", "pop3-uidl", NULL
};
/* Dovecot's own */
static const char *const other_names[] = {
	"pop3_uidl_duplicates", "pop3_uidl_format", NULL
};
static struct setting_names setting_names = {
	.prefixes = name_prefixes,
	.info = &pop3_uidl_setting_parser_info,
	.others = other_names,
};

static void pop3_uidl_user_deinit(struct mail_user *user)
{
	struct pop3_uidl_user *uuser = POP3_UIDL_USER_CONTEXT_REQUIRE(user);
	struct pop3_uidl_user_store *ustore;
	pool_t set_pool = uuser->set->pool;

	array_foreach_modifiable(&uuser->stores, ustore)
		uidl_store_deinit(&ustore->store);
	array_free(&uuser->stores);
	if (uuser->dict != NULL)
		dict_deinit(&uuser->dict);
	pool_unref(&set_pool);
	uuser->module_ctx.super.deinit(user);
}

static void
pop3_uidl_setting_report(const char *key, const char *value ATTR_UNUSED,
			 const char *error, void *context)
{
	struct mail_user *user = context;
	struct pop3_uidl_user *uuser = POP3_UIDL_USER_CONTEXT_REQUIRE(user);

	if (null_strcmp(key, "pop3_uidl_on_error") == 0) {
		e_error(user->event, "pop3_uidl: %s (until this is corrected, "
			"it is refuse)", error);
	} else {
		/* logged when a store is asked for */
		uuser->dict_error = p_strdup_printf(user->pool,
						    "pop3_uidl: %s", error);
	}
}

/* Nothing here may fail the user: it runs for IMAP, too. */
static void
pop3_uidl_user_read_settings(struct mail_user *user,
			     struct pop3_uidl_user *uuser)
{
	const char *error;

	uuser->set = host_settings_get(user, &pop3_uidl_setting_parser_info,
				       NULL, pop3_uidl_setting_report, user);
	setting_names_check(&setting_names, user->event,
			    host_settings_get_names(user));
	if (uuser->dict_error == NULL &&
	    host_dict_init(user, "pop3_uidl", uuser->set->pop3_uidl_dict,
			   &uuser->dict, &error) < 0) {
		uuser->dict_error = p_strdup_printf(user->pool,
			HOST_SETTING_DICT_NAME("pop3_uidl")": %s", error);
	}
}

void pop3_uidl_user_created(struct mail_user *user)
{
	struct mail_user_vfuncs *v = user->vlast;
	struct pop3_uidl_user *uuser;

	uuser = p_new(user->pool, struct pop3_uidl_user, 1);
	MODULE_CONTEXT_SET(user, pop3_uidl_user_module, uuser);
	pop3_uidl_user_read_settings(user, uuser);
	i_array_init(&uuser->stores, 1);
	uuser->module_ctx.super = *v;
	user->vlast = &uuser->module_ctx.super;
	v->deinit = pop3_uidl_user_deinit;
}

void pop3_uidl_users_deinit(void)
{
	setting_names_deinit(&setting_names);
}

void pop3_uidl_store_name(const char *vname,
			  unsigned char dest[UIDL_DIGEST_SIZE])
{
	/* all zero is INBOX, so that its file has a short name */
	if (strcasecmp(vname, "INBOX") == 0)
		memset(dest, 0, UIDL_DIGEST_SIZE);
	else
		uidl_guid_digest(vname, dest);
}

int pop3_uidl_user_init_store(struct mail_user *user, const char *username,
			      const unsigned char name[UIDL_DIGEST_SIZE],
			      struct uidl_store **store_r, const char **error_r)
{
	static const unsigned char inbox[UIDL_DIGEST_SIZE];
	struct pop3_uidl_user *uuser = POP3_UIDL_USER_CONTEXT_REQUIRE(user);
	struct dict_op_settings op_set = *mail_user_get_dict_op_settings(user);
	struct uidl_store_settings set = {
		.dict = uuser->dict,
		.dict_op_set = &op_set,
		.lock_method = FILE_LOCK_METHOD_FCNTL,
		.fsync = TRUE,
	};
	const char *home, *hex = NULL;

	if (uuser->dict_error != NULL) {
		*error_r = uuser->dict_error;
		return -1;
	}
	if (uuser->dict != NULL && !HOST_DICT_IS_FOR(user, username)) {
		*error_r = HOST_SETTING_DICT_NAME("pop3_uidl")": "
			"This Dovecot can't look up another user in a dict, "
			"use 2.3.17 or later to rename one";
		return -1;
	}
	if (mail_user_get_home(user, &home) <= 0) {
		*error_r = "pop3_uidl: the user has no home directory";
		return -1;
	}
	op_set.username = username;
	if (memcmp(name, inbox, UIDL_DIGEST_SIZE) != 0)
		hex = binary_to_hex(name, UIDL_DIGEST_SIZE);
	set.path = t_strconcat(home, "/"POP3_UIDL_JOURNAL_NAME,
			       hex == NULL ? "" : ".", hex, NULL);
	set.dict_prefix = t_strconcat(DICT_PATH_PRIVATE"pop3-uidl/",
				      hex == NULL ? "INBOX" : hex, "/", NULL);
	*store_r = uidl_store_init(&set);
	return 0;
}

static struct uidl_store *
user_store_find(struct pop3_uidl_user *uuser,
		const unsigned char name[UIDL_DIGEST_SIZE])
{
	const struct pop3_uidl_user_store *ustore;

	array_foreach(&uuser->stores, ustore) {
		if (memcmp(ustore->name, name, UIDL_DIGEST_SIZE) == 0)
			return ustore->store;
	}
	return NULL;
}

int pop3_uidl_user_get_store(struct mail_user *user,
			     const unsigned char name[UIDL_DIGEST_SIZE],
			     struct uidl_store **store_r, const char **error_r)
{
	struct pop3_uidl_user *uuser = POP3_UIDL_USER_CONTEXT_REQUIRE(user);
	struct pop3_uidl_user_store *ustore;

	*store_r = user_store_find(uuser, name);
	if (*store_r == NULL) {
		if (pop3_uidl_user_init_store(user, user->username, name,
					      store_r, error_r) < 0)
			return -1;
		ustore = array_append_space(&uuser->stores);
		memcpy(ustore->name, name, UIDL_DIGEST_SIZE);
		ustore->store = *store_r;
	} else if (uidl_store_head(*store_r)->sequence > 0) {
		/* judged before in this session */
		return 1;
	}
	return uidl_store_open(*store_r, error_r);
}
