/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "hash.h"
#include "istream.h"
#include "str.h"

#include "doveadm-uidl.h"
#include "uidl-pop3.h"
#include "uidl-pop3-state.h"

#include <sysexits.h>

struct list_part {
	/* NULL: the list does not say whose it is */
	const char *user, *mailbox;
	ARRAY(struct uidl_source_record) records;
};

struct doveadm_uidl_list {
	pool_t pool;
	const struct uidl_source *source;
	/* instead of a source: a server */
	struct uidl_pop3 *pop3;
	/* whose part is read, if it is not the user's own */
	const char *owner;

	HASH_TABLE(char *, struct list_part *) parts;
	/* of the first part, for an error */
	struct list_part *first;
	bool read, failed;
};

static const char *list_formats(void)
{
	const struct uidl_source *source = NULL;
	string_t *str = t_str_new(64);

	while ((source = uidl_source_next(source)) != NULL) {
		if (str_len(str) > 0)
			str_append(str, ", ");
		str_append(str, source->name);
	}
	return str_c(str);
}

void doveadm_uidl_list_init(struct doveadm_uidl_cmd *cmd)
{
	struct doveadm_cmd_context *cctx = cmd->ctx.cctx;
	struct doveadm_uidl_list *list;
	const char *format, *from;

	list = p_new(cmd->ctx.pool, struct doveadm_uidl_list, 1);
	list->pool = cmd->ctx.pool;
	hash_table_create(&list->parts, list->pool, 0, str_hash, strcmp);
	cmd->list = list;
	if (doveadm_cmd_param_str(cctx, "from", &from)) {
		list->failed = doveadm_uidl_server_init(cmd, from,
							&list->pop3) < 0;
		list->read = TRUE;
		return;
	}
	if (!doveadm_cmd_param_str(cctx, "format", &format))
		format = uidl_source_own.name;
	list->source = uidl_source_find(format);
	if (list->source == NULL) {
		doveadm_uidl_fail(cmd, EX_USAGE, t_strdup_printf(
			"Unknown format %s: it is none of %s", format,
			list_formats()));
		list->read = list->failed = TRUE;
	}
	(void)doveadm_cmd_param_str(cctx, "owner", &list->owner);
	doveadm_mail_get_input(&cmd->ctx);
}

static const char *list_key(const char *user, const char *mailbox)
{
	if (mailbox != NULL && strcasecmp(mailbox, "INBOX") == 0)
		mailbox = "INBOX";
	/* no name of a mailbox has an LF in it */
	return t_strdup_printf("%s\n%s", mailbox == NULL ? "" : mailbox,
			       user == NULL ? "" : user);
}

static struct list_part *
list_part_get(struct doveadm_uidl_list *list,
	      const struct uidl_source_record *record)
{
	const char *key = list_key(record->user, record->mailbox);
	struct list_part *part = hash_table_lookup(list->parts, key);

	if (part != NULL)
		return part;
	part = p_new(list->pool, struct list_part, 1);
	part->user = p_strdup(list->pool, record->user);
	part->mailbox = p_strdup(list->pool, record->mailbox);
	p_array_init(&part->records, list->pool, 64);
	hash_table_insert(list->parts, p_strdup(list->pool, key), part);
	if (list->first == NULL)
		list->first = part;
	return part;
}

static int
list_add(void *context, const struct uidl_source_record *record,
	 const char **error_r ATTR_UNUSED)
{
	struct doveadm_uidl_list *list = context;
	struct list_part *part = list_part_get(list, record);
	struct uidl_source_record *copy = array_append_space(&part->records);

	*copy = *record;
	copy->uidl = p_strdup(list->pool, record->uidl);
	copy->file_name = p_strdup(list->pool, record->file_name);
	copy->message_id = p_strdup(list->pool, record->message_id);
	copy->user = part->user;
	copy->mailbox = part->mailbox;
	return 0;
}

int doveadm_uidl_list_read(struct doveadm_uidl_cmd *cmd)
{
	struct doveadm_uidl_list *list = cmd->list;
	const char *error;

	if (list->read)
		return list->failed ? -1 : 0;
	list->read = TRUE;
	if (uidl_source_read(list->source, cmd->ctx.cmd_input, list_add, list,
			     &error) == 0)
		return 0;
	list->failed = TRUE;
	return doveadm_uidl_fail(cmd, EX_DATAERR, error);
}

/* The list has nothing, or is of somebody else: with -A that is no mistake. */
static int
list_has_none(struct doveadm_uidl_cmd *cmd, const char *owner)
{
	const struct list_part *first = cmd->list->first;
	const char *file = i_stream_get_name(cmd->ctx.cmd_input);

	bool all = !cmd->ctx.iterate_single_user;

	if (first == NULL || (all && first->user != NULL))
		return 0;
	if (all) {
		return doveadm_uidl_fail(cmd, EX_DATAERR, t_strdup_printf(
			"%s: does not say whose UIDLs it has: give one user",
			file));
	}
	return doveadm_uidl_fail(cmd, EX_DATAERR, t_strdup_printf(
		"%s: has no UIDLs of user %s, mailbox %s; the first are of "
		"user %s, mailbox %s", file, owner, cmd->mailbox,
		first->user == NULL ? "?" : first->user,
		first->mailbox == NULL ? "?" : first->mailbox));
}

int doveadm_uidl_list_get(struct doveadm_uidl_cmd *cmd, struct mail_user *user,
			  struct uidl_match *match)
{
	struct doveadm_uidl_list *list = cmd->list;
	const char *owner = list->owner != NULL ? list->owner : user->username;
	const struct uidl_source_record *record;
	struct list_part *part;

	if (list->pop3 != NULL)
		return doveadm_uidl_server_get(cmd, list->pop3, user, match);
	part = hash_table_lookup(list->parts, list_key(owner, cmd->mailbox));
	if (part == NULL)
		part = hash_table_lookup(list->parts, list_key(owner, NULL));
	if (part == NULL && cmd->ctx.iterate_single_user) {
		part = hash_table_lookup(list->parts,
					 list_key(NULL, cmd->mailbox));
	}
	if (part == NULL && cmd->ctx.iterate_single_user)
		part = hash_table_lookup(list->parts, list_key(NULL, NULL));
	if (part == NULL)
		return list_has_none(cmd, owner);
	array_foreach(&part->records, record)
		uidl_match_add_record(match, record);
	return 1;
}

void doveadm_uidl_list_done(struct doveadm_uidl_cmd *cmd,
			    struct mail_user *user)
{
	if (cmd->list->pop3 != NULL)
		uidl_pop3_state_remove(user);
}

void doveadm_uidl_list_deinit(struct doveadm_uidl_list **_list)
{
	struct doveadm_uidl_list *list = *_list;

	if (list == NULL)
		return;
	*_list = NULL;
	uidl_pop3_deinit(&list->pop3);
	hash_table_destroy(&list->parts);
}
