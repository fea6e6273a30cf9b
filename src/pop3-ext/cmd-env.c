/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* *ENV - the envelope of a message, Demon's SDPS (doc/spec/sdps.txt)

     *ENV SP n CRLF

   C: *ENV 1
   S: +OK Envelope follows
   S: 1
   S: xyz.example
   S: alice@example.org
   S: fred@xyz.example
   S: .

   The lines are the message's number, the host that it came for, the envelope's
   sender (empty for a report) and its recipient, without <>.

   Clients of the day read up to the dot also after an -ERR, so that they would
   wait for ever: any number is answered, one without a message by an envelope
   that points to the account. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "mail-storage.h"
#include "mail-user.h"
#include "smtp-address.h"

#include "host-command.h"
#include "maildrop-envelope.h"
#include "maildrop-view.h"
#include "pop3-ext-client.h"
#include "pop3-ext-commands.h"
#include "pop3-ext-settings.h"
#include "relay-address.h"
#include "reply-text.h"
#include "xmit-address.h"
#include "cmd.h"

struct env {
	const char *host, *sender, *recipient;
};

/* Returns FALSE if there is no such message, or not any more. */
static bool env_msgnum_get(struct client *client, const char *arg,
			   unsigned int *msgnum_r)
{
	unsigned int num;

	if (str_to_uint(arg, &num) < 0 || num == 0 ||
	    num > client->messages_count)
		return FALSE;
	*msgnum_r = num - 1;
	return client->deleted_bitmask == NULL ||
		(client->deleted_bitmask[*msgnum_r / CHAR_BIT] &
		 (1 << (*msgnum_r % CHAR_BIT))) == 0;
}

/* Whose maildrop it is: never empty, or fetchmail would write "To: <>". */
static void env_set_account(struct pop3_ext_command_context *cmd,
			    struct env *env)
{
	const struct pop3_ext_settings *set = cmd->set;
	const char *name = set->pop3_ext_view_account, *error;
	struct smtp_address *address;

	if (name[0] == '\0')
		name = cmd->client->user->username;
	env->host = maildrop_envelope_domain(cmd->eclient);
	env->sender = "";
	if (submission_address_parse(cmd->pool, name, env->host,
				     &address, &error) == 0)
		env->recipient = xmit_address_to_text(address);
	else {
		/* not a name that mail can be sent to */
		env->recipient = reply_text_sanitize(name, 64);
	}
}

static int env_read(struct pop3_ext_command_context *cmd, struct mail *mail,
		    struct mailbox_header_lookup_ctx *fields, struct env *env)
{
	struct smtp_address *address;
	int ret;

	ret = maildrop_envelope_read(mail, fields,
		maildrop_envelope_sender_headers(cmd->eclient),
		cmd->pool, env->host, &address);
	if (ret < 0)
		return -1;
	if (ret > 0)
		env->sender = xmit_address_to_text(address);

	ret = maildrop_envelope_read(mail, fields,
		maildrop_envelope_recipient_headers(cmd->eclient),
		cmd->pool, env->host, &address);
	if (ret < 0)
		return -1;
	if (ret > 0) {
		env->recipient = xmit_address_to_text(address);
		env->host = address->domain;
	}
	return 0;
}

static const char *const *env_headers(struct pop3_ext_client *eclient)
{
	ARRAY_TYPE(const_string) names;
	const char *const *name;

	t_array_init(&names, 16);
	name = maildrop_envelope_sender_headers(eclient);
	array_append(&names, name, str_array_length(name));
	name = maildrop_envelope_recipient_headers(eclient);
	array_append(&names, name, str_array_length(name) + 1);
	return array_front(&names);
}

static int env_read_message(struct pop3_ext_command_context *cmd,
			    unsigned int msgnum, struct env *env)
{
	struct client *client = cmd->client;
	struct mailbox_header_lookup_ctx *fields;
	struct mail *mail;
	int ret;

	fields = mailbox_header_lookup_init(client->mailbox,
					    env_headers(cmd->eclient));
	mail = mail_alloc(client->trans, 0, fields);

	mail_set_seq(mail, maildrop_msgnum_to_seq(client, msgnum));
	ret = env_read(cmd, mail, fields, env);
	if (ret < 0 && mail->expunged) {
		env_set_account(cmd, env);
		ret = 0;
	}
	mail_free(&mail);
	mailbox_header_lookup_unref(&fields);
	return ret;
}

static void str_append_line(string_t *str, const char *text)
{
	str_append(str, "\r\n");
	if (*text == '.')
		str_append_c(str, '.');
	str_append(str, text);
}

static enum pop3_ext_result cmd_env_check(struct pop3_ext_command_context *cmd)
{
	if (!str_is_numeric(cmd->args[0], '\0')) {
		return pop3_ext_reply_err(cmd, POP3_EXT_BAD, NULL,
			t_strdup_printf("Invalid message number: %s",
					cmd->args[0]));
	}
	return POP3_EXT_OK;
}

static enum pop3_ext_result cmd_env_run(struct pop3_ext_command_context *cmd)
{
	struct client *client = cmd->client;
	struct env env;
	unsigned int msgnum;
	string_t *str;

	env_set_account(cmd, &env);
	if (env_msgnum_get(client, cmd->args[0], &msgnum) &&
	    env_read_message(cmd, msgnum, &env) < 0) {
		/* Neither an -ERR nor a wrong envelope may be the answer. */
		e_error(cmd->event, "*ENV: %s",
			mailbox_get_last_internal_error(client->mailbox, NULL));
		client_disconnect(client, "Couldn't read an envelope");
		return POP3_EXT_FAILED;
	}

	str = t_str_new(256);
	str_append(str, "+OK Envelope follows");
	str_append_line(str, reply_text_sanitize(cmd->args[0], 20));
	str_append_line(str, env.host);
	str_append_line(str, env.sender);
	str_append_line(str, env.recipient);
	client_send_line(client, "%s\r\n.", str_c(str));
	return POP3_EXT_OK;
}

const struct pop3_ext_command cmd_env = {
	.name = "*ENV",
	.args = "n",
	.min_args = 1,
	.max_args = 1,
	.setting_offset = offsetof(struct pop3_ext_settings, pop3_ext_sdps),
	.features = POP3_EXT_FEATURE_ENV,
	.check = cmd_env_check,
	.run = cmd_env_run,
};
