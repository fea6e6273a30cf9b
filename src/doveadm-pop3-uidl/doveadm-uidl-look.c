/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"

#include "doveadm-uidl.h"
#include "uidl-assign.h"

#include <sysexits.h>

static bool
look_is_unwanted(void *context ATTR_UNUSED, struct mail *mail ATTR_UNUSED,
		 uint32_t seq ATTR_UNUSED)
{
	return FALSE;
}

static const struct uidl_assign_owner look_owner = {
	.is_unwanted = look_is_unwanted,
	.dry_run = TRUE,
};

static int
foresee_texts(void *context, struct mail *mail, const uint32_t *seqs,
	      unsigned int count, const char **texts_r, uint32_t *sizes_r,
	      const char **error_r ATTR_UNUSED)
{
	struct pop3_uidl_mailbox *ubox = context;
	unsigned int i;

	for (i = 0; i < count; i++) {
		mail_set_seq(mail, seqs[i]);
		sizes_r[i] = UIDL_SIZE_UNKNOWN;
		if (pop3_uidl_mailbox_host_text(ubox, mail, &texts_r[i]) < 0)
			texts_r[i] = NULL;
		else
			texts_r[i] = t_strdup(texts_r[i]);
	}
	return 0;
}

static const struct uidl_assign_owner foresee_owner = {
	.is_unwanted = look_is_unwanted,
	.get_texts = foresee_texts,
	.dry_run = TRUE,
};

int doveadm_uidl_assign(struct doveadm_uidl_cmd *cmd,
			struct uidl_assign *assign, const char *what)
{
	unsigned int done, count;
	const char *error = NULL;
	int ret = assign == NULL ? 1 : 0;

	while (ret == 0 && !doveadm_is_killed()) {
		uidl_assign_progress(assign, &done, &count);
		doveadm_uidl_progress(cmd, what, done, count);
		T_BEGIN {
			ret = uidl_assign_more(assign, &error);
		} T_END_PASS_STR_IF(ret < 0, &error);
	}
	uidl_assign_deinit(&assign);
	doveadm_uidl_progress(cmd, NULL, 0, 0);
	if (ret > 0)
		return 0;
	return doveadm_uidl_fail(cmd, EX_TEMPFAIL,
		ret < 0 ? error : "Ended by a signal");
}

int doveadm_uidl_look(struct doveadm_uidl_cmd *cmd,
		      struct pop3_uidl_mailbox *ubox)
{
	return doveadm_uidl_assign(cmd,
		uidl_assign_init(ubox, &look_owner, NULL), "looked at");
}

int doveadm_uidl_foresee(struct doveadm_uidl_cmd *cmd,
			 struct pop3_uidl_mailbox *ubox)
{
	return doveadm_uidl_assign(cmd,
		uidl_assign_init(ubox, &foresee_owner, ubox), "looked at");
}

void doveadm_uidl_get_record(struct pop3_uidl_mailbox *ubox, uint32_t serial,
			     struct uidl_source_record *record_r)
{
	struct uidl_message_slot slot;
	string_t *str = t_str_new(128);

	uidl_source_record_init(record_r);
	record_r->uidl = "";
	if (serial == 0 || !uidl_store_get(ubox->store, serial - 1, &slot) ||
	    !uidl_store_get_text(ubox->store, serial - 1, str))
		return;
	record_r->uidl = str_c(str);
	memcpy(record_r->guid, slot.guid, sizeof(record_r->guid));
	memcpy(record_r->content, slot.content, sizeof(record_r->content));
	if (slot.size != UIDL_SIZE_UNKNOWN)
		record_r->size = slot.size;
}
