#ifndef MAILDROP_VIEW_H
#define MAILDROP_VIEW_H

/* A part of a maildrop that a session shows as if it were the whole: what
   pop3_ext_view_account and pop3_ext_view_days leave of it. */

struct client;
struct mail_user;
struct pop3_ext_client;

/* Narrows what the host has just read from client->mailbox to the session's
   view, before anything of it was shown. No-op without a view. Returns -1 and a
   sentence when it can't be done; then nothing has changed, and the mailbox
   knows the error. */
int maildrop_view_apply(struct pop3_ext_client *eclient, const char **error_r);

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
