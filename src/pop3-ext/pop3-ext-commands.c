/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The table of our commands, and what happens to each of them between the line
   and its reply: look-up, switch, number of arguments, event, check, run,
   waiting, end. */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "istream.h"
#include "ostream.h"
#include "str-sanitize.h"

#include "host-command.h"
#include "pop3-args.h"
#include "pop3-ext-client.h"
#include "pop3-ext-commands.h"
#include "pop3-ext-input.h"
#include "pop3-ext-limits.h"
#include "pop3-ext-settings.h"
#include "pop4-args.h"
#include "pop4-errors.h"
#include "reply-text.h"
#include "cmd.h"

/* as the host's own events */
#define EVENT_MAX_LEN 512

static const struct pop3_ext_command *const builtin_commands[] = {
	&cmd_capa,
	&cmd_cfld,
	&cmd_cflg,
	&cmd_copy,
	&cmd_dele,
	&cmd_dfld,
	&cmd_env,
	&cmd_lfld,
	&cmd_lflg,
	&cmd_lmsg,
	&cmd_lprt,
	&cmd_move,
	&cmd_movf,
	&cmd_quit,
	&cmd_renf,
	&cmd_rflg,
	&cmd_rprt,
	&cmd_sfld,
	&cmd_sflg,
	&cmd_stor,
	&cmd_xtnd_xmit,
};

static ARRAY(const struct pop3_ext_command *) all_commands = ARRAY_INIT;
/* The command_bit() of all rows, 0: not known yet */
static uint64_t command_bits;

const struct pop3_ext_command *const *
pop3_ext_commands_get(unsigned int *count_r)
{
	if (!array_is_created(&all_commands)) {
		*count_r = N_ELEMENTS(builtin_commands);
		return builtin_commands;
	}
	return array_get(&all_commands, count_r);
}

void pop3_ext_commands_register(const struct pop3_ext_command *const *commands,
				unsigned int count)
{
	if (!array_is_created(&all_commands)) {
		i_array_init(&all_commands, 32);
		array_append(&all_commands, builtin_commands,
			     N_ELEMENTS(builtin_commands));
	}
	array_append(&all_commands, commands, count);
	command_bits = 0;
}

void pop3_ext_commands_unregister(const struct pop3_ext_command *const *commands,
				  unsigned int count)
{
	const struct pop3_ext_command *const *commandp;

	array_foreach(&all_commands, commandp) {
		if (*commandp == commands[0]) {
			array_delete(&all_commands,
				     array_foreach_idx(&all_commands, commandp),
				     count);
			break;
		}
	}
	if (array_count(&all_commands) == N_ELEMENTS(builtin_commands))
		array_free(&all_commands);
	command_bits = 0;
}

/* One of 64 bits for the first three octets of a name, in either case. The
   factors are such that no command of the host's has the bit of one of ours. */
static inline uint64_t command_bit(const char *name)
{
	unsigned int sum = (name[0] & 31) * 8 + (name[1] & 31) * 5 +
		(name[2] & 31) * 4;

	return UINT64_C(1) << (sum % 64);
}

static void command_bits_init(void)
{
	const struct pop3_ext_command *const *commands;
	unsigned int i, count;

	commands = pop3_ext_commands_get(&count);
	for (i = 0; i < count; i++)
		command_bits |= command_bit(commands[i]->name);
}

/* FALSE for nearly every line that is the host's, so that it costs next to
   nothing; TRUE does not say yet that there is such a row. */
static bool command_may_be_ours(const char *name)
{
	if (name[0] == '\0' || name[1] == '\0')
		return FALSE;
	if (command_bits == 0)
		command_bits_init();
	return (command_bits & command_bit(name)) != 0;
}

