#ifndef MAILDROP_VIEW_H
#define MAILDROP_VIEW_H

/* A part of a maildrop that a session shows as if it were the whole: what
   pop3_ext_view_account and pop3_ext_view_days leave of it, or the folder of
   pop3_ext_view_folder. Commands that can't be limited to that part are refused
   (the table is in doc/DESIGN.md). */

struct client;
struct mail_namespace;
struct mail_user;
struct pop3_ext_client;

/* Narrows what the host has just read from client->mailbox to the session's
   view, before anything of it was shown. No-op without a view. Returns -1 and a
   sentence when it can't be done; then nothing has changed, and the mailbox
   knows the error. */
int maildrop_view_apply(struct pop3_ext_client *eclient, const char **error_r);

/* Does the session show a part only? Then no command may count, rename or delete
   what else is in a folder. */
bool maildrop_view_is_part(const struct pop3_ext_client *eclient);
/* Does the session show another folder in place of this one, as the whole
   maildrop? */
bool maildrop_view_hides_folder(const struct pop3_ext_client *eclient,
				struct mail_namespace *ns, const char *vname);
/* How many of the session's messages are without the flag \Seen in the index */
unsigned int maildrop_view_unseen(const struct client *client);

/* Does this user's login ask for a view, as far as that can be told? The plugin
   need not be loaded for the user. */
bool maildrop_view_is_wanted(struct mail_user *user);

/* The sequence in client->mailbox of a message, whose number counts from 0; the
   host's msgnum_to_seq(). */
uint32_t maildrop_msgnum_to_seq(const struct client *client,
				unsigned int msgnum);

/* A pop3_ext_login_check_t: refuses a login that asks for a view while the
   settings are such that none can be made. */
int maildrop_view_login_check(struct client *client, const char **reply_r);

#endif
