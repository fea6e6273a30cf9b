/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* CAPA - the host's capabilities and ours (RFC 2449)

     CAPA CRLF

   C: CAPA
   S: +OK Capability list follows
   S: CAPA
   S: TOP
   S: ...
   S: IMPLEMENTATION example.net mail
   S: X-XTND XMIT
   S: .

   The host's answer is taken from the host, so that it is complete in every
   version; our lines are put before the final dot. */

#include "lib.h"
#include "str.h"
#include "ostream.h"

#include "dovecot-compat.h"
#include "host-command.h"
#include "pop3-ext-client.h"
#include "pop3-ext-commands.h"
#include "pop3-ext-settings.h"
#include "cmd.h"

#define CAPA_END ".\r\n"
/* RFC 1957: some clients need text after the status, which the host lacks. */
#define CAPA_HOST_START "+OK\r\n"
#define CAPA_TEXT " Capability list follows"

static int cmd_capa_host(struct client *client, uoff_t offset, string_t *str)
{
	struct ostream *output = client->output;
	int ret;

	client->output = o_stream_create_buffer(str);
	o_stream_set_no_error_handling(client->output, TRUE);
	ret = host_command_execute(client, "CAPA", "", offset);
	o_stream_unref(&client->output);
	client->output = output;
	return ret;
}

static void
cmd_capa_append_args(string_t *str, const char *tag,
		     const struct pop3_ext_settings *set)
{
	const struct pop3_ext_command *const *commands;
	unsigned int i, count;

	commands = pop3_ext_commands_get(&count);
	for (i = 0; i < count; i++) {
		if (null_strcmp(commands[i]->capability, tag) == 0 &&
		    commands[i]->capability_arg != NULL &&
		    pop3_ext_command_is_on(commands[i], set))
			str_printfa(str, " %s", commands[i]->capability_arg);
	}
}

static bool cmd_capa_is_announced(string_t *str, const char *tag)
{
	return strstr(str_c(str), t_strdup_printf("\r\n%s", tag)) != NULL;
}

static void cmd_capa_append(string_t *str, const struct pop3_ext_settings *set)
{
	const struct pop3_ext_command *const *commands;
	unsigned int i, count;
	const char *tag;

	if (set->pop3_ext_implementation[0] != '\0')
		str_printfa(str, "IMPLEMENTATION %s\r\n",
			    set->pop3_ext_implementation);
	commands = pop3_ext_commands_get(&count);
	for (i = 0; i < count; i++) {
		tag = commands[i]->capability;
		if (tag == NULL || cmd_capa_is_announced(str, tag) ||
		    !pop3_ext_command_is_on(commands[i], set))
			continue;
		str_append(str, tag);
		cmd_capa_append_args(str, tag, set);
		str_append(str, "\r\n");
	}
}

static enum pop3_ext_result cmd_capa_run(struct pop3_ext_command_context *cmd)
{
	struct client *client = cmd->client;
	string_t *str = t_str_new(256);
	int ret;

	ret = cmd_capa_host(client, cmd->bytes_in, str);
	if (str_len(str) > strlen(CAPA_END) &&
	    strcmp(str_c(str) + str_len(str) - strlen(CAPA_END),
		   CAPA_END) == 0) {
		str_truncate(str, str_len(str) - strlen(CAPA_END));
		if (str_begins_with(str_c(str), CAPA_HOST_START))
			str_insert(str, strlen("+OK"), CAPA_TEXT);
		cmd_capa_append(str, cmd->set);
		str_append(str, CAPA_END);
	}
	/* client_send_line() ends the line */
	str_truncate(str, str_len(str) - 2);
	client_send_line(client, "%s", str_c(str));
	return ret;
}

const struct pop3_ext_command cmd_capa = {
	.name = "CAPA",
	.args = "",
	/* the host takes and ignores any */
	.max_args = UINT_MAX,
	.run = cmd_capa_run,
};
