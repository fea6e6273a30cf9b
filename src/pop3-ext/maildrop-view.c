/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Views of a maildrop.

   The host reads a mailbox into a few fields of struct client: how many messages
   there are, their sizes, and which message of the storage each number means.
   All its commands work from these. A view takes messages out of them, between
   the opening of the mailbox and the first command, and leaves the fields as the
   host would have filled them for a mailbox that holds just the view's messages.
   Nothing in the storage changes, so each message keeps its UIDL.

   doc/DESIGN.md says what else was looked at, and how several folders fit in;
   doc/PORTING.md names the fields. */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "imap-util.h"
#include "istream.h"
#include "ostream.h"
#include "str.h"
#include "mail-storage.h"
#include "mail-user.h"

#include "dovecot-compat.h"
#include "envelope-address.h"
#include "host-command.h"
#include "maildrop.h"
#include "maildrop-envelope.h"
#include "maildrop-view.h"
#include "pop3-ext-client.h"
#include "pop3-ext-limits.h"
#include "pop3-ext-settings.h"
#include "pop4-uidl.h"

struct view_reader {
	struct client *client;
	const char *account;
	unsigned int days;

	struct mail *mail;
	pool_t pool;
	const char *const *headers;
	struct mailbox_header_lookup_ctx *fields;
	time_t oldest;

	/* the host's msgnums of the messages that are shown */
	ARRAY(unsigned int) msgnums;
	uint32_t last_seen;

	/* messages of which can't be known whether to show them, and why the
	   first of them */
	ARRAY_TYPE(seq_range) unreadable;
	unsigned int unreadable_count, readable_count;
	char *reason;
};

uint32_t maildrop_msgnum_to_seq(const struct client *client,
				unsigned int msgnum)
{
	return msgnum < client->msgnum_to_seq_map_count ?
		client->msgnum_to_seq_map[msgnum] : msgnum + 1;
}

static int mail_is_new_enough(struct view_reader *reader)
{
	time_t date;

	if (mail_get_save_date(reader->mail, &date) < 0)
		return -1;
	return date >= reader->oldest ? 1 : 0;
}

static int mail_is_for_account(struct view_reader *reader)
{
	struct smtp_address *address;
	int ret;

	p_clear(reader->pool);
	ret = maildrop_envelope_read(reader->mail, reader->fields,
				     reader->headers, reader->pool,
				     "localhost", &address);
	if (ret <= 0)
		return ret;
	return envelope_address_is_of(address, reader->account) ? 1 : 0;
}

/* Returns 1 if the message is shown, 0 if not, -1 if that can't be known. */
static int mail_is_shown(struct view_reader *reader)
{
	int ret = 1;

	if (reader->days > 0)
		ret = mail_is_new_enough(reader);
	if (ret > 0 && reader->account[0] != '\0')
		ret = mail_is_for_account(reader);
	if (ret < 0 && reader->mail->expunged) {
		/* gone since the host has looked */
		return 0;
	}
	return ret;
}

/* Is it about more than a message? Storages say of anything in a message's file
   that it is an internal error. */
static bool error_is_of_mailbox(struct mailbox *box, enum mail_error error)
{
	if (mailbox_is_inconsistent(box))
		return TRUE;
	switch (error) {
	case MAIL_ERROR_TEMP:
	case MAIL_ERROR_PERM:
	case MAIL_ERROR_NOTFOUND:
	case MAIL_ERROR_EXPUNGED:
	case MAIL_ERROR_INVALIDDATA:
		return FALSE;
	default:
		return TRUE;
	}
}

/* The message is not shown, as it may be somebody else's. */
static int view_leave_out(struct view_reader *reader)
{
	struct mailbox *box = reader->client->mailbox;
	enum mail_error error;
	const char *reason = mailbox_get_last_internal_error(box, &error);

	if (reader->reason == NULL)
		reader->reason = i_strdup(reason);
	seq_range_array_add(&reader->unreadable, reader->mail->uid);
	reader->unreadable_count++;
	return error_is_of_mailbox(box, error) ||
		reader->unreadable_count > POP3_EXT_MAX_VIEW_UNREADABLE ? -1 : 0;
}

