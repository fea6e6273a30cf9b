/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Changes of flags.

   All of them are written as "add these" and "remove those", also to replace
   flags: what another session changes meanwhile and is none of this command's
   flags (\Deleted, keywords that POP4 can't name) stays as it is. */

#include "lib.h"
#include "array.h"
#include "mail-storage-private.h"

#include "host-marks.h"
#include "pop3-ext-client.h"
#include "pop4.h"
#include "pop4-flags.h"
#include "pop4-flag-change.h"
#include "pop4-message.h"

struct flag_change {
	enum mail_flags add, remove;
	const char *const *add_names, *const *remove_names;
	struct mail_keywords *add_keywords, *remove_keywords;
};

/* Keywords that the folder has, POP4 can name, and are listed (or not). */
static const char *const *
folder_keywords(const struct mailbox_status *status,
		const char *const *names, bool listed)
{
	ARRAY_TYPE(const_string) keywords;
	const char *const *namep;

	t_array_init(&keywords, 8);
	array_foreach(status->keywords, namep) {
		if (str_array_icase_find(names, *namep) == listed &&
		    pop4_flags_have_keyword(*namep))
			array_push_back(&keywords, namep);
	}
	array_append_zero(&keywords);
	return array_front(&keywords);
}

static void flag_change_init(struct flag_change *change, enum modify_type type,
			     const struct pop4_flags *flags,
			     const struct mailbox_status *status)
{
	static const char *const none[] = { NULL };

	i_zero(change);
	change->add_names = change->remove_names = none;
	if (type == MODIFY_REMOVE) {
		change->remove = flags->flags;
		change->remove_names =
			folder_keywords(status, flags->keywords, TRUE);
		return;
	}
	change->add = flags->flags;
	change->add_names = flags->keywords;
	if (type == MODIFY_REPLACE) {
		change->remove = POP4_SYSTEM_FLAGS & ENUM_NEGATE(flags->flags);
		change->remove_names =
			folder_keywords(status, flags->keywords, FALSE);
	}
}

static enum pop3_ext_result
flag_change_check(struct pop3_ext_command_context *cmd,
		  const struct flag_change *change,
		  const struct mailbox_status *status)
{
	enum mail_flags flags = change->add | change->remove;
	bool keywords = *change->add_names != NULL ||
		*change->remove_names != NULL;

	if (mailbox_is_readonly(cmd->client->mailbox)) {
		return pop4_reply_failed(cmd, NULL, POP4_NOT_PERMITTED,
					 "the folder is read-only");
	}
	if ((flags & ENUM_NEGATE(status->permanent_flags)) != 0 ||
	    (keywords && !status->permanent_keywords)) {
		return pop4_reply_failed(cmd, NULL, POP4_NOT_PERMITTED,
			"not all of these flags may be changed here");
	}
	return POP3_EXT_OK;
}

static enum pop3_ext_result
flag_change_create_keywords(struct pop3_ext_command_context *cmd,
			    struct flag_change *change)
{
	struct mailbox *box = cmd->client->mailbox;

	if ((*change->add_names != NULL &&
	     mailbox_keywords_create(box, change->add_names,
				     &change->add_keywords) < 0) ||
	    (*change->remove_names != NULL &&
	     mailbox_keywords_create(box, change->remove_names,
				     &change->remove_keywords) < 0)) {
		return pop4_reply_failed(cmd, NULL, POP4_BAD_FLAG,
					 mailbox_get_last_error(box, NULL));
	}
	return POP3_EXT_OK;
}

static void flag_change_deinit(struct flag_change *change)
{
	if (change->add_keywords != NULL)
		mailbox_keywords_unref(&change->add_keywords);
	if (change->remove_keywords != NULL)
		mailbox_keywords_unref(&change->remove_keywords);
}

/* RETR has noted that the message is to become \Seen at the session's end. */
static void forget_retr(struct client *client, uint32_t msgnum)
{
	if (!host_client_is_retrieved(client, msgnum))
		return;
	client->seen_bitmask[msgnum / CHAR_BIT] &=
		~(1 << (msgnum % CHAR_BIT));
	client->seen_change_count--;
}

static void flag_change_message(struct pop4_messages *messages,
				const struct flag_change *change)
{
	struct mail *mail = messages->mail;

	if (change->add != 0)
		mail_update_flags(mail, MODIFY_ADD, change->add);
	if (change->remove != 0)
		mail_update_flags(mail, MODIFY_REMOVE, change->remove);
	if (change->add_keywords != NULL)
		mail_update_keywords(mail, MODIFY_ADD, change->add_keywords);
	if (change->remove_keywords != NULL) {
		mail_update_keywords(mail, MODIFY_REMOVE,
				     change->remove_keywords);
	}
	if ((change->remove & MAIL_SEEN) != 0)
		forget_retr(messages->client, messages->msg - 1);
}

static enum pop3_ext_result
flag_change_messages(struct pop3_ext_command_context *cmd,
		     struct pop4_messages *messages,
		     const struct flag_change *change)
{
	struct client *client = cmd->client;
	unsigned int count = 0;

	while (pop4_messages_next(messages)) {
		flag_change_message(messages, change);
		count++;
	}
	if (pop4_messages_commit(messages) < 0 ||
	    pop4_mailbox_sync(client) < 0)
		return pop4_reply_box_error(cmd, client->mailbox);
	return pop3_ext_reply_ok(cmd, t_strdup_printf("%u messages", count));
}

enum pop3_ext_result
pop4_flag_change(struct pop3_ext_command_context *cmd, enum modify_type type)
{
	const char *const set[] = { cmd->args[0], NULL };
	struct mailbox_status status;
	struct pop4_messages messages;
	struct pop4_flags flags;
	struct flag_change change;
	enum pop3_ext_result result;
	const char *error;

	if (pop4_flags_parse(cmd->pool, cmd->args[1], &flags, &error) < 0)
		return pop3_ext_reply_err(cmd, POP3_EXT_BAD, NULL, error);
	result = pop4_messages_init(&messages, cmd, set, 0);
	if (result != POP3_EXT_OK)
		return result;

	mailbox_get_open_status(cmd->client->mailbox, STATUS_KEYWORDS |
				STATUS_PERMANENT_FLAGS, &status);
	flag_change_init(&change, type, &flags, &status);
	result = flag_change_check(cmd, &change, &status);
	if (result == POP3_EXT_OK)
		result = flag_change_create_keywords(cmd, &change);
	if (result == POP3_EXT_OK)
		result = flag_change_messages(cmd, &messages, &change);
	pop4_messages_rollback(&messages);
	flag_change_deinit(&change);
	return result;
}
