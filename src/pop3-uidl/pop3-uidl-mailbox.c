/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "mail-index.h"

#include "host-uidl.h"
#include "uidl-digest.h"
#include "pop3-uidl-mailbox.h"
#include "pop3-uidl-user.h"

#define EXT_NAME "pop3-uidl"

struct ext_header {
	unsigned char store_id[UIDL_STORE_ID_SIZE];
	unsigned char store_name[UIDL_DIGEST_SIZE];
};

struct pop3_uidl_mailbox_module pop3_uidl_mailbox_module =
	MODULE_CONTEXT_INIT(&mail_storage_module_register);

static void pop3_uidl_mailbox_free(struct mailbox *box)
{
	struct pop3_uidl_mailbox *ubox = POP3_UIDL_MAILBOX_CONTEXT_REQUIRE(box);

	pop3_uidl_mailbox_forget(ubox);
	uidl_digest_deinit(&ubox->digest);
	ubox->module_ctx.super.free(box);
}

/* Sequences may mean other messages now. */
static int
pop3_uidl_sync_deinit(struct mailbox_sync_context *ctx,
		      struct mailbox_sync_status *status_r)
{
	struct pop3_uidl_mailbox *ubox =
		POP3_UIDL_MAILBOX_CONTEXT_REQUIRE(ctx->box);

	pop3_uidl_mailbox_forget(ubox);
	return ubox->module_ctx.super.sync_deinit(ctx, status_r);
}

void pop3_uidl_mailbox_allocated(struct mailbox *box)
{
	struct mailbox_vfuncs *v = box->vlast;
	struct pop3_uidl_mailbox *ubox;

	if (POP3_UIDL_USER_CONTEXT(box->storage->user) == NULL)
		return;
	ubox = p_new(box->pool, struct pop3_uidl_mailbox, 1);
	ubox->box = box;
	ubox->ext_id = (uint32_t)-1;
	ubox->module_ctx.super = *v;
	box->vlast = &ubox->module_ctx.super;
	v->free = pop3_uidl_mailbox_free;
	v->sync_deinit = pop3_uidl_sync_deinit;
	MODULE_CONTEXT_SET(box, pop3_uidl_mailbox_module, ubox);
}

/* NULL: the index has never heard of a store. */
static const struct ext_header *
ext_header(struct pop3_uidl_mailbox *ubox, struct mail_index_view *view)
{
	static const unsigned char no_id[UIDL_STORE_ID_SIZE];
	const void *data;
	size_t size;

	if (ubox->ext_id == (uint32_t)-1) {
		ubox->ext_id = mail_index_ext_register(ubox->box->index,
			EXT_NAME, sizeof(struct ext_header), sizeof(uint32_t),
			sizeof(uint32_t));
	}
	mail_index_get_header_ext(view, ubox->ext_id, &data, &size);
	if (size < sizeof(struct ext_header) ||
	    memcmp(data, no_id, sizeof(no_id)) == 0)
		return NULL;
	return data;
}

bool pop3_uidl_mailbox_is_known(struct pop3_uidl_mailbox *ubox)
{
	return ext_header(ubox, ubox->box->view) != NULL;
}

/* The store that the index names, which after a renaming has the name of
   another mailbox; else the one of this mailbox. */
static int
mailbox_get_store(struct pop3_uidl_mailbox *ubox, const char **error_r)
{
	const struct ext_header *hdr = ext_header(ubox, ubox->box->view);
	struct mail_user *user = ubox->box->storage->user;
	unsigned char own_name[UIDL_DIGEST_SIZE];
	int ret;

	pop3_uidl_store_name(ubox->box->vname, own_name);
	memcpy(ubox->store_name, hdr != NULL ? hdr->store_name : own_name,
	       UIDL_DIGEST_SIZE);
	ret = pop3_uidl_user_get_store(user, ubox->store_name, &ubox->store,
				       error_r);
	if (ret != 0 || hdr == NULL)
		return ret < 0 ? -1 : 0;
	if (memcmp(own_name, ubox->store_name, UIDL_DIGEST_SIZE) == 0) {
		*error_r = t_strdup_printf("pop3_uidl: The store of mailbox %s "
			"is gone (restore it, or run: doveadm pop3-uidl "
			"forget -u %s)", ubox->box->vname, user->username);
		return -1;
	}
	memcpy(ubox->store_name, own_name, UIDL_DIGEST_SIZE);
	ret = pop3_uidl_user_get_store(user, own_name, &ubox->store, error_r);
	return ret < 0 ? -1 : 0;
}

