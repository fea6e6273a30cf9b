/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The messages of a POP3 session get their serials, and those that are new what
   the host knows of them: the UIDL that it would show, and their sizes. Nobody
   knows the first better than the host itself. */

#include "lib.h"

#include "pop3-uidl-session.h"
#include "uidl-assign.h"

struct session_assign {
	struct client *client;
	struct pop3_uidl_mailbox *ubox;
	/* the host's texts by sequence when it has to be asked for all at once,
	   or NULL */
	const char **texts;
	pool_t texts_pool;
	/* for the sizes, when message numbers are no sequences */
	uint32_t *msgnums;
};

/* No session ever sees a message with pop3_deleted_flag. */
static bool
session_is_unwanted(void *context, struct mail *mail, uint32_t seq)
{
	struct session_assign *session = context;
	struct client *client = session->client;

	if (client->deleted_kw == NULL)
		return FALSE;
	mail_set_seq(mail, seq);
	return str_array_icase_find(mail_get_keywords(mail),
				    client->set->pop3_deleted_flag);
}

static int
host_texts(struct session_assign *session, const uint32_t *seqs,
	   unsigned int count, const char **texts_r, const char **error_r)
{
	int ret;

	session->ubox->asking_host = TRUE;
	ret = pop3_ext->host_uidls_get(session->client, seqs, count, texts_r);
	session->ubox->asking_host = FALSE;
	if (ret < 0)
		*error_r = "pop3_uidl: The host could not list its UIDLs";
	return ret;
}

/* pop3_uidl_duplicates = rename: the host has to see all of them. */
static int
host_texts_of_all(struct session_assign *session, struct mail *mail,
		  const char **error_r)
{
	struct pop3_uidl_mailbox *ubox = session->ubox;
	uint32_t seq, end, *seqs;
	unsigned int i, count = 0;
	const char **texts;

	end = mail_index_view_get_messages_count(ubox->box->view);
	seqs = t_new(uint32_t, end);
	texts = t_new(const char *, end);
	for (seq = 1; seq <= end; seq++) {
		if (!session_is_unwanted(session, mail, seq))
			seqs[count++] = seq;
	}
	if (host_texts(session, seqs, count, texts, error_r) < 0)
		return -1;
	session->texts_pool = pool_alloconly_create("pop3_uidl texts", 1024);
	session->texts = p_new(session->texts_pool, const char *, end);
	for (i = 0; i < count; i++) {
		session->texts[seqs[i] - 1] =
			p_strdup(session->texts_pool, texts[i]);
	}
	return 0;
}

/* Which number, plus 1, a sequence has in this session. */
static void session_read_msgnums(struct session_assign *session)
{
	struct client *client = session->client;
	uint32_t i, count;

	count = mail_index_view_get_messages_count(session->ubox->box->view);
	session->msgnums = i_new(uint32_t, count);
	for (i = 0; i < client->messages_count; i++) {
		session->msgnums[pop3_uidl_msgnum_to_seq(client, i) - 1] =
			i + 1;
	}
}

static uint32_t session_size(struct session_assign *session, uint32_t seq)
{
	struct client *client = session->client;
	uint32_t num = seq;
	uoff_t size;

	if (client->msgnum_to_seq_map_count > 0 ||
	    client->messages_count <
	    mail_index_view_get_messages_count(session->ubox->box->view)) {
		if (session->msgnums == NULL)
			session_read_msgnums(session);
		num = session->msgnums[seq - 1];
	}
	/* with this setting it may be the size in the file */
	if (num == 0 || client->set->pop3_fast_size_lookups)
		return UIDL_SIZE_UNKNOWN;
	size = client->message_sizes[num - 1];
	return size < UIDL_SIZE_UNKNOWN ? size : UIDL_SIZE_UNKNOWN;
}

static int
session_get_texts(void *context, struct mail *mail, const uint32_t *seqs,
		  unsigned int count, const char **texts_r, uint32_t *sizes_r,
		  const char **error_r)
{
	struct session_assign *session = context;
	struct client *client = session->client;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < count; i++)
		sizes_r[i] = session_size(session, seqs[i]);
	if (strcmp(client->set->pop3_uidl_duplicates, "rename") != 0)
		return host_texts(session, seqs, count, texts_r, error_r);
	if (session->texts == NULL) T_BEGIN {
		ret = host_texts_of_all(session, mail, error_r);
	} T_END_PASS_STR_IF(ret < 0, error_r);
	for (i = 0; i < count && ret == 0; i++)
		texts_r[i] = session->texts[seqs[i] - 1];
	return ret;
}

static void session_assign_deinit(void *context)
{
	struct session_assign *session = context;

	pool_unref(&session->texts_pool);
	i_free(session->msgnums);
	i_free(session);
}

static const struct uidl_assign_owner session_owner = {
	.is_unwanted = session_is_unwanted,
	.get_texts = session_get_texts,
	.deinit = session_assign_deinit,
};

struct uidl_assign *
pop3_uidl_session_assign(struct client *client, struct pop3_uidl_mailbox *ubox)
{
	struct session_assign *session;

	session = i_new(struct session_assign, 1);
	session->client = client;
	session->ubox = ubox;
	return uidl_assign_init(ubox, &session_owner, session);
}
