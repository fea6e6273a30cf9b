/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "mail-storage.h"
#include "pop3-common.h"

#include "host-maildrop.h"
#include "host-marks.h"
#include "maildrop-state.h"

void maildrop_state_take(struct client *client, struct maildrop_state *state_r)
{
#define F(name) \
	state_r->name = client->name; \
	i_zero(&client->name);
	MAILDROP_FIELDS(F)
#undef F
	state_r->have_marks = host_client_have_marks(client);
	host_client_set_marks(client, FALSE);
}

void maildrop_state_put(struct client *client, struct maildrop_state *state)
{
	i_assert(client->mailbox == NULL);

#define F(name) client->name = state->name;
	MAILDROP_FIELDS(F)
#undef F
	host_client_set_marks(client, state->have_marks);
	i_zero(state);
}

void maildrop_state_free(struct maildrop_state *state)
{
	if (state->trans != NULL)
		(void)mailbox_transaction_commit(&state->trans);
	if (array_is_created(&state->all_seqs))
		array_free(&state->all_seqs);
	if (state->deleted_kw != NULL)
		mailbox_keywords_unref(&state->deleted_kw);
	if (state->mailbox != NULL)
		mailbox_free(&state->mailbox);
	pool_unref(&state->uidl_pool);
	i_free(state->message_sizes);
	i_free(state->deleted_bitmask);
	i_free(state->seen_bitmask);
	i_free(state->msgnum_to_seq_map);
	i_zero(state);
}

/* mailbox_sync() asks for expunges, which no flag prevents. */
int maildrop_sync_keep_numbers(struct mailbox *box,
			       enum mailbox_sync_flags flags)
{
	struct mailbox_sync_context *ctx;
	struct mailbox_sync_status status;
	struct mailbox_sync_rec rec;

	ctx = mailbox_sync_init(box, flags | MAILBOX_SYNC_FLAG_NO_EXPUNGES);
	while (mailbox_sync_next(ctx, &rec)) ;
	return mailbox_sync_deinit(&ctx, &status);
}

static int maildrop_state_update(struct client *client)
{
	bool updated;

	/* the host deletes only what was marked by a client that says QUIT */
	client->quit_seen = TRUE;
	updated = client_update_mails(client);
	client->quit_seen = FALSE;

	if (!updated) {
		mailbox_transaction_rollback(&client->trans);
		return -1;
	}
	if (mailbox_transaction_commit(&client->trans) < 0)
		return -1;
	/* it stays selected when what comes next fails */
	return maildrop_sync_keep_numbers(client->mailbox,
					  HOST_QUIT_SYNC_FLAGS);
}

int maildrop_state_commit(struct client *client)
{
	unsigned int seen_change_count = client->seen_change_count;
	int ret;

	if (client->deleted_count == 0 && seen_change_count == 0)
		return 0;
	ret = maildrop_state_update(client);
	if (ret < 0)
		client->seen_change_count = seen_change_count;
	if (client->trans == NULL) {
		client->trans = mailbox_transaction_begin(client->mailbox, 0,
							  __func__);
	}
	return ret;
}
