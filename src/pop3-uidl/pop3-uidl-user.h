#ifndef POP3_UIDL_USER_H
#define POP3_UIDL_USER_H

#include "module-context.h"
#include "mail-user.h"
#include "uidl-store.h"

#define POP3_UIDL_USER_CONTEXT(obj) \
	MODULE_CONTEXT(obj, pop3_uidl_user_module)
#define POP3_UIDL_USER_CONTEXT_REQUIRE(obj) \
	MODULE_CONTEXT_REQUIRE(obj, pop3_uidl_user_module)

/* In the home, of INBOX; that of another mailbox has a dot and its name in hex
   behind it. A file, and hidden: neither Maildir++ nor a folder tree takes it for
   one of its mailboxes when they lie in the home itself. */
#define POP3_UIDL_JOURNAL_NAME ".dovecot.pop3-uidl"

/* One mailbox' store; its name is a digest of the mailbox' name. */
struct pop3_uidl_user_store {
	unsigned char name[UIDL_DIGEST_SIZE];
	struct uidl_store *store;
};

struct pop3_uidl_user {
	union mail_user_module_context module_ctx;
	const struct pop3_uidl_settings *set;
	/* or NULL */
	struct dict *dict;
	/* Why the dict can't be used, or NULL. Then no store can. */
	const char *dict_error;
	ARRAY(struct pop3_uidl_user_store) stores;
	/* pop3_uidl_on_error = host, and there was one: as if the plugin were
	   not there */
	bool host_only;
};

extern MODULE_CONTEXT_DEFINE(pop3_uidl_user_module,
			     &mail_user_module_register);

void pop3_uidl_user_created(struct mail_user *user);
void pop3_uidl_users_deinit(void);

/* Digest of a mailbox' name. */
void pop3_uidl_store_name(const char *vname,
			  unsigned char dest[UIDL_DIGEST_SIZE]);
/* Another one, to be freed and opened by the caller, whose copy in the dict is
   under this username. Returns 0, or -1 and a sentence. */
int pop3_uidl_user_init_store(struct mail_user *user, const char *username,
			      const unsigned char name[UIDL_DIGEST_SIZE],
			      struct uidl_store **store_r, const char **error_r);
/* The opened store, which belongs to the user. Returns 1, 0 when it does not
   exist yet, -1 and a sentence when it can't be used. */
int pop3_uidl_user_get_store(struct mail_user *user,
			     const unsigned char name[UIDL_DIGEST_SIZE],
			     struct uidl_store **store_r, const char **error_r);

#endif
