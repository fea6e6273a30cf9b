#ifndef POP3_EXT_COMMANDS_H
#define POP3_EXT_COMMANDS_H

#include "pop3-ext-settings.h"

struct event;
struct client;
struct pop3_ext_client;
struct pop3_ext_command_context;

/* What a handler returns. The loop judges by it as by the host's own results:
   only POP3_EXT_BAD counts towards "Too many bad commands". */
enum pop3_ext_result {
	/* answered -ERR: the client's mistake */
	POP3_EXT_BAD = -1,
	/* answered -ERR: not the client's mistake (storage, relay, policy) */
	POP3_EXT_FAILED = 0,
	/* answered +OK */
	POP3_EXT_OK = 1,
	/* not finished: more() is called when there is room for output, or
	   after pop3_ext_command_wait() at pop3_ext_command_resume() */
	POP3_EXT_MORE = 2,
};

/* One command, const: the whole of what the rest of the plugin knows of it. */
struct pop3_ext_command {
	/* upper case, at least three octets; with its second word for the
	   sub-commands of XTND */
	const char *name;
	/* arguments as the man page writes them; how many words they are */
	const char *args;
	unsigned int min_args, max_args;
	/* CAPA: the tag, and this command's word after it (or NULL). Rows with
	   equal tags share a line. No tag: not announced. */
	const char *capability, *capability_arg;
	/* Offset of its bool in struct pop3_ext_settings; 0: always on */
	size_t setting_offset;
	/* The setting is a list of words instead, and this is the one that
	   switches the command on. It is the host's unknown command when off. */
	const char *setting_word;
	/* Refused when one of their settings is wrong (pop3-ext-settings.h) */
	enum pop3_ext_feature features;
	/* The arguments are words of POP4 (pop4-args.h). */
	bool pop4_args;

	/* Refuses, with a reply, what can be known before anything is done:
	   POP3_EXT_OK to go on. May be NULL. */
	enum pop3_ext_result (*check)(struct pop3_ext_command_context *cmd);
	/* NULL: it is a command of the host's, which check() may refuse. */
	enum pop3_ext_result (*run)(struct pop3_ext_command_context *cmd);
};

/* One run of a command. Everything here lives until the command has finished,
   or has been aborted because the session ends. */
struct pop3_ext_command_context {
	const struct pop3_ext_command *command;
	struct client *client;
	struct pop3_ext_client *eclient;
	const struct pop3_ext_settings *set;
	pool_t pool;
	struct event *event;

	/* NULL-terminated words */
	const char *const *args;

	/* the command's own; more and abort are set by run() before it returns
	   POP3_EXT_MORE. abort() frees; it can't reply any more. */
	void *context;
	enum pop3_ext_result (*more)(struct pop3_ext_command_context *cmd);
	void (*abort)(struct pop3_ext_command_context *cmd);

	uoff_t bytes_in, bytes_out;
	/* what the reply is to wait for is not room for output */
	bool waiting:1;
	/* when the connection is gone: not to be aborted at once */
	bool lingering:1;
};

/* For modules that load after this one: adds commands to the table, which must
   stay valid until they are removed. */
void pop3_ext_commands_register(const struct pop3_ext_command *const *commands,
				unsigned int count);
void pop3_ext_commands_unregister(const struct pop3_ext_command *const *commands,
				  unsigned int count);

/* All commands, for CAPA and for the tests. */
const struct pop3_ext_command *const *
pop3_ext_commands_get(unsigned int *count_r);
bool pop3_ext_command_is_on(const struct pop3_ext_command *command,
			    const struct pop3_ext_settings *set);

/* Runs the line if it is one of ours; FALSE if it is the host's. name is one
   word, args what follows the first blank. */
bool pop3_ext_command_execute(struct pop3_ext_client *eclient,
			      const char *name, const char *args,
			      uoff_t line_offset, int *result_r);

/* From a handler that returns POP3_EXT_MORE: more() is not called before
   pop3_ext_command_resume(). That calls it, and may end the command and the
   session: it has to be the very last thing that a callback of the ioloop does,
   and is not for the callbacks of libraries that use their context after it. */
void pop3_ext_command_wait(struct pop3_ext_command_context *cmd);
void pop3_ext_command_resume(struct pop3_ext_command_context *cmd);

/* One-line replies. The text may hold anything; it is made safe and short
   enough for a reply line (512 octets). code is a response code such as
   "SYS/TEMP", or NULL. */
enum pop3_ext_result
pop3_ext_reply_ok(struct pop3_ext_command_context *cmd, const char *text);
enum pop3_ext_result
pop3_ext_reply_err(struct pop3_ext_command_context *cmd,
		   enum pop3_ext_result result, const char *code,
		   const char *text);

/* For the session */
bool pop3_ext_command_is_waiting(struct pop3_ext_client *eclient);
bool pop3_ext_command_is_lingering(struct pop3_ext_client *eclient);
void pop3_ext_command_abort(struct pop3_ext_client *eclient);

#endif
