/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The unique-ids that UIDL shows.

   The host has no function for them, and much has a say in them (the storage,
   plugins, headers, four settings). So it is the host's UIDL that is asked: for
   a moment the session's maildrop is one that has only the messages in
   question, and the answer goes to a buffer.

   Where only the mailbox (or a plugin) and a format of numbers have a say, as
   by default, we do without: UIDL takes more time than all else of LMSG. */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "ostream.h"
#include "str.h"
#include "mail-storage-private.h"
#include "pop3-common.h"

#include "host-command.h"
#include "host-marks.h"
#include "host-uidl.h"
#include "maildrop-view.h"
#include "pop4-uidl.h"

/* to begin with */
#define UIDL_REPLY_SIZE 4096

static pop3_ext_uidls_func_t *uidls_func;

/* What UIDL lists of a session. */
struct maildrop {
	struct mailbox *mailbox;
	struct mailbox_transaction_context *trans;
	uint32_t uid_validity;

	ARRAY_TYPE(seq_range) all_seqs;
	uint32_t highest_seq;
	uint32_t *msgnum_to_seq_map;
	uint32_t msgnum_to_seq_map_count;
	unsigned int messages_count;

	const char **message_uidls;
	pool_t uidl_pool;
	unsigned char *deleted_bitmask;
	bool have_marks, message_uidls_save;
};

void pop3_ext_uidls_register(pop3_ext_uidls_func_t *func)
{
	uidls_func = func;
}

bool pop3_ext_uidls_are_ours(struct client *client)
{
	return uidls_func != NULL && uidls_func(client, NULL, 0, NULL) > 0;
}

/* Does a UIDL depend on those of the messages before it? */
static bool uidls_are_renamed(const struct client *client)
{
	return strcmp(client->set->pop3_uidl_duplicates, "rename") == 0;
}

static void maildrop_get(const struct client *client, struct maildrop *drop)
{
	drop->mailbox = client->mailbox;
	drop->trans = client->trans;
	drop->uid_validity = client->uid_validity;
	drop->all_seqs = client->all_seqs;
	drop->highest_seq = client->highest_seq;
	drop->msgnum_to_seq_map = client->msgnum_to_seq_map;
	drop->msgnum_to_seq_map_count = client->msgnum_to_seq_map_count;
	drop->messages_count = client->messages_count;
	drop->message_uidls = client->message_uidls;
	drop->uidl_pool = client->uidl_pool;
	drop->deleted_bitmask = client->deleted_bitmask;
	drop->have_marks = host_client_have_marks(client);
	drop->message_uidls_save = client->message_uidls_save;
}

static void maildrop_set(struct client *client, const struct maildrop *drop)
{
	client->mailbox = drop->mailbox;
	client->trans = drop->trans;
	client->uid_validity = drop->uid_validity;
	client->all_seqs = drop->all_seqs;
	client->highest_seq = drop->highest_seq;
	client->msgnum_to_seq_map = drop->msgnum_to_seq_map;
	client->msgnum_to_seq_map_count = drop->msgnum_to_seq_map_count;
	client->messages_count = drop->messages_count;
	client->message_uidls = drop->message_uidls;
	client->uidl_pool = drop->uidl_pool;
	client->deleted_bitmask = drop->deleted_bitmask;
	host_client_set_marks(client, drop->have_marks);
	client->message_uidls_save = drop->message_uidls_save;
}

/* Runs UIDL to its end, with its reply to a buffer that may not be on the data
   stack, because the host has frames of its own. */
