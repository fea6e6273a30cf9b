#ifndef POP3_EXT_CLIENT_H
#define POP3_EXT_CLIENT_H

#include "pop3-common.h"
#include "module-context.h"

struct mail_user;
struct mailbox;
struct pop3_ext_settings;
struct pop3_ext_command_context;
struct xmit_session;

/* NULL for a session whose user does not have the plugin; REQUIRE where we are
   called only because he has it */
#define POP3_EXT_CLIENT_CONTEXT(obj) \
	MODULE_CONTEXT(obj, pop3_ext_client_module)
#define POP3_EXT_CLIENT_CONTEXT_REQUIRE(obj) \
	MODULE_CONTEXT_REQUIRE(obj, pop3_ext_client_module)

/* What the plugin knows of one POP3 session. Lives in the client's pool. */
struct pop3_ext_client {
	union pop3_module_context module_ctx;
	struct client *client;
	struct pop3_ext_client *prev, *next;

	const struct pop3_ext_settings *set;
	/* the command that has not finished, or NULL */
	struct pop3_ext_command_context *cmd;
	/* made by the first XTND XMIT, unless that has failed */
	struct xmit_session *xmit;

	/* settings that have switched off a command which was tried */
	ARRAY_TYPE(const_string) off_logged;

	/* runs only while nothing is read from the connection */
	struct timeout *to_watch;
	unsigned int gone_count;

	/* where the host's output went when the login was refused */
	struct ostream *refused_output;
	const char *refused_reason;
	struct timeout *to_refused;

	/* maildrop.c: the folder that the host is to open in place of INBOX,
	   and the INBOX that it has opened, or NULL */
	struct mailbox *redirect_to, *redirect_from;
	/* pop4-target.c: the selected folder, opened once more for saving, as
	   long as it is kept */
	struct mailbox *target;
	struct timeout *to_target;
	/* the selection, once it is known that its messages can be deleted;
	   only to be compared */
	const struct mailbox *deletable;

	bool begun:1;
	bool view_unreadable_logged:1;
	bool xmit_failed:1;
	bool input_installed:1;
	bool input_was_large:1;
};

extern MODULE_CONTEXT_DEFINE(pop3_ext_client_module, &pop3_module_register);

/* Asked for each new session before the host says "+OK Logged in.", in the
   order of registration. Returns 0, or -1 to refuse the login: then *reply_r is
   the text after "-ERR ", with its response code (RFC 2449, 3206). It may not
   destroy the client, and has no namespaces or mailbox yet. */
typedef int
pop3_ext_login_check_t(struct client *client, const char **reply_r);

/* For modules that load after this one, from their init and deinit. */
void pop3_ext_login_check_register(pop3_ext_login_check_t *check);
void pop3_ext_login_check_unregister(pop3_ext_login_check_t *check);

/* Takes part in this session of a user who has the plugin. */
void pop3_ext_client_create(struct client *client, struct mail_user *user);

/* The session, or NULL when we have no part in it. */
struct pop3_ext_client *pop3_ext_client_get(struct client *client);
/* The client of this user, or NULL when we have no part in the session. */
struct client *pop3_ext_client_find(const struct mail_user *user);

/* Ends a session that the host has not begun, with this text after "-ERR ". The
   host may go on with the client, which is gone when the ioloop runs. */
void pop3_ext_client_refuse(struct pop3_ext_client *eclient, const char *reply);
/* TRUE when this client was refused, and only waits for its end. */
bool pop3_ext_client_is_refused(struct client *client);

/* Starts or stops the watch for a connection that is gone, which is needed only
   while client->cmd is set or client->io is not. To be called whenever these
   may have changed. */
void pop3_ext_client_watch_update(struct pop3_ext_client *eclient);

/* Between the opening of the mailbox by the host and the first command: makes
   the maildrop what the session shall see. To be called once, when it has not
   begun. Returns -1 if that is not possible; then the client has been told, and
   is gone. */
int pop3_ext_client_begin(struct pop3_ext_client *eclient);

#endif
