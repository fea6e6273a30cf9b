/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* From a list to the store: which message is which (uidl-match.h), then the
   messages get serials as in a POP3 session, with the list's texts instead of
   the host's. */

#include "lib.h"
#include "array.h"
#include "sort.h"
#include "mail-storage.h"

#include "doveadm-uidl.h"
#include "uidl-assign.h"
#include "uidl-digest.h"

#include <sysexits.h>

#define IMPORT_TAKEN "another message has or had this UIDL"

ARRAY_DEFINE_TYPE(uidl_gone, struct uidl_gone);

struct import {
	struct doveadm_uidl_cmd *cmd;
	struct pop3_uidl_mailbox *ubox;
	struct uidl_match *match;
	enum doveadm_uidl_mode mode;

	struct mailbox_transaction_context *trans;
	struct mail *mail;
	uint32_t uid_validity;
	/* before it has begun: what has a lower serial was there, and is found */
	uint32_t first, slots;
	struct uidl_finder *finder;
	ARRAY(uint64_t) hashes;

	const struct uidl_match_entry *records, *messages;
	unsigned int record_count, message_count;
};

static int import_mail_error(struct import *import, const char *what)
{
	return doveadm_uidl_fail(import->cmd, EX_TEMPFAIL, t_strdup_printf(
		"Can't read the %s of UID %u: %s", what, import->mail->uid,
		mailbox_get_last_internal_error(import->ubox->box, NULL)));
}

/* What costs little: of all messages. */
static int import_add_message(struct import *import)
{
	struct uidl_source_record record;
	struct mail *mail = import->mail;

	uidl_source_record_init(&record);
	record.uid = mail->uid;
	record.uid_validity = import->uid_validity;
	if (uidl_match_wants(import->match, UIDL_MATCH_GUID) &&
	    pop3_uidl_mailbox_has_guids(import->ubox) &&
	    pop3_uidl_mail_guid(mail, record.guid) < 0 && !mail->expunged)
		return import_mail_error(import, "GUID");
	if (uidl_match_wants(import->match, UIDL_MATCH_FILE_NAME) &&
	    strcmp(mail->box->storage->name, "maildir") == 0 &&
	    mail_get_special(mail, MAIL_FETCH_STORAGE_ID,
			     &record.file_name) < 0 && !mail->expunged)
		return import_mail_error(import, "file name");
	uidl_match_add_message(import->match, &record);
	return 0;
}

static int import_each_message(struct import *import, const char *what,
			       int (*func)(struct import *import))
{
	unsigned int i, count = doveadm_uidl_msg_count(import->ubox);
	int ret = 0;

	for (i = 0; i < count && ret == 0; i++) T_BEGIN {
		doveadm_uidl_progress(import->cmd, what, i, count);
		mail_set_seq(import->mail, i + 1);
		ret = func(import);
		if (ret == 0 && doveadm_is_killed()) {
			ret = doveadm_uidl_fail(import->cmd, EX_TEMPFAIL,
						"Ended by a signal");
		}
	} T_END;
	doveadm_uidl_progress(import->cmd, NULL, 0, 0);
	return ret;
}

static bool import_is_found(struct import *import, unsigned int message)
{
	unsigned int count;

	return uidl_match_messages(import->match, &count)[message].result ==
		UIDL_MATCH_FOUND;
}

/* What may have to be read, where it can still make a difference. */
static int import_add_content(struct import *import)
{
	struct uidl_source_record known;
	const char *error;
	unsigned int idx = import->mail->seq - 1;
	int ret;

	if (import_is_found(import, idx))
		return 0;
	doveadm_uidl_get_record(import->ubox,
		pop3_uidl_mailbox_serial(import->ubox, idx + 1), &known);
	if (known.uidl[0] == '\0') {
		ret = uidl_assign_read_mail(import->mail, known.content,
					    &error);
		if (ret < 0) {
			return doveadm_uidl_fail(import->cmd, EX_TEMPFAIL,
						 error);
		}
	}
	uidl_match_set_content(import->match, idx, known.content);
	return 0;
}

static int import_add_message_id(struct import *import)
{
	unsigned int idx = import->mail->seq - 1;
	const char *value;
	uoff_t size;
	int ret;

	if (import_is_found(import, idx))
		return 0;
	ret = mail_get_first_header(import->mail, "Message-ID", &value);
	if (ret == 0 || import->mail->expunged)
		return 0;
	if (ret < 0 || mail_get_virtual_size(import->mail, &size) < 0)
		return import_mail_error(import, "Message-ID");
	uidl_match_set_message_id(import->match, idx, t_str_trim(value, " \t"),
				  size);
	return 0;
}