static void
uidl_execute(struct client *client, const char *args, buffer_t *reply)
{
	struct ostream *output = client->output;
	struct io *io = client->io;
	command_func_t *cmd = client->cmd;
	void *cmd_context = client->cmd_context;

	client->output = o_stream_create_buffer(reply);
	o_stream_set_no_error_handling(client->output, TRUE);
	client->io = NULL;
	client->cmd = NULL;

	(void)host_command_execute(client, "UIDL", args,
		i_stream_get_absolute_offset(client->input));
	/* it takes the buffer for a slow client */
	while (client->cmd != NULL)
		client->cmd(client);

	o_stream_unref(&client->output);
	client->output = output;
	client->io = io;
	client->cmd = cmd;
	client->cmd_context = cmd_context;
	if (client->disconnected)
		o_stream_close(output);
}

static int
uidl_parse(const char *reply, unsigned int count, const char **uidls_r)
{
	const char *const *lines = t_strsplit(reply, "\n"), *uidl;
	unsigned int i;

	/* +OK, a line each, dot, and what is behind the last line end */
	if (str_array_length(lines) != count + 3)
		return -1;
	for (i = 0; i < count; i++) {
		uidl = strchr(lines[i + 1], ' ');
		if (uidl == NULL)
			return -1;
		uidls_r[i] = t_strcut(uidl + 1, '\r');
	}
	return 0;
}

static int
maildrop_get_uidls(struct client *client, struct maildrop *drop,
		   const uint32_t *seqs, unsigned int count,
		   const char **uidls_r)
{
	struct maildrop session;
	string_t *reply;
	unsigned int i;
	int ret;

	t_array_init(&drop->all_seqs, 8);
	drop->msgnum_to_seq_map = t_new(uint32_t, count);
	for (i = 0; i < count; i++) {
		seq_range_array_add(&drop->all_seqs, seqs[i]);
		drop->msgnum_to_seq_map[i] = seqs[i];
	}
	drop->msgnum_to_seq_map_count = count;
	drop->messages_count = count;
	drop->highest_seq = seqs[count - 1];
	drop->message_uidls = NULL;
	drop->uidl_pool = NULL;
	drop->message_uidls_save = uidls_are_renamed(client);
	drop->deleted_bitmask = NULL;
	drop->have_marks = FALSE;

	reply = str_new(default_pool, UIDL_REPLY_SIZE);
	maildrop_get(client, &session);
	maildrop_set(client, drop);
	uidl_execute(client, "", reply);
	pool_unref(&client->uidl_pool);
	maildrop_set(client, &session);
	ret = uidl_parse(str_c(reply), count, uidls_r);
	str_free(&reply);
	return ret;
}

/* The session keeps all of them, because of a setting that compares them. */
static int
saved_uidls_get(struct client *client, const uint32_t *msgs,
		unsigned int count, const char **uidls_r)
{
	string_t *reply;
	unsigned int i;

	if (client->message_uidls == NULL) {
		/* the host makes them when it is first asked */
		reply = str_new(default_pool, UIDL_REPLY_SIZE);
		uidl_execute(client, dec2str(msgs[0]), reply);
		str_free(&reply);
	}
	if (client->message_uidls == NULL)
		return -1;
	for (i = 0; i < count; i++)
		uidls_r[i] = client->message_uidls[msgs[i] - 1];
	return 0;
}

static bool uidls_are_simple(const struct client *client)
{
	return !client->set->pop3_reuse_xuidl && !client->set->pop3_save_uidl &&
		(client->uidl_keymask &
		 ENUM_NEGATE(UIDL_UIDVALIDITY | UIDL_UID)) == 0;
}

static int
simple_uidls_get(struct client *client, const uint32_t *seqs,
		 unsigned int count, const char **uidls_r)
{
	uint32_t *uids = t_new(uint32_t, count);
	struct mail *mail;
	const char *uidl;
	unsigned int i;

	mail = mail_alloc(client->trans, 0, NULL);
	for (i = 0; i < count; i++) {
		mail_set_seq(mail, seqs[i]);
		uids[i] = mail->uid;
		if (mail_get_special(mail, MAIL_FETCH_UIDL_BACKEND,
				     &uidl) == 0 && *uidl != '\0')
			uidls_r[i] = t_strdup(uidl);
		else
			uidls_r[i] = NULL;
	}
	mail_free(&mail);
	return host_uidls_expand(client->mail_set, host_client_event(client),
				 client->uid_validity, uids, count,
				 uidls_r);
}

