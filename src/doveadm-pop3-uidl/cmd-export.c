/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* doveadm pop3-uidl export: all that is remembered of a mailbox, as
   doc/spec/uidl-export.txt says */

#include "lib.h"
#include "str.h"
#include "doveadm-print.h"

#include "doveadm-uidl.h"

static void export_line(string_t *line)
{
	str_truncate(line, str_len(line) - 1);
	doveadm_print(str_c(line));
	str_truncate(line, 0);
}

/* UIDs of the store's messages by their serials; 0: it is gone. */
static uint32_t *export_uids(struct pop3_uidl_mailbox *ubox)
{
	uint32_t *uids = i_new(uint32_t, uidl_store_slots(ubox->store) + 1);
	uint32_t seq, serial, count = doveadm_uidl_msg_count(ubox);

	for (seq = 1; seq <= count; seq++) {
		serial = pop3_uidl_mailbox_serial(ubox, seq);
		if (serial == 0 || serial > uidl_store_slots(ubox->store))
			continue;
		mail_index_lookup_uid(ubox->box->view, seq, &uids[serial - 1]);
	}
	return uids;
}

/* Messages of which little is left. Returns how many. */
static unsigned int
export_forgotten(struct pop3_uidl_mailbox *ubox, string_t *line)
{
	struct uidl_source_record record;
	uint32_t slot, slots = uidl_store_slots(ubox->store);
	unsigned int i, count = 0;
	struct uidl_gone gone;
	string_t *text = t_str_new(128);

	for (slot = uidl_store_first(ubox->store); slot < slots; slot++) {
		for (i = 0; i < UIDL_GONE_IN_SLOT; i++) {
			if (!uidl_store_get_gone(ubox->store, slot, i, &gone))
				continue;
			str_truncate(text, 0);
			uidl_source_record_init(&record);
			record.gone = record.forgotten = TRUE;
			record.number = gone.number;
			record.key = gone.key;
			if (gone.template_num != UIDL_GONE_HASHED &&
			    !uidl_store_expand(ubox->store, gone.template_num,
					       gone.number, text))
				continue;
			record.uidl = str_c(text);
			uidl_own_write_record(line, &record);
			export_line(line);
			count++;
		}
	}
	return count;
}

static void
export_store(struct pop3_uidl_mailbox *ubox, const char *username,
	     uint32_t uid_validity)
{
	uint32_t *uids = export_uids(ubox);
	uint32_t first = uidl_store_first(ubox->store);
	uint32_t serial, slots = uidl_store_slots(ubox->store);
	string_t *line = str_new(default_pool, 256);
	struct uidl_source_record record;
	unsigned int count = 0;

	uidl_own_write_head(line, username, ubox->box->vname);
	export_line(line);
	for (serial = first; serial < slots; serial++) T_BEGIN {
		doveadm_uidl_get_record(ubox, serial + 1, &record);
		record.uid = uids[serial];
		record.uid_validity = uid_validity;
		record.gone = record.uid == 0;
		if (record.uidl[0] != '\0') {
			uidl_own_write_record(line, &record);
			export_line(line);
			count++;
		}
	} T_END;
	count += export_forgotten(ubox, line);
	uidl_own_write_end(line, count);
	export_line(line);
	str_free(&line);
	i_free(uids);
}

static int
cmd_export_run(struct doveadm_mail_cmd_context *ctx, struct mail_user *user)
{
	struct doveadm_uidl_cmd *cmd = DOVEADM_UIDL_CMD(ctx);
	struct pop3_uidl_mailbox *ubox;
	struct mailbox_status status;
	int ret = 0;

	if (doveadm_uidl_open(cmd, user, &ubox) < 0)
		return -1;
	mailbox_get_open_status(ubox->box, STATUS_UIDVALIDITY, &status);
	if (!pop3_uidl_mailbox_view_is_current(ubox, ubox->box->view))
		ret = doveadm_uidl_look(cmd, ubox);
	if (ret == 0)
		export_store(ubox, user->username, status.uidvalidity);
	doveadm_uidl_close(&ubox);
	return ret;
}

static void
cmd_export_init(struct doveadm_mail_cmd_context *ctx DOVEADM_INIT_ARGS)
{
	doveadm_uidl_cmd_init(DOVEADM_UIDL_CMD(ctx));
	doveadm_print_header_simple("line");
	/* no user's name before each line, which has it already */
	doveadm_print_formatted_set_format("%{line}\n");
}

static struct doveadm_mail_cmd_context *cmd_export_alloc(void)
{
	struct doveadm_uidl_cmd *cmd = doveadm_uidl_cmd_alloc();

	cmd->ctx.v.init = cmd_export_init;
	cmd->ctx.v.run = cmd_export_run;
	doveadm_print_init(DOVEADM_PRINT_TYPE_FORMATTED);
	return &cmd->ctx;
}

const struct doveadm_cmd_ver2 doveadm_uidl_cmd_export = {
	.name = "pop3-uidl export",
	.mail_cmd = cmd_export_alloc,
	.usage = DOVEADM_UIDL_USAGE,
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_MAIL_COMMON
DOVEADM_UIDL_PARAMS
DOVEADM_CMD_PARAMS_END
};
