/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Which message of an opened mailbox has which serial of its store. */

#include "lib.h"
#include "mail-index.h"

#include "uidl-digest.h"
#include "pop3-uidl-mailbox.h"

static uint32_t
view_serial(struct pop3_uidl_mailbox *ubox, struct mail_index_view *view,
	    uint32_t seq)
{
	const void *data;
	bool expunged;

	mail_index_lookup_ext(view, seq, ubox->ext_id, &data, &expunged);
	return data == NULL ? 0 : *(const uint32_t *)data;
}

/* Slots that the store has forgotten count as none. */
static uint32_t
store_serial(struct pop3_uidl_mailbox *ubox, uint32_t serial)
{
	return serial > uidl_store_first(ubox->store) ? serial : 0;
}

static void serials_read(struct pop3_uidl_mailbox *ubox)
{
	struct mail_index_view *view = ubox->box->view;
	uint32_t seq, count = mail_index_view_get_messages_count(view);

	ubox->serials = i_new(uint32_t, I_MAX(count, 1));
	ubox->serials_count = count;
	if (!pop3_uidl_mailbox_view_is_current(ubox, view))
		return;
	for (seq = 1; seq <= count; seq++)
		ubox->serials[seq - 1] =
			store_serial(ubox, view_serial(ubox, view, seq));
}

uint32_t pop3_uidl_mailbox_serial(struct pop3_uidl_mailbox *ubox, uint32_t seq)
{
	if (ubox->serials == NULL)
		serials_read(ubox);
	return seq > ubox->serials_count ? 0 : ubox->serials[seq - 1];
}

uint32_t pop3_uidl_mailbox_view_serial(struct pop3_uidl_mailbox *ubox,
				       struct mail_index_view *view,
				       uint32_t uid)
{
	uint32_t seq;

	if (!pop3_uidl_mailbox_view_is_current(ubox, view) ||
	    !mail_index_lookup_seq(view, uid, &seq))
		return 0;
	return store_serial(ubox, view_serial(ubox, view, seq));
}

void pop3_uidl_mailbox_compacted(struct pop3_uidl_mailbox *ubox,
				 struct mail_index_view *view)
{
	uint32_t seq, uid;

	uidl_finder_deinit(&ubox->finder);
	i_free(ubox->found);
	for (seq = 1; seq <= ubox->serials_count; seq++) {
		if (store_serial(ubox, ubox->serials[seq - 1]) != 0 ||
		    ubox->serials[seq - 1] == 0)
			continue;
		mail_index_lookup_uid(ubox->box->view, seq, &uid);
		ubox->serials[seq - 1] =
			pop3_uidl_mailbox_view_serial(ubox, view, uid);
	}
}

static void
used_add(struct pop3_uidl_mailbox *ubox, bool *used, uint32_t serial)
{
	uint32_t first = uidl_store_first(ubox->store);

	if (serial > first && serial <= uidl_store_slots(ubox->store))
		used[serial - 1 - first] = TRUE;
}

bool *pop3_uidl_mailbox_used(struct pop3_uidl_mailbox *ubox,
			     struct mail_index_view *view)
{
	uint32_t slots = uidl_store_slots(ubox->store) -
		uidl_store_first(ubox->store);
	bool *used = i_new(bool, I_MAX(slots, 1));
	uint32_t seq, count;

	if (ubox->serials == NULL)
		serials_read(ubox);
	for (seq = 1; seq <= ubox->serials_count; seq++)
		used_add(ubox, used, ubox->serials[seq - 1]);
	if (view == NULL || !pop3_uidl_mailbox_view_is_current(ubox, view))
		return used;
	count = mail_index_view_get_messages_count(view);
	for (seq = 1; seq <= count; seq++)
		used_add(ubox, used, view_serial(ubox, view, seq));
	return used;
}

uint32_t pop3_uidl_mailbox_found(struct pop3_uidl_mailbox *ubox, uint32_t seq)
{
	return ubox->found == NULL || seq > ubox->serials_count ? 0 :
		ubox->found[seq - 1];
}

static void found_init(struct pop3_uidl_mailbox *ubox)
{
	uint32_t seq;
	bool *used;

	if (ubox->finder != NULL)
		return;
	used = pop3_uidl_mailbox_used(ubox, NULL);
	if (ubox->found == NULL) {
		ubox->found = i_new(uint32_t, I_MAX(ubox->serials_count, 1));
	}
	for (seq = 1; seq <= ubox->serials_count; seq++)
		used_add(ubox, used, ubox->found[seq - 1]);
	ubox->finder = uidl_finder_init(ubox->store, used,
					uidl_store_slots(ubox->store) -
					uidl_store_first(ubox->store));
	i_free(used);
}

uint32_t
pop3_uidl_mailbox_find(struct pop3_uidl_mailbox *ubox, struct mail *mail)
{
	unsigned char guid[UIDL_DIGEST_SIZE];
	uint32_t serial = pop3_uidl_mailbox_serial(ubox, mail->seq);

	if (serial == 0)
		serial = pop3_uidl_mailbox_found(ubox, mail->seq);
	if (serial != 0 || mail->seq > ubox->serials_count ||
	    !pop3_uidl_mailbox_has_guids(ubox) ||
	    uidl_store_head(ubox->store)->messages == 0 ||
	    pop3_uidl_mail_guid(mail, guid) < 0)
		return serial;
	found_init(ubox);
	/* UIDL_SERIAL_NONE becomes 0 */
	serial = uidl_finder_take(ubox->finder, UIDL_FINDER_GUID, guid,
				  mail->uid) + 1;
	ubox->found[mail->seq - 1] = serial;
	return serial;
}

void pop3_uidl_mailbox_set(struct pop3_uidl_mailbox *ubox,
			   const uint32_t *seqs, const uint32_t *serials,
			   unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count && ubox->serials != NULL; i++) {
		if (seqs[i] <= ubox->serials_count)
			ubox->serials[seqs[i] - 1] = serials[i];
	}
}

void pop3_uidl_mailbox_forget(struct pop3_uidl_mailbox *ubox)
{
	uidl_finder_deinit(&ubox->finder);
	i_free(ubox->found);
	i_free(ubox->serials);
	ubox->serials_count = 0;
}
