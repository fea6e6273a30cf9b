/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Forgets messages that are gone, when every message of the mailbox has its
   serial. */

#include "lib.h"

#include "pop3-ext-limits.h"
#include "uidl-assign-private.h"

/* The messages whose slots were written again: into the index. */
static void
assign_remember_moved(struct uidl_assign *assign, uint32_t first,
		      uint32_t end, const uint32_t *moved)
{
	struct pop3_uidl_mailbox *ubox = assign->ubox;
	uint32_t *seqs = i_new(uint32_t, ubox->serials_count + 1);
	uint32_t *serials = i_new(uint32_t, ubox->serials_count + 1);
	uint32_t seq, serial;
	unsigned int count = 0;

	for (seq = 1; seq <= ubox->serials_count; seq++) {
		serial = ubox->serials[seq - 1];
		if (serial <= first || serial > end)
			continue;
		seqs[count] = seq;
		serials[count++] = moved[serial - 1 - first];
	}
	if (count > 0)
		pop3_uidl_mailbox_save(ubox, seqs, serials, count);
	i_free(seqs);
	i_free(serials);
}

static int
assign_compact_locked(struct uidl_assign *assign, const char **error_r)
{
	uint32_t first = uidl_store_first(assign->store), end;
	uint32_t *moved;
	bool *used;
	int ret = 0;

	used = pop3_uidl_mailbox_used(assign->ubox, assign->view);
	end = uidl_store_compact_end(assign->store, used);
	if (end > 0) {
		moved = i_new(uint32_t, end - first);
		ret = uidl_store_compact(assign->store, end, used, moved,
					 error_r);
		if (ret == 0)
			assign_remember_moved(assign, first, end, moved);
		i_free(moved);
	}
	i_free(used);
	return ret;
}

void uidl_assign_compact(struct uidl_assign *assign)
{
	const char *error;
	int ret;

	if (assign->owner->partial || assign->owner->dry_run ||
	    uidl_store_head(assign->store)->messages <=
	    assign->ubox->serials_count + POP3_EXT_UIDL_MIN_GONE)
		return;
	ret = uidl_assign_lock(assign, &error);
	if (ret == 0) {
		ret = assign_compact_locked(assign, &error);
		uidl_assign_unlock(assign);
	}
	if (ret < 0)
		e_error(assign->ubox->box->event, "%s", error);
	uidl_finder_deinit(&assign->finder);
}