static bool
command_is_switched_on(const struct pop3_ext_command *command,
		       const struct pop3_ext_settings *set)
{
	const void *setting = CONST_PTR_OFFSET(set, command->setting_offset);
	bool on;

	if (command->setting_offset == 0)
		return TRUE;
	if (command->setting_word == NULL)
		return *(const bool *)setting;
	T_BEGIN {
		on = str_array_find(t_strsplit_spaces(
			*(const char *const *)setting, POP3_EXT_WORD_SEPARATORS),
			command->setting_word);
	} T_END;
	return on;
}

bool pop3_ext_command_is_on(const struct pop3_ext_command *command,
			    const struct pop3_ext_settings *set)
{
	return (command->features & set->wrong) == 0 &&
		command_is_switched_on(command, set);
}

/* Is this line for the host, although there is a row for it? */
static bool command_is_hidden(const struct pop3_ext_command *command,
			      const struct pop3_ext_settings *set)
{
	return command->setting_word != NULL &&
		!command_is_switched_on(command, set);
}

/* Not one that a wrong setting refuses, which was logged at the login, nor one of
   the host's, which is there all the same. */
static bool command_is_off(const struct pop3_ext_command *command,
			   const struct pop3_ext_settings *set)
{
	return command->run != NULL && (command->features & set->wrong) == 0 &&
		!command_is_switched_on(command, set);
}

static const char *command_setting_name(const struct pop3_ext_command *command)
{
	const struct setting_define *def = pop3_ext_setting_parser_info.defines;

	while (def->offset != command->setting_offset)
		def++;
	return def->key;
}

/* Says why a command is refused, once a session for each setting: some clients
   try for each message. */
static void
command_log_off(struct pop3_ext_client *eclient,
		const struct pop3_ext_command *command)
{
	struct event *event = host_client_event(eclient->client);
	const char *name = command_setting_name(command);

	if (!array_is_created(&eclient->off_logged))
		p_array_init(&eclient->off_logged, eclient->client->pool, 4);
	else if (array_lsearch(&eclient->off_logged, &name,
			       i_strcmp_p) != NULL)
		return;
	array_push_back(&eclient->off_logged, &name);
	if (command->setting_word == NULL) {
		e_info(event, "%s: refused: Switched off for this user (%s)",
		       command->name, name);
	} else {
		e_info(event, "%s: refused: Switched off for this user "
		       "(%s does not name %s)",
		       command->name, name, command->setting_word);
	}
}

/* Finds the row for the line. *args is moved behind the second word of a
   two-word name. *group_r is TRUE when some row begins with this word. */
static const struct pop3_ext_command *
command_find(const char *name, const char **args, bool *group_r)
{
	const struct pop3_ext_command *const *commands;
	const char *its_name, *rest, *second = NULL;
	size_t name_len = strlen(name);
	unsigned int i, count;

	*group_r = FALSE;
	commands = pop3_ext_commands_get(&count);
	for (i = 0; i < count; i++) {
		its_name = commands[i]->name;
		if (strncasecmp(its_name, name, name_len) != 0)
			continue;
		if (its_name[name_len] == '\0')
			return commands[i];
		if (its_name[name_len] != ' ')
			continue;
		*group_r = TRUE;
		/* only now: the host's commands pass here, too */
		if (second == NULL) {
			rest = *args;
			second = pop3_args_next(&rest);
		}
		if (strcasecmp(its_name + name_len + 1, second) == 0) {
			*args = rest;
			return commands[i];
		}
	}
	return NULL;
}

static enum pop3_ext_result
reply_send(struct pop3_ext_command_context *cmd, enum pop3_ext_result result,
	   const char *status, const char *code, const char *text)
{
	client_send_line(cmd->client, "%s", reply_text(status, code, text));
	return result;
}

enum pop3_ext_result
pop3_ext_reply_ok(struct pop3_ext_command_context *cmd, const char *text)
{
	return reply_send(cmd, POP3_EXT_OK, "+OK", NULL, text);
}

enum pop3_ext_result
pop3_ext_reply_err(struct pop3_ext_command_context *cmd,
		   enum pop3_ext_result result, const char *code,
		   const char *text)
{
	return reply_send(cmd, result, "-ERR", code, text);
}