/* Messages of which more has to be known are asked for it when the keys that
   cost less were not enough. */
static int import_match(struct import *import)
{
	if (import_each_message(import, "matched", import_add_message) < 0)
		return -1;
	uidl_match_run(import->match, UIDL_MATCH_GUID);
	uidl_match_run(import->match, UIDL_MATCH_FILE_NAME);
	uidl_match_run(import->match, UIDL_MATCH_UID);
	if (uidl_match_wants(import->match, UIDL_MATCH_CONTENT)) {
		if (import_each_message(import, "read",
					import_add_content) < 0)
			return -1;
		uidl_match_run(import->match, UIDL_MATCH_CONTENT);
	}
	if (uidl_match_wants(import->match, UIDL_MATCH_MESSAGE_ID)) {
		if (import_each_message(import, "read",
					import_add_message_id) < 0)
			return -1;
		uidl_match_run(import->match, UIDL_MATCH_MESSAGE_ID);
	}
	import->records = uidl_match_records(import->match,
					     &import->record_count);
	import->messages = uidl_match_messages(import->match,
					       &import->message_count);
	return 0;
}

static bool
import_is_unwanted(void *context, struct mail *mail ATTR_UNUSED, uint32_t seq)
{
	struct import *import = context;

	return import->messages[seq - 1].result != UIDL_MATCH_FOUND;
}

static int
import_get_texts(void *context, struct mail *mail, const uint32_t *seqs,
		 unsigned int count, const char **texts_r, uint32_t *sizes_r,
		 const char **error_r ATTR_UNUSED)
{
	struct import *import = context;
	unsigned int i, partner;
	uoff_t size;

	for (i = 0; i < count; i++) {
		partner = import->messages[seqs[i] - 1].partner;
		texts_r[i] = import->records[partner].record.uidl;
		mail_set_seq(mail, seqs[i]);
		/* not what the list says: the old server may have counted
		   otherwise. If it costs much, the store can do without. */
		mail->lookup_abort = MAIL_LOOKUP_ABORT_READ_MAIL;
		sizes_r[i] = mail_get_virtual_size(mail, &size) == 0 &&
			size < UIDL_SIZE_UNKNOWN ? size : UIDL_SIZE_UNKNOWN;
		mail->lookup_abort = MAIL_LOOKUP_ABORT_NEVER;
	}
	return 0;
}

static const struct uidl_assign_owner import_owner = {
	.is_unwanted = import_is_unwanted,
	.get_texts = import_get_texts,
	.partial = TRUE,
};

static const struct uidl_assign_owner import_dry_owner = {
	.is_unwanted = import_is_unwanted,
	.get_texts = import_get_texts,
	.partial = TRUE,
	.dry_run = TRUE,
};

static bool import_is_taken(struct import *import, const char *text)
{
	const struct uidl_head *head = uidl_store_head(import->ubox->store);

	return (head->flags & UIDL_HEAD_FLAG_COMPLETE) != 0 &&
		uidl_finder_has_text(import->finder, text);
}

static void
import_report_found(struct import *import, const struct uidl_match_entry *rec)
{
	struct uidl_source_record has;
	uint32_t uid = import->messages[rec->partner].record.uid;
	uint32_t serial = pop3_uidl_mailbox_serial(import->ubox,
						   rec->partner + 1);
	enum doveadm_uidl_result result = DOVEADM_UIDL_IMPORTED;
	const char *reason = "";

	doveadm_uidl_get_record(import->ubox, serial, &has);
	if (serial == 0 && import->mode == DOVEADM_UIDL_COMPARE) {
		result = DOVEADM_UIDL_DIFFERENT;
		reason = "no session has shown the message yet";
	} else if (serial == 0 && (import->mode == DOVEADM_UIDL_WRITE ||
				   import_is_taken(import, rec->record.uidl))) {
		result = DOVEADM_UIDL_TAKEN;
		reason = IMPORT_TAKEN;
	} else if (serial != 0 && strcmp(has.uidl, rec->record.uidl) != 0) {
		result = DOVEADM_UIDL_DIFFERENT;
		reason = t_strdup_printf("the message's UIDL is %s", has.uidl);
	} else if (serial != 0 && serial <= import->slots) {
		result = DOVEADM_UIDL_KEPT;
	}
	doveadm_uidl_report_add(import->cmd, result, rec->record.uidl, uid,
				reason);
}