bool pop3_uidl_mailbox_view_is_current(struct pop3_uidl_mailbox *ubox,
				       struct mail_index_view *view)
{
	const struct ext_header *hdr = ext_header(ubox, view);

	return hdr != NULL &&
		memcmp(hdr->store_id, uidl_store_head(ubox->store)->store_id,
		       UIDL_STORE_ID_SIZE) == 0;
}

/* The list has to be complete: better no list than a wrong one. */
static int
mailbox_check(struct pop3_uidl_mailbox *ubox, const char **error_r)
{
	struct uidl_message_slot msg;
	uint32_t seq, serial, count;

	count = mail_index_view_get_messages_count(ubox->box->view);
	for (seq = 1; seq <= count; seq++) {
		serial = pop3_uidl_mailbox_serial(ubox, seq);
		if (serial != 0 &&
		    !uidl_store_get(ubox->store, serial - 1, &msg)) {
			*error_r = t_strdup_printf("pop3_uidl: The store of "
				"mailbox %s lacks messages that it had",
				ubox->box->vname);
			return -1;
		}
	}
	return 0;
}

int pop3_uidl_mailbox_open(struct pop3_uidl_mailbox *ubox,
			   const char **error_r)
{
	struct mail_storage *storage = ubox->box->storage;

	if (ubox->store != NULL)
		return 0;
	if (mailbox_get_store(ubox, error_r) < 0) {
		ubox->store = NULL;
		return -1;
	}
	uidl_store_set_modes(ubox->store, storage->set->parsed_lock_method,
			     storage->set->parsed_fsync_mode !=
			     FSYNC_MODE_NEVER);
	if (uidl_store_load(ubox->store, error_r) < 0) {
		ubox->store = NULL;
		return -1;
	}
	if (uidl_store_is_behind(ubox->store)) {
		if (uidl_store_lock(ubox->store, error_r) < 0) {
			ubox->store = NULL;
			return -1;
		}
		uidl_store_unlock(ubox->store);
	}
	if (mailbox_check(ubox, error_r) < 0) {
		pop3_uidl_mailbox_forget(ubox);
		ubox->store = NULL;
		return -1;
	}
	return 0;
}

static void
mailbox_save_header(struct pop3_uidl_mailbox *ubox, struct mail_index_view *view,
		    struct mail_index_transaction *itrans)
{
	const struct ext_header *hdr = ext_header(ubox, view);
	struct ext_header new_hdr;

	i_zero(&new_hdr);
	memcpy(new_hdr.store_id, uidl_store_head(ubox->store)->store_id,
	       UIDL_STORE_ID_SIZE);
	memcpy(new_hdr.store_name, ubox->store_name, UIDL_DIGEST_SIZE);
	if (hdr != NULL && memcmp(hdr, &new_hdr, sizeof(new_hdr)) == 0)
		return;
	if (hdr != NULL && !pop3_uidl_mailbox_view_is_current(ubox, view)) {
		/* serials of another store */
		mail_index_ext_reset(itrans, ubox->ext_id,
				     (uint32_t)ioloop_time, TRUE);
	}
	mail_index_update_header_ext(itrans, ubox->ext_id, 0, &new_hdr,
				     sizeof(new_hdr));
}

