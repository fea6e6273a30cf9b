#ifndef HOST_USER_H
#define HOST_USER_H

struct mail_user;

/* What a shim needs of struct mail_user in a Dovecot that it may not be built
   for. Only from the hook mail_user_created of a login. When the struct looks
   different from the one we know, the process ends with a Fatal line: then
   nobody can tell which login needs us. */

/* Does the userdb set, to something else than "" or 0, a setting whose name
   begins with one of these prefixes, ended by NULL? In 2.3 a setting of
   plugin { } with just this name counts, too. */
bool host_user_has_setting(struct mail_user *user, const char *const *prefixes);

/* The login ends with [SYS/TEMP], and Dovecot logs the reason as an error, behind
   the user's name. */
void host_user_refuse(struct mail_user *user, const char *reason);

#endif