static void import_report(struct import *import)
{
	const struct uidl_match_entry *rec = import->records;
	unsigned int i;

	for (i = 0; i < import->record_count; i++, rec++) T_BEGIN {
		if (rec->result == UIDL_MATCH_FOUND)
			import_report_found(import, rec);
		else if (rec->result == UIDL_MATCH_AMBIGUOUS) {
			doveadm_uidl_report_add(import->cmd,
				DOVEADM_UIDL_AMBIGUOUS, rec->record.uidl, 0,
				t_strdup_printf("several messages or UIDLs "
					"have its %s",
					uidl_match_key_name(rec->key)));
		} else if (!rec->record.gone) {
			doveadm_uidl_report_add(import->cmd,
				DOVEADM_UIDL_UNMATCHED, rec->record.uidl, 0,
				"no message is like this");
		}
	} T_END;
}

static bool record_has_digests(const struct uidl_source_record *record)
{
	static const unsigned char none[UIDL_DIGEST_SIZE];

	return memcmp(record->guid, none, sizeof(none)) != 0 ||
		memcmp(record->content, none, sizeof(none)) != 0;
}

/* The UIDL of a message that is gone. */
static void
import_remember_one(struct import *import,
		    const struct uidl_source_record *record)
{
	struct uidl_message_slot msg;
	struct uidl_record added;
	bool taken;

	i_zero(&msg);
	memcpy(msg.guid, record->guid, sizeof(msg.guid));
	memcpy(msg.content, record->content, sizeof(msg.content));
	taken = uidl_finder_has_text(import->finder, record->uidl);
	if (uidl_finder_has_message(import->finder, record->uidl, &msg) ||
	    (taken && !record_has_digests(record))) {
		doveadm_uidl_report_add(import->cmd, DOVEADM_UIDL_KEPT,
					record->uidl, 0, "");
		return;
	}
	if (import->mode == DOVEADM_UIDL_COMPARE) {
		doveadm_uidl_report_add(import->cmd, DOVEADM_UIDL_UNMATCHED,
			record->uidl, 0, "it is not remembered");
		return;
	}
	if (taken) {
		doveadm_uidl_report_add(import->cmd, DOVEADM_UIDL_TAKEN,
					record->uidl, 0, IMPORT_TAKEN);
		return;
	}
	doveadm_uidl_report_add(import->cmd, DOVEADM_UIDL_REMEMBERED,
				record->uidl, 0, "");
	if (import->mode == DOVEADM_UIDL_TRY)
		return;
	i_zero(&added);
	added.text = record->uidl;
	added.number = record->uid;
	memcpy(added.guid, record->guid, sizeof(added.guid));
	memcpy(added.content, record->content, sizeof(added.content));
	added.size = record->size < UIDL_SIZE_UNKNOWN ?
		record->size : UIDL_SIZE_UNKNOWN;
	(void)uidl_store_add(import->ubox->store, &added);
}

/* Texts of the store of which only the hash is left, sorted. */
static void import_read_hashes(struct import *import)
{
	struct uidl_store *store = import->ubox->store;
	uint32_t slot, slots = uidl_store_slots(store);
	struct uidl_gone gone;
	unsigned int i;

	for (slot = uidl_store_first(store); slot < slots; slot++) {
		for (i = 0; i < UIDL_GONE_IN_SLOT; i++) {
			if (uidl_store_get_gone(store, slot, i, &gone) &&
			    gone.template_num == UIDL_GONE_HASHED)
				array_push_back(&import->hashes, &gone.key);
		}
	}
	array_sort(&import->hashes, uint64_cmp);
}

static bool
import_is_forgotten(struct import *import,
		    const struct uidl_source_record *record)
{
	return record->uidl[0] == '\0' ?
		array_bsearch(&import->hashes, &record->key,
			      uint64_cmp) != NULL :
		uidl_finder_has_text(import->finder, record->uidl);
}

/* The UIDL of a message of which little is left. */
static void
import_forget_one(struct import *import,
		  const struct uidl_source_record *record,
		  ARRAY_TYPE(uidl_gone) *gones)
{
	struct uidl_gone gone = {
		.template_num = UIDL_GONE_HASHED,
		.number = record->number,
		.key = record->key,
	};

	if (import->mode == DOVEADM_UIDL_COMPARE) {
		doveadm_uidl_report_add(import->cmd, DOVEADM_UIDL_UNMATCHED,
			record->uidl, 0, "it is not remembered");
		return;
	}
	doveadm_uidl_report_count(import->cmd, DOVEADM_UIDL_REMEMBERED, 1);
	if (import->mode == DOVEADM_UIDL_TRY)
		return;
	if (record->uidl[0] != '\0') {
		gone.template_num = uidl_store_get_template(
			import->ubox->store, record->uidl, record->number);
		if (gone.template_num == 0) {
			gone.template_num = UIDL_GONE_HASHED;
			gone.key = uidl_text_hash_long(record->uidl);
		}
	}
	array_push_back(gones, &gone);
}