void pop3_uidl_mailbox_save(struct pop3_uidl_mailbox *ubox,
			    const uint32_t *seqs, const uint32_t *serials,
			    unsigned int count)
{
	struct mailbox_transaction_context *t;
	struct mail_index_view *view;
	unsigned int i;

	/* what was written since the mailbox was opened is in a new view only */
	view = mail_index_view_open(ubox->box->index);
	t = mailbox_transaction_begin(ubox->box, 0, __func__);
	mailbox_save_header(ubox, view, t->itrans);
	for (i = 0; i < count; i++) {
		mail_index_update_ext(t->itrans, seqs[i], ubox->ext_id,
				      &serials[i], NULL);
	}
	pop3_uidl_mailbox_set(ubox, seqs, serials, count);
	mail_index_view_close(&view);
	if (mailbox_transaction_commit(&t) < 0) {
		e_error(ubox->box->event, "pop3_uidl: Can't write the index: "
			"%s", mailbox_get_last_internal_error(ubox->box, NULL));
	}
}

static int mailbox_forget_index(struct pop3_uidl_mailbox *ubox)
{
	static const struct ext_header none;
	struct mailbox_transaction_context *t;

	if (ext_header(ubox, ubox->box->view) == NULL)
		return 0;
	t = mailbox_transaction_begin(ubox->box, 0, __func__);
	mail_index_ext_reset(t->itrans, ubox->ext_id, (uint32_t)ioloop_time,
			     TRUE);
	mail_index_update_header_ext(t->itrans, ubox->ext_id, 0, &none,
				     sizeof(none));
	return mailbox_transaction_commit(&t);
}

int pop3_uidl_mailbox_remove_store(struct pop3_uidl_mailbox *ubox,
				   const char **error_r)
{
	struct mail_user *user = ubox->box->storage->user;
	const struct ext_header *hdr = ext_header(ubox, ubox->box->view);
	unsigned char name[UIDL_DIGEST_SIZE];
	struct uidl_store *store;
	int ret;

	if (hdr != NULL)
		memcpy(name, hdr->store_name, sizeof(name));
	else
		pop3_uidl_store_name(ubox->box->vname, name);
	if (pop3_uidl_user_init_store(user, user->username, name, &store,
				      error_r) < 0)
		return -1;
	ret = uidl_store_remove(store, error_r);
	uidl_store_deinit(&store);
	/* last: an index that knows a store which is gone says so */
	if (ret == 0 && mailbox_forget_index(ubox) < 0) {
		*error_r = t_strdup_printf("pop3_uidl: Can't write the index: "
			"%s", mailbox_get_last_internal_error(ubox->box, NULL));
		ret = -1;
	}
	return ret;
}

int pop3_uidl_mailbox_host_text(struct pop3_uidl_mailbox *ubox,
				struct mail *mail, const char **text_r)
{
	struct mailbox_status status;
	int ret;

	ubox->asking_host = TRUE;
	ret = mail_get_special(mail, MAIL_FETCH_UIDL_BACKEND, text_r);
	ubox->asking_host = FALSE;
	if (ret < 0 || (*text_r)[0] != '\0')
		return ret;
	mailbox_get_open_status(ubox->box, STATUS_UIDVALIDITY, &status);
	*text_r = NULL;
	return host_uidls_expand(ubox->box->storage->set, ubox->box->event,
				 status.uidvalidity, &mail->uid, 1, text_r);
}

struct uidl_digest *pop3_uidl_mailbox_digest(struct pop3_uidl_mailbox *ubox)
{
	if (ubox->digest == NULL)
		ubox->digest = uidl_digest_init();
	return ubox->digest;
}

bool pop3_uidl_mailbox_has_guids(struct pop3_uidl_mailbox *ubox)
{
	return strcmp(ubox->box->storage->name, "mbox") != 0;
}

int pop3_uidl_mail_guid(struct mail *mail, unsigned char dest[UIDL_DIGEST_SIZE])
{
	struct pop3_uidl_mailbox *ubox =
		POP3_UIDL_MAILBOX_CONTEXT_REQUIRE(mail->box);
	const char *guid;

	memset(dest, 0, UIDL_DIGEST_SIZE);
	if (mail_get_special(mail, MAIL_FETCH_GUID, &guid) < 0)
		return -1;
	if (guid[0] != '\0')
		uidl_digest_guid(pop3_uidl_mailbox_digest(ubox), guid, dest);
	return 0;
}
