/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* What the host knows of messages that are new: the UIDL that it would show,
   and their sizes. Nobody knows the first better than the host itself. */

#include "lib.h"
#include "array.h"

#include "pop4-uidl.h"
#include "uidl-assign-private.h"

static int
host_texts(struct uidl_assign *assign, const uint32_t *seqs,
	   unsigned int count, const char **texts_r, const char **error_r)
{
	int ret;

	assign->ubox->asking_host = TRUE;
	ret = pop3_ext_host_uidls_get(assign->client, seqs, count, texts_r);
	assign->ubox->asking_host = FALSE;
	if (ret < 0)
		*error_r = "pop3_uidl: The host could not list its UIDLs";
	return ret;
}

/* pop3_uidl_duplicates = rename: the host has to see all of them. */
static int host_texts_of_all(struct uidl_assign *assign, const char **error_r)
{
	struct pop3_uidl_mailbox *ubox = assign->ubox;
	uint32_t seq, end, *seqs;
	unsigned int i, count = 0;
	const char **texts;

	end = mail_index_view_get_messages_count(ubox->box->view);
	seqs = t_new(uint32_t, end);
	texts = t_new(const char *, end);
	for (seq = 1; seq <= end; seq++) {
		if (!uidl_assign_is_hidden(assign, seq))
			seqs[count++] = seq;
	}
	if (host_texts(assign, seqs, count, texts, error_r) < 0)
		return -1;
	assign->texts_pool = pool_alloconly_create("pop3_uidl texts", 1024);
	assign->texts = p_new(assign->texts_pool, const char *, end);
	for (i = 0; i < count; i++) {
		assign->texts[seqs[i] - 1] =
			p_strdup(assign->texts_pool, texts[i]);
	}
	return 0;
}

int uidl_assign_host_texts(struct uidl_assign *assign, const char **texts_r,
			   const char **error_r)
{
	const struct unknown_msg *msgs;
	unsigned int i, count;
	uint32_t *seqs;
	int ret = 0;

	msgs = array_get(&assign->piece, &count);
	if (strcmp(assign->client->set->pop3_uidl_duplicates, "rename") != 0) {
		seqs = t_new(uint32_t, count);
		for (i = 0; i < count; i++)
			seqs[i] = msgs[i].seq;
		return host_texts(assign, seqs, count, texts_r, error_r);
	}
	if (assign->texts == NULL) T_BEGIN {
		ret = host_texts_of_all(assign, error_r);
	} T_END_PASS_STR_IF(ret < 0, error_r);
	for (i = 0; i < count && ret == 0; i++)
		texts_r[i] = assign->texts[msgs[i].seq - 1];
	return ret;
}

/* Which number, plus 1, a sequence has in this session. */
static void assign_read_msgnums(struct uidl_assign *assign)
{
	struct client *client = assign->client;
	uint32_t i, count;

	count = mail_index_view_get_messages_count(assign->ubox->box->view);
	assign->msgnums = i_new(uint32_t, count);
	for (i = 0; i < client->messages_count; i++) {
		assign->msgnums[pop3_uidl_msgnum_to_seq(client, i) - 1] =
			i + 1;
	}
}

uint32_t uidl_assign_size(struct uidl_assign *assign, uint32_t seq)
{
	struct client *client = assign->client;
	uint32_t num = seq;
	uoff_t size;

	if (client->msgnum_to_seq_map_count > 0 ||
	    client->messages_count <
	    mail_index_view_get_messages_count(assign->ubox->box->view)) {
		if (assign->msgnums == NULL)
			assign_read_msgnums(assign);
		num = assign->msgnums[seq - 1];
	}
	/* with this setting it may be the size in the file */
	if (num == 0 || client->set->pop3_fast_size_lookups)
		return UIDL_SIZE_UNKNOWN;
	size = client->message_sizes[num - 1];
	return size < UIDL_SIZE_UNKNOWN ? size : UIDL_SIZE_UNKNOWN;
}
