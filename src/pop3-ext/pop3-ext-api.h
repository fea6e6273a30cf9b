#ifndef POP3_EXT_API_H
#define POP3_EXT_API_H

/* For plugins that build on pop3_ext: all that they may call of its code, and
   through it of the pop3 process. A plugin that other processes load, too, has
   no other way, because there these functions do not exist: it asks dlsym()
   for the one symbol. The headers of the members say what they do. */

#include "pop3-ext-client.h"
#include "pop3-ext-commands.h"
#include "pop4-uidl.h"

struct pop3_ext_api {
	void (*commands_register)(const struct pop3_ext_command *const *commands,
				  unsigned int count);
	void (*commands_unregister)(
		const struct pop3_ext_command *const *commands,
		unsigned int count);
	void (*login_check_register)(pop3_ext_login_check_t *check);
	void (*login_check_unregister)(pop3_ext_login_check_t *check);
	/* Does this user have pop3_ext? */
	bool (*user_is_ours)(struct mail_user *user);
	/* The session of this client, the client of this user. NULL: pop3_ext
	   has no part in it. */
	struct pop3_ext_client *(*client_get)(struct client *client);
	struct client *(*client_find)(const struct mail_user *user);

	/* for commands */
	void (*command_wait)(struct pop3_ext_command_context *cmd);
	void (*command_resume)(struct pop3_ext_command_context *cmd);
	enum pop3_ext_result (*reply_ok)(struct pop3_ext_command_context *cmd,
					 const char *text);
	enum pop3_ext_result (*reply_err)(struct pop3_ext_command_context *cmd,
					  enum pop3_ext_result result,
					  const char *code, const char *text);

	/* UIDL */
	void (*uidls_register)(pop3_ext_uidls_func_t *func);
	int (*host_uidls_get)(struct client *client, const uint32_t *seqs,
			      unsigned int count, const char **uidls_r);

	/* the host's client_disconnect(), and those of host-command.h */
	void (*disconnect)(struct client *client, const char *reason);
	int (*host_command_execute)(struct client *client, const char *name,
				    const char *args, uoff_t line_offset);
	struct event *(*host_client_event)(struct client *client);
};

extern const struct pop3_ext_api pop3_ext_api;

#endif