static int view_read_message(struct view_reader *reader, unsigned int msgnum)
{
	int ret;

	mail_set_seq(reader->mail,
		     maildrop_msgnum_to_seq(reader->client, msgnum));
	ret = mail_is_shown(reader);
	if (ret < 0)
		return view_leave_out(reader);
	reader->readable_count++;
	if (ret == 0)
		return 0;
	array_push_back(&reader->msgnums, &msgnum);
	if ((mail_get_flags(reader->mail) & MAIL_SEEN) != 0)
		reader->last_seen = array_count(&reader->msgnums);
	return 0;
}

/* Returns -1 when it is the storage that fails, not some of its messages. */
static int view_read(struct view_reader *reader)
{
	unsigned int msgnum;
	int ret = 0;

	for (msgnum = 0; ret == 0 &&
	     msgnum < reader->client->messages_count; msgnum++) T_BEGIN {
		ret = view_read_message(reader, msgnum);
	} T_END;
	if (reader->unreadable_count > 1 && reader->readable_count == 0)
		ret = -1;
	return ret;
}

static const char *view_unreadable_text(const struct view_reader *reader)
{
	string_t *str = t_str_new(128);

	imap_write_seq_range(str, &reader->unreadable);
	return t_strdup_printf("UID %s: %s", str_c(str), reader->reason);
}

static void view_log_unreadable(struct view_reader *reader,
				struct pop3_ext_client *eclient)
{
	if (reader->unreadable_count == 0 || eclient->view_unreadable_logged)
		return;
	eclient->view_unreadable_logged = TRUE;
	e_error(host_client_event(eclient->client),
		"pop3_ext: %s: Left out of the view, because they can't be read: "
		"%s. Repair or remove these messages",
		mailbox_get_vname(eclient->client->mailbox),
		view_unreadable_text(reader));
}

static void view_reader_init(struct view_reader *reader,
			     struct pop3_ext_client *eclient)
{
	struct client *client = eclient->client;
	enum mail_fetch_field fields = MAIL_FETCH_FLAGS;

	i_zero(reader);
	reader->client = client;
	reader->account = eclient->set->pop3_ext_view_account;
	reader->days = eclient->set->pop3_ext_view_days;
	i_array_init(&reader->msgnums, 64);
	i_array_init(&reader->unreadable, 4);
	reader->pool = pool_alloconly_create("maildrop view", 1024);

	if (reader->days > 0) {
		fields |= MAIL_FETCH_SAVE_DATE;
		reader->oldest = ioloop_time -
			(time_t)reader->days * 24 * 60 * 60;
	}
	if (reader->account[0] != '\0') {
		reader->headers = maildrop_envelope_recipient_headers(eclient);
		reader->fields = mailbox_header_lookup_init(client->mailbox,
							    reader->headers);
	}
	/* what is asked for here is what the host puts into its cache */
	reader->mail = mail_alloc(client->trans, fields, reader->fields);
}

static void view_reader_deinit(struct view_reader *reader)
{
	mail_free(&reader->mail);
	mailbox_header_lookup_unref(&reader->fields);
	array_free(&reader->msgnums);
	array_free(&reader->unreadable);
	i_free(reader->reason);
	pool_unref(&reader->pool);
}

/* With pop3_uidl_duplicates=rename a UIDL depends on those of the messages
   before it. So that it is the one of the whole maildrop the host has to make
   its list now; it does so for any UIDL. */
static int view_keep_uidls(struct client *client)
{
	struct ostream *output = client->output;
	string_t *str;

	if (strcmp(client->set->pop3_uidl_duplicates, "rename") != 0 ||
	    client->messages_count == 0 || pop3_ext_uidls_are_ours(client))
		return 0;

	str = t_str_new(128);
	client->output = o_stream_create_buffer(str);
	o_stream_set_no_error_handling(client->output, TRUE);
	(void)host_command_execute(client, "UIDL", "1",
		i_stream_get_absolute_offset(client->input));
	o_stream_unref(&client->output);
	client->output = output;
	return client->message_uidls != NULL ? 0 : -1;
}

