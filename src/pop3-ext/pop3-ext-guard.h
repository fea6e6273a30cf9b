#ifndef POP3_EXT_GUARD_H
#define POP3_EXT_GUARD_H

struct mail_user;
struct module;

/* Refuses logins with a view that this plugin will not serve: they would see
   the whole maildrop, and be able to delete it. */
void pop3_ext_guard_init(struct module *module);
void pop3_ext_guard_deinit(void);

/* Does this user have the plugin? Another user may be the reason that it is in
   the process. */
bool pop3_ext_user_is_ours(struct mail_user *user);
/* The user of the login that the host is just beginning, or NULL. Only to be
   used until the login's namespaces exist. */
struct mail_user *pop3_ext_guard_newest_user(void);

#endif