/* The octets that the line took tell of what its string does not show: NULs,
   and a blank at the end of a line without arguments. */
static bool line_is_whole(struct pop3_ext_command_context *cmd,
			  const char *name, const char *args)
{
	uoff_t size = i_stream_get_absolute_offset(cmd->client->input) -
		cmd->bytes_in;
	size_t seen = strlen(name) + strlen("\r\n");

	if (*args != '\0')
		seen += strlen(" ") + strlen(args);
	return size <= seen;
}

static int
pop4_args_parse(struct pop3_ext_command_context *cmd, const char *name,
		const char *args, const char *const **words_r,
		const char **error_r)
{
	if (strlen(name) + strlen(args) + strlen(" \r\n") >
	    POP4_MAX_COMMAND_LINE) {
		*error_r = "line too long";
		return -1;
	}
	if (!line_is_whole(cmd, name, args)) {
		*error_r = "NUL, or a blank at the end";
		return -1;
	}
	return pop4_args_split(args, words_r, error_r);
}

static int
command_parse_args(struct pop3_ext_command_context *cmd, const char *name,
		   const char *args)
{
	const struct pop3_ext_command *command = cmd->command;
	const char *const *words, *error;
	unsigned int count;

	if (!command->pop4_args)
		words = pop3_args_split(args);
	else if (pop4_args_parse(cmd, name, args, &words, &error) < 0) {
		(void)pop3_ext_reply_err(cmd, POP3_EXT_BAD, NULL, t_strconcat(
			POP4_SYNTAX": ", error, NULL));
		return -1;
	}
	count = str_array_length(words);
	if (count < command->min_args || count > command->max_args) {
		(void)pop3_ext_reply_err(cmd, POP3_EXT_BAD, NULL,
			t_strdup_printf("%s: %s%s%s",
				command->pop4_args ? POP4_SYNTAX : "Usage",
				command->name,
				command->args[0] == '\0' ? "" : " ",
				command->args));
		return -1;
	}
	cmd->args = p_strarray_dup(cmd->pool, words);
	return 0;
}

static enum pop3_ext_result
command_run(struct pop3_ext_command_context *cmd, const char *name,
	    const char *args)
{
	const struct pop3_ext_command *command = cmd->command;
	enum pop3_ext_result result;

	if ((command->features & cmd->set->wrong) != 0) {
		return pop3_ext_reply_err(cmd, POP3_EXT_FAILED, "SYS/PERM",
			"The server is not configured correctly");
	}
	if (!pop3_ext_command_is_on(command, cmd->set)) {
		return pop3_ext_reply_err(cmd, POP3_EXT_FAILED, "SYS/PERM",
			t_strdup_printf("%s is switched off", command->name));
	}
	if (command_parse_args(cmd, name, args) < 0)
		return POP3_EXT_BAD;
	if (command->check != NULL) {
		result = command->check(cmd);
		if (result != POP3_EXT_OK || command->run == NULL)
			return result;
	}
	return command->run(cmd);
}

static struct pop3_ext_command_context *
command_create(struct pop3_ext_client *eclient,
	       const struct pop3_ext_command *command, const char *name,
	       const char *args, uoff_t line_offset)
{
	struct pop3_ext_command_context *cmd;
	pool_t pool;

	pool = pool_alloconly_create("pop3_ext command", 1024);
	cmd = p_new(pool, struct pop3_ext_command_context, 1);
	cmd->pool = pool;
	cmd->command = command;
	cmd->client = eclient->client;
	cmd->eclient = eclient;
	cmd->set = eclient->set;
	cmd->bytes_in = line_offset;
	cmd->bytes_out = eclient->client->output->offset;

	cmd->event = event_create(host_client_event(eclient->client));
	event_add_str(cmd->event, "cmd_name", command->name);
	event_add_str(cmd->event, "cmd_input_name",
		      str_sanitize(name, EVENT_MAX_LEN));
	event_add_str(cmd->event, "cmd_args",
		      str_sanitize(args, EVENT_MAX_LEN));
	return cmd;
}