int pop3_ext_host_uidls_get(struct client *client, const uint32_t *seqs,
			    unsigned int count, const char **uidls_r)
{
	struct maildrop drop;

	if (uidls_are_simple(client) && !uidls_are_renamed(client))
		return simple_uidls_get(client, seqs, count, uidls_r);
	maildrop_get(client, &drop);
	return maildrop_get_uidls(client, &drop, seqs, count, uidls_r);
}

int pop4_uidls_get(struct client *client, const uint32_t *msgs,
		   unsigned int count, const char **uidls_r)
{
	uint32_t *seqs;
	unsigned int i;
	int ret;

	ret = uidls_func == NULL ? 0 : uidls_func(client, msgs, count, uidls_r);
	if (ret != 0)
		return ret < 0 ? -1 : 0;
	if (client->message_uidls_save)
		return saved_uidls_get(client, msgs, count, uidls_r);

	seqs = t_new(uint32_t, count);
	for (i = 0; i < count; i++)
		seqs[i] = maildrop_msgnum_to_seq(client, msgs[i] - 1);
	return pop3_ext_host_uidls_get(client, seqs, count, uidls_r);
}

/* May a new message have a unique-id by itself: of a server behind the storage,
   or of a plugin? */
static bool mailbox_may_have_uidls(struct mailbox *box)
{
	struct mailbox_transaction_context *trans;
	struct mail *mail;
	bool ret;

	if ((box->storage->class_flags & MAIL_STORAGE_CLASS_FLAG_NO_ROOT) != 0)
		return TRUE;
	trans = mailbox_transaction_begin(box, 0, __func__);
	mail = mail_alloc(trans, 0, NULL);
	ret = ((struct mail_private *)mail)->v.get_special !=
		box->mail_vfuncs->get_special;
	mail_free(&mail);
	mailbox_transaction_rollback(&trans);
	return ret;
}

static const char *
saved_uidl_ask(struct client *client, struct mailbox *box, uint32_t uid)
{
	struct mailbox_status status;
	struct maildrop drop;
	uint32_t seq, seq2;
	const char *uidl;
	int ret;

	if (mailbox_sync(box, MAILBOX_SYNC_FLAG_FAST) < 0)
		return NULL;
	mailbox_get_seq_range(box, uid, uid, &seq, &seq2);
	if (seq == 0)
		return NULL;
	mailbox_get_open_status(box, STATUS_UIDVALIDITY, &status);
	maildrop_get(client, &drop);
	drop.mailbox = box;
	drop.uid_validity = status.uidvalidity;
	drop.trans = mailbox_transaction_begin(box, 0, __func__);
	ret = maildrop_get_uidls(client, &drop, &seq, 1, &uidl);
	if (mailbox_transaction_commit(&drop.trans) < 0 || ret < 0)
		return NULL;
	return uidl;
}

const char *
pop4_uidl_get_saved(struct client *client, struct mailbox *box,
		    const struct mail_transaction_commit_changes *changes)
{
	const struct seq_range *uids;
	const char *uidl = NULL;
	unsigned int count;

	uids = array_get(&changes->saved_uids, &count);
	if (count != 1 || changes->no_read_perm)
		return NULL;
	if (uidls_are_renamed(client) || pop3_ext_uidls_are_ours(client)) {
		/* it depends on all others */
		return NULL;
	}
	if (!uidls_are_simple(client) || mailbox_may_have_uidls(box))
		return saved_uidl_ask(client, box, uids[0].seq1);
	return host_uidls_expand(client->mail_set, host_client_event(client),
				 changes->uid_validity, &uids[0].seq1,
				 1, &uidl) < 0 ? NULL : uidl;
}