static void
import_remember(struct import *import, const struct uidl_source_record *record,
		ARRAY_TYPE(uidl_gone) *gones)
{
	if (!record->forgotten)
		import_remember_one(import, record);
	else if (import_is_forgotten(import, record))
		doveadm_uidl_report_count(import->cmd, DOVEADM_UIDL_KEPT, 1);
	else
		import_forget_one(import, record, gones);
}

static void import_remember_all(struct import *import)
{
	const struct uidl_match_entry *rec = import->records;
	ARRAY_TYPE(uidl_gone) gones;
	unsigned int i;

	i_array_init(&gones, 16);
	import_read_hashes(import);
	for (i = 0; i < import->record_count; i++, rec++) T_BEGIN {
		if (rec->result == UIDL_MATCH_NONE && rec->record.gone)
			import_remember(import, &rec->record, &gones);
	} T_END;
	if (array_count(&gones) > 0 && import->mode == DOVEADM_UIDL_WRITE) {
		uidl_store_add_gone(import->ubox->store, array_front(&gones),
				    array_count(&gones));
	}
	array_free(&gones);
}

static bool import_has_gone(struct import *import)
{
	unsigned int i;

	for (i = 0; i < import->record_count; i++) {
		if (import->records[i].result == UIDL_MATCH_NONE &&
		    import->records[i].record.gone)
			return TRUE;
	}
	return FALSE;
}

/* The last part: what is only to be remembered, and that no later message may
   have an imported UIDL. */
static int import_finish(struct import *import)
{
	struct uidl_store *store = import->ubox->store;
	const char *error;
	int ret;

	if (import->mode != DOVEADM_UIDL_WRITE) {
		import_remember_all(import);
		return 0;
	}
	if (uidl_store_slots(store) == import->slots && !import_has_gone(import))
		return 0;
	if (uidl_store_lock(store, &error) < 0)
		return doveadm_uidl_fail(import->cmd, EX_TEMPFAIL, error);
	if (uidl_store_first(store) != import->first) {
		uidl_store_unlock(store);
		return doveadm_uidl_fail(import->cmd, EX_TEMPFAIL,
			"The store was changed by a session: repeat it");
	}
	import_remember_all(import);
	if (uidl_store_slots(store) > import->slots)
		uidl_store_set_complete(store);
	ret = uidl_store_commit(store, &error);
	uidl_store_unlock(store);
	return ret < 0 ?
		doveadm_uidl_fail(import->cmd, EX_TEMPFAIL, error) : 0;
}

static int import_run(struct import *import)
{
	if (import_match(import) < 0)
		return -1;
	import->slots = uidl_store_slots(import->ubox->store);
	import->first = uidl_store_first(import->ubox->store);
	/* it reads the store when it is first asked; what is imported is not
	   to be found by it */
	import->finder = uidl_finder_init(import->ubox->store, NULL, 0);
	(void)uidl_finder_has_text(import->finder, "");
	if (doveadm_uidl_assign(import->cmd, uidl_assign_init(import->ubox,
			import->mode == DOVEADM_UIDL_WRITE ?
			&import_owner : &import_dry_owner, import),
			"imported") < 0)
		return -1;
	import_report(import);
	return import_finish(import);
}

int doveadm_uidl_import(struct doveadm_uidl_cmd *cmd,
			struct pop3_uidl_mailbox *ubox,
			struct uidl_match *match, enum doveadm_uidl_mode mode)
{
	struct import import = {
		.cmd = cmd,
		.ubox = ubox,
		.match = match,
		.mode = mode,
	};
	struct mailbox_status status;
	int ret;

	mailbox_get_open_status(ubox->box, STATUS_UIDVALIDITY, &status);
	import.uid_validity = status.uidvalidity;
	i_array_init(&import.hashes, 16);
	import.trans = mailbox_transaction_begin(ubox->box, 0, __func__);
	import.mail = mail_alloc(import.trans, 0, NULL);
	ret = import_run(&import);
	uidl_finder_deinit(&import.finder);
	array_free(&import.hashes);
	mail_free(&import.mail);
	(void)mailbox_transaction_commit(&import.trans);
	return ret;
}
