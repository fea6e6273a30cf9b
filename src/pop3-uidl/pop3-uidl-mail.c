/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* What others see of a message: dsync, doveadm fetch and the host itself ask
   for its stored UIDL, and get the one that POP3 clients have seen. And its
   size, when a Maildir's index was lost: it is in the store. */

#include "lib.h"
#include "str.h"
#include "index-mail.h"
#include "maildir-storage.h"
#include "maildir-filename.h"
#include "maildir-uidlist.h"

#include "pop3-uidl-mailbox.h"
#include "pop3-uidl-user.h"

#include <unistd.h>

#define POP3_UIDL_MAIL_CONTEXT(obj) \
	MODULE_CONTEXT_REQUIRE(obj, pop3_uidl_mail_module)

static MODULE_CONTEXT_DEFINE_INIT(pop3_uidl_mail_module,
				  &mail_module_register);

/* Returns 1, 0 when the store does not know the message, -1 on failure. */
static int
mail_get_uidl(struct pop3_uidl_mailbox *ubox, struct mail *mail,
	      const char **value_r)
{
	string_t *str;
	const char *error;
	uint32_t serial;

	if (pop3_uidl_mailbox_open(ubox, &error) < 0) {
		mailbox_set_critical(mail->box, "%s", error);
		return -1;
	}
	serial = pop3_uidl_mailbox_find(ubox, mail);
	str = t_str_new(80);
	if (serial == 0 ||
	    !uidl_store_get_text(ubox->store, serial - 1, str))
		return 0;
	*value_r = str_c(str);
	return 1;
}

static bool mail_is_asked_for_uidl(struct mail *mail)
{
	struct pop3_uidl_mailbox *ubox =
		POP3_UIDL_MAILBOX_CONTEXT_REQUIRE(mail->box);
	struct pop3_uidl_user *uuser =
		POP3_UIDL_USER_CONTEXT_REQUIRE(mail->box->storage->user);

	return !mail->saving && !ubox->asking_host && !uuser->host_only;
}

static int
pop3_uidl_get_special(struct mail *_mail, enum mail_fetch_field field,
		      const char **value_r)
{
	struct mail_private *mail = (struct mail_private *)_mail;
	union mail_module_context *mmail = POP3_UIDL_MAIL_CONTEXT(mail);
	int ret = 0;

	/* the login asks each message for its place in the list */
	if (field == MAIL_FETCH_UIDL_BACKEND && mail_is_asked_for_uidl(_mail)) {
		ret = mail_get_uidl(
			POP3_UIDL_MAILBOX_CONTEXT_REQUIRE(_mail->box),
			_mail, value_r);
	}
	if (ret != 0)
		return ret < 0 ? -1 : 0;
	return mmail->super.get_special(_mail, field, value_r);
}

/* Only where the GUID is a file's name does it cost less than the size. */
static bool sizes_are_known(struct pop3_uidl_mailbox *ubox)
{
	const char *error;

	if (!ubox->sizes_checked) {
		ubox->sizes_checked = TRUE;
		ubox->sizes_known =
			strcmp(ubox->box->storage->name, "maildir") == 0 &&
			!pop3_uidl_mailbox_is_known(ubox) &&
			pop3_uidl_mailbox_open(ubox, &error) == 0 &&
			uidl_store_head(ubox->store)->messages > 0;
	}
	return ubox->sizes_known;
}

/* Is it in the file's name, or in dovecot-uidlist? */
static bool maildir_knows_size(struct mail *mail)
{
	struct maildir_mailbox *mbox = MAILDIR_MAILBOX(mail->box);
	enum maildir_uidlist_rec_flag flags;
	const char *fname;
	uoff_t size;

	if (maildir_uidlist_lookup(mbox->uidlist, mail->uid, &flags,
				   &fname) <= 0)
		return TRUE;
	return maildir_filename_get_size(fname, MAILDIR_EXTRA_VIRTUAL_SIZE,
					 &size) ||
		maildir_uidlist_lookup_ext(mbox->uidlist, mail->uid,
			MAILDIR_UIDLIST_REC_EXT_VSIZE) != NULL;
}

static int pop3_uidl_get_virtual_size(struct mail *_mail, uoff_t *size_r)
{
	struct mail_private *mail = (struct mail_private *)_mail;
	union mail_module_context *mmail = POP3_UIDL_MAIL_CONTEXT(mail);
	struct pop3_uidl_mailbox *ubox =
		POP3_UIDL_MAILBOX_CONTEXT_REQUIRE(_mail->box);
	struct index_mail *imail = INDEX_MAIL(_mail);
	struct maildir_mailbox *mbox;
	struct uidl_message_slot msg;
	uint32_t serial = 0;

	if (imail->data.virtual_size == UOFF_T_MAX &&
	    !maildir_knows_size(_mail))
		serial = pop3_uidl_mailbox_find(ubox, _mail);
	if (serial == 0 || !uidl_store_get(ubox->store, serial - 1, &msg) ||
	    msg.size == UIDL_SIZE_UNKNOWN)
		return mmail->super.get_virtual_size(_mail, size_r);

	/* where the host keeps what it must not lose with the index */
	imail->data.virtual_size = msg.size;
	imail->data.dont_cache_fetch_fields |= MAIL_FETCH_VIRTUAL_SIZE;
	mbox = MAILDIR_MAILBOX(_mail->box);
	maildir_uidlist_set_ext(mbox->uidlist, _mail->uid,
				MAILDIR_UIDLIST_REC_EXT_VSIZE,
				dec2str(msg.size));
	*size_r = msg.size;
	return 0;
}

/* The host does not know the new name of a file that it has moved from new/ to
   cur/ in this session, and would look through the whole folder for it. */
void pop3_uidl_mail_find_file(struct mail *mail)
{
	enum maildir_uidlist_rec_flag flags;
	struct maildir_mailbox *mbox;
	const char *fname;

	if (strcmp(mail->box->storage->name, "maildir") != 0)
		return;
	mbox = MAILDIR_MAILBOX(mail->box);
	if (maildir_uidlist_lookup(mbox->uidlist, mail->uid, &flags,
				   &fname) <= 0 ||
	    (flags & MAILDIR_UIDLIST_REC_FLAG_RECENT) == 0 ||
	    (flags & MAILDIR_UIDLIST_REC_FLAG_NEW_DIR) != 0 ||
	    strchr(fname, MAILDIR_INFO_SEP) != NULL)
		return;
	fname = t_strconcat(fname, MAILDIR_FLAGS_FULL_SEP, NULL);
	if (access(t_strconcat(mailbox_get_path(mail->box), "/cur/", fname,
			       NULL), F_OK) == 0)
		maildir_uidlist_update_fname(mbox->uidlist, fname);
}

void pop3_uidl_mail_allocated(struct mail *_mail)
{
	struct pop3_uidl_mailbox *ubox = POP3_UIDL_MAILBOX_CONTEXT(_mail->box);
	struct mail_private *mail = (struct mail_private *)_mail;
	struct mail_vfuncs *v = mail->vlast;
	union mail_module_context *mmail;

	if (ubox == NULL)
		return;
	mmail = p_new(mail->pool, union mail_module_context, 1);
	mmail->super = *v;
	mail->vlast = &mmail->super;
	v->get_special = pop3_uidl_get_special;
	if ((_mail->box->flags & MAILBOX_FLAG_POP3_SESSION) != 0 &&
	    sizes_are_known(ubox))
		v->get_virtual_size = pop3_uidl_get_virtual_size;
	MODULE_CONTEXT_SET_SELF(mail, pop3_uidl_mail_module, mmail);
}