static void command_free(struct pop3_ext_command_context *cmd)
{
	event_unref(&cmd->event);
	pool_unref(&cmd->pool);
}

static void
command_finished(struct pop3_ext_command_context *cmd, const char *reply_state)
{
	struct client *client = cmd->client;
	struct event_passthrough *e;

	e = event_create_passthrough(cmd->event)->
		set_name("pop3_ext_command_finished")->
		add_str("reply_state", reply_state)->
		add_int("net_in_bytes",
			i_stream_get_absolute_offset(client->input) -
			cmd->bytes_in)->
		add_int("net_out_bytes",
			client->output->offset - cmd->bytes_out);
	e_debug(e->event(), "Command finished: %s", cmd->command->name);
	command_free(cmd);
}

static void command_continue(struct client *client)
{
	struct pop3_ext_client *eclient =
		POP3_EXT_CLIENT_CONTEXT_REQUIRE(client);
	struct pop3_ext_command_context *cmd = eclient->cmd;
	enum pop3_ext_result result;

	T_BEGIN {
		result = cmd->more(cmd);
	} T_END;
	if (result == POP3_EXT_MORE)
		return;

	client->cmd = NULL;
	eclient->cmd = NULL;
	command_finished(cmd, result == POP3_EXT_OK ? "OK" : "ERR");
	pop3_ext_input_judge(client, result);
}

bool pop3_ext_command_execute(struct pop3_ext_client *eclient,
			      const char *name, const char *args,
			      uoff_t line_offset, int *result_r)
{
	const struct pop3_ext_command *command;
	struct pop3_ext_command_context *cmd;
	enum pop3_ext_result result;
	bool group;

	if (!command_may_be_ours(name))
		return FALSE;
	command = command_find(name, &args, &group);
	if (command == NULL && group) {
		client_send_line(eclient->client, "%s", reply_text(
			"-ERR", NULL, t_strdup_printf(
				"Unknown command: %s%s%s", name,
				args[0] == '\0' ? "" : " ", args)));
		*result_r = POP3_EXT_BAD;
		return TRUE;
	}
	if (command == NULL)
		return FALSE;
	if (command_is_off(command, eclient->set))
		command_log_off(eclient, command);
	if (command_is_hidden(command, eclient->set))
		return FALSE;

	cmd = command_create(eclient, command, name, args, line_offset);
	result = command_run(cmd, name, args);
	if (command->run == NULL && result == POP3_EXT_OK) {
		command_free(cmd);
		return FALSE;
	}
	if (result == POP3_EXT_MORE) {
		eclient->cmd = cmd;
		eclient->client->cmd = command_continue;
	} else {
		command_finished(cmd, result == POP3_EXT_OK ? "OK" : "ERR");
	}
	*result_r = result;
	return TRUE;
}

void pop3_ext_command_wait(struct pop3_ext_command_context *cmd)
{
	cmd->waiting = TRUE;
}

void pop3_ext_command_resume(struct pop3_ext_command_context *cmd)
{
	cmd->waiting = FALSE;
	pop3_ext_input_continue(cmd->client);
}

bool pop3_ext_command_is_waiting(struct pop3_ext_client *eclient)
{
	return eclient->cmd != NULL && eclient->cmd->waiting;
}

bool pop3_ext_command_is_lingering(struct pop3_ext_client *eclient)
{
	return eclient->cmd != NULL && eclient->cmd->lingering;
}

void pop3_ext_command_abort(struct pop3_ext_client *eclient)
{
	struct pop3_ext_command_context *cmd = eclient->cmd;

	if (cmd == NULL)
		return;
	eclient->cmd = NULL;
	eclient->client->cmd = NULL;
	cmd->abort(cmd);
	command_finished(cmd, "ABORTED");
}