static void
client_shown_only(struct client *client, const unsigned int *msgnums,
		  unsigned int count, uint32_t last_seen)
{
	uint32_t *seqs = count == 0 ? NULL : i_new(uint32_t, count);
	unsigned int i, msgnum;

	array_clear(&client->all_seqs);
	client->highest_seq = 0;
	client->total_size = 0;
	for (i = 0; i < count; i++) {
		msgnum = msgnums[i];
		seqs[i] = maildrop_msgnum_to_seq(client, msgnum);
		seq_range_array_add(&client->all_seqs, seqs[i]);
		client->highest_seq = I_MAX(client->highest_seq, seqs[i]);

		client->message_sizes[i] = client->message_sizes[msgnum];
		client->total_size += client->message_sizes[i];
		if (client->message_uidls != NULL) {
			client->message_uidls[i] =
				client->message_uidls[msgnum];
		}
	}
	i_free(client->msgnum_to_seq_map);
	client->msgnum_to_seq_map = seqs;
	client->msgnum_to_seq_map_count = count;
	client->messages_count = count;
	client->last_seen_pop3_msn = last_seen;
	if (count == 0)
		i_free(client->seen_bitmask);
}

static bool view_is_narrow(const struct pop3_ext_settings *set)
{
	return set->pop3_ext_view_account[0] != '\0' ||
		set->pop3_ext_view_days > 0;
}

static bool view_is_folder(const struct pop3_ext_settings *set)
{
	return set->pop3_ext_view_folder[0] != '\0';
}

bool maildrop_view_is_part(const struct pop3_ext_client *eclient)
{
	return view_is_narrow(eclient->set) || view_is_folder(eclient->set);
}

bool maildrop_view_hides_folder(const struct pop3_ext_client *eclient,
				struct mail_namespace *ns, const char *vname)
{
	struct mailbox *box;
	bool hidden;

	if (!view_is_folder(eclient->set))
		return FALSE;
	/* such a session never selects another one */
	box = mailbox_alloc(ns->list, vname, 0);
	hidden = !maildrop_is_selected(eclient->client, box);
	mailbox_free(&box);
	return hidden;
}

unsigned int maildrop_view_unseen(const struct client *client)
{
	struct mail *mail;
	unsigned int i, count = 0;

	mail = mail_alloc(client->trans, MAIL_FETCH_FLAGS, NULL);
	for (i = 0; i < client->messages_count; i++) {
		mail_set_seq(mail, maildrop_msgnum_to_seq(client, i));
		if ((mail_get_flags(mail) & MAIL_SEEN) == 0)
			count++;
	}
	mail_free(&mail);
	return count;
}

int maildrop_view_apply(struct pop3_ext_client *eclient, const char **error_r)
{
	struct client *client = eclient->client;
	struct view_reader reader;
	const unsigned int *msgnums;
	unsigned int count;
	int ret;

	if (!view_is_narrow(eclient->set))
		return 0;

	view_reader_init(&reader, eclient);
	ret = view_read(&reader);
	if (ret < 0) {
		*error_r = t_strdup_printf(
			"Couldn't read %u messages: %s",
			reader.unreadable_count,
			view_unreadable_text(&reader));
	} else if ((ret = view_keep_uidls(client)) < 0) {
		*error_r = "Couldn't read the UIDLs";
	} else {
		msgnums = array_get(&reader.msgnums, &count);
		client_shown_only(client, msgnums, count, reader.last_seen);
		view_log_unreadable(&reader, eclient);
	}
	view_reader_deinit(&reader);
	return ret;
}

bool maildrop_view_is_wanted(struct mail_user *user)
{
	const struct pop3_ext_settings *set = pop3_ext_settings_get(user, NULL);
	pool_t set_pool = set->pool;
	bool wanted;

	wanted = view_is_narrow(set) || view_is_folder(set) ||
		(set->wrong & POP3_EXT_FEATURE_VIEW) != 0;
	pool_unref(&set_pool);
	return wanted;
}

int maildrop_view_login_check(struct client *client, const char **reply_r)
{
	struct pop3_ext_client *eclient =
		POP3_EXT_CLIENT_CONTEXT_REQUIRE(client);
	const struct pop3_ext_settings *set = eclient->set;
	enum pop3_ext_feature needed = POP3_EXT_FEATURE_VIEW;

	if (set->pop3_ext_view_account[0] != '\0')
		needed |= POP3_EXT_FEATURE_VIEW_ACCOUNT;
	if ((set->wrong & needed) == 0)
		return 0;
	*reply_r = "[SYS/PERM] The server is not configured correctly.";
	return -1;
}
