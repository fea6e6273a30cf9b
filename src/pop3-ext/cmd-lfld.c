/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* LFLD - list folders (doc/spec/pop4.txt)

     LFLD [pattern] CRLF

   C: LFLD
   S: +OK 4 folders
   S: INBOX 12 3 48120 SELECTED,INBOX
   S: Archive - - - NOSELECT,CHILDREN
   S: "Archive/Old post" 340 0 9120033 -
   S: Sent 55 0 220190 SENT
   S: .

   Name, messages, unseen messages, octets, attributes. The names are collected
   first, for their number and order. With a view only the selection is counted,
   as the view shows it. Each folder is looked at when its line is
   due. The host answers from its list index, without opening the folder, as it
   does for STATUS of IMAP. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "ostream.h"
#include "mail-storage-private.h"
#include "mailbox-list-iter.h"
#include "mail-namespace.h"
#include "mail-user.h"
#include "pop3-common.h"

#include "maildrop-view.h"
#include "pop4.h"
#include "pop4-args.h"
#include "pop4-folder-name.h"
#include "cmd.h"

#define LFLD_ITER_FLAGS \
	(MAILBOX_LIST_ITER_RETURN_CHILDREN | MAILBOX_LIST_ITER_RETURN_SPECIALUSE)
/* Who has children is seen from the list itself then. The host would look for
   new mail in each folder, which we do later. */
#define LFLD_ITER_ALL_FLAGS \
	(MAILBOX_LIST_ITER_RETURN_NO_FLAGS | MAILBOX_LIST_ITER_RETURN_SPECIALUSE)
/* looked at before other connections get their turn */
#define LFLD_STEP 50
#define LFLD_STATUS_ITEMS (STATUS_MESSAGES | STATUS_UNSEEN | STATUS_RECENT)

struct lfld_folder {
	/* on the wire */
	const char *name;
	const char *vname;
	struct mail_namespace *ns;
	enum mailbox_info_flags flags;
	const char *special_use;
};

struct cmd_lfld {
	struct pop3_ext_command_context *cmd;
	ARRAY(struct lfld_folder) folders;
	unsigned int next;
};

/* What of a folder is found by looking at it */
struct lfld_status {
	struct mailbox_status status;
	uoff_t octets;
	bool have_status, have_octets, readonly;
};

static const struct {
	const char *use, *attr;
} special_uses[] = {
	{ "\\Sent", "SENT" },
	{ "\\Drafts", "DRAFTS" },
	{ "\\Trash", "TRASH" },
	{ "\\Junk", "JUNK" },
	{ "\\Archive", "ARCHIVE" },
};

static bool lfld_is_inbox(const struct lfld_folder *folder)
{
	return strcmp(folder->vname, "INBOX") == 0 &&
		(folder->ns->flags & NAMESPACE_FLAG_INBOX_USER) != 0;
}

/* INBOX first, then by name, with what is below a folder right after it. */
static int
lfld_folder_cmp(const struct lfld_folder *f1, const struct lfld_folder *f2)
{
	const unsigned char *n1 = (const unsigned char *)f1->name;
	const unsigned char *n2 = (const unsigned char *)f2->name;

	if (lfld_is_inbox(f1) || lfld_is_inbox(f2))
		return lfld_is_inbox(f1) ? -1 : 1;
	while (*n1 == *n2 && *n1 != '\0')
		n1++, n2++;
	if (*n1 == '/')
		return *n2 == '\0' ? 1 : -1;
	if (*n2 == '/')
		return *n1 == '\0' ? -1 : 1;
	return *n1 - *n2;
}

static void
lfld_add(struct cmd_lfld *lfld, const struct mailbox_info *info)
{
	pool_t pool = lfld->cmd->pool;
	struct lfld_folder *folder;
	const char *name = pop4_folder_wire_name(info->ns, info->vname);

	if (!pop4_word_is_valid(name))
		return; /* no client could name it */
	folder = array_append_space(&lfld->folders);
	folder->vname = p_strdup(pool, info->vname);
	folder->name = name == info->vname ? folder->vname :
		p_strdup(pool, name);
	folder->ns = info->ns;
	folder->flags = info->flags;
	folder->special_use = p_strdup(pool, info->special_use);
}

static bool
lfld_is_below(const struct lfld_folder *folder, const struct lfld_folder *parent)
{
	return str_begins_with(folder->name, parent->name) &&
		folder->name[strlen(parent->name)] == '/';
}

/* Children come right after their parent, but for those of INBOX. */
static void lfld_mark_parents(struct cmd_lfld *lfld)
{
	struct lfld_folder *folders, *inbox = NULL;
	unsigned int i, count;

	folders = array_get_modifiable(&lfld->folders, &count);
	if (count > 0 && lfld_is_inbox(&folders[0]))
		inbox = &folders[0];
	for (i = 1; i < count; i++) {
		if (lfld_is_below(&folders[i], &folders[i - 1]))
			folders[i - 1].flags |= MAILBOX_CHILDREN;
		if (inbox != NULL && lfld_is_below(&folders[i], inbox))
			inbox->flags |= MAILBOX_CHILDREN;
	}
}

static int lfld_collect(struct cmd_lfld *lfld, const char *pattern)
{
	enum mailbox_list_iter_flags flags = strcmp(pattern, "*") == 0 ?
		LFLD_ITER_ALL_FLAGS : LFLD_ITER_FLAGS;
	struct mail_namespace *namespaces = lfld->cmd->client->user->namespaces;
	struct mailbox_list_iterate_context *iter;
	const struct mailbox_info *info;
	const char *patterns[] = {
		pop4_folder_name_translate(
			pattern, mail_namespaces_get_root_sep(namespaces)),
		NULL
	};

	iter = mailbox_list_iter_init_namespaces(namespaces, patterns,
						 MAIL_NAMESPACE_TYPE_MASK_ALL,
						 flags);
	while ((info = mailbox_list_iter_next(iter)) != NULL) T_BEGIN {
		lfld_add(lfld, info);
	} T_END;
	return mailbox_list_iter_deinit(&iter);
}

static void lfld_count(struct cmd_lfld *lfld, struct mailbox *box,
		       struct lfld_status *status_r)
{
	struct mailbox_metadata metadata;

	if (mailbox_get_status(box, LFLD_STATUS_ITEMS, &status_r->status) < 0)
		return;
	status_r->have_status = TRUE;
	if (lfld->cmd->set->pop3_ext_pop4_octets &&
	    mailbox_get_metadata(box, MAILBOX_METADATA_VIRTUAL_SIZE,
				 &metadata) == 0) {
		status_r->have_octets = TRUE;
		status_r->octets = metadata.virtual_size;
	}
}

/* The view of a folder is only known while the folder is selected. */
static void lfld_count_view(struct cmd_lfld *lfld,
			    const struct lfld_folder *folder,
			    struct lfld_status *status_r)
{
	struct client *client = lfld->cmd->client;

	if (!mailbox_equals(client->mailbox, folder->ns, folder->vname))
		return;
	status_r->have_status = TRUE;
	status_r->status.messages = client->messages_count;
	status_r->status.unseen = maildrop_view_unseen(client);
	if (lfld->cmd->set->pop3_ext_pop4_octets) {
		status_r->have_octets = TRUE;
		status_r->octets = client->total_size;
	}
}

static void lfld_look_at(struct cmd_lfld *lfld,
			 const struct lfld_folder *folder,
			 struct lfld_status *status_r)
{
	struct mailbox *box;
	const char *path;

	i_zero(status_r);
	if ((folder->flags & (MAILBOX_NOSELECT | MAILBOX_NONEXISTENT)) != 0)
		return;
	box = mailbox_alloc(folder->ns->list, folder->vname, 0);
	if (maildrop_view_is_part(lfld->cmd->eclient))
		lfld_count_view(lfld, folder, status_r);
	else
		lfld_count(lfld, box, status_r);
	/* it need not be opened for this, but have its path */
	if (mailbox_get_path_to(box, MAILBOX_LIST_PATH_TYPE_MAILBOX,
				&path) > 0)
		status_r->readonly = box->v.is_readonly(box);
	mailbox_free(&box);
}

static void lfld_append_special_use(string_t *str, const char *uses)
{
	const char *const *use;
	unsigned int i;

	if (uses == NULL)
		return;
	for (use = t_strsplit_spaces(uses, " "); *use != NULL; use++) {
		for (i = 0; i < N_ELEMENTS(special_uses); i++) {
			if (strcasecmp(*use, special_uses[i].use) == 0)
				str_printfa(str, "%s,", special_uses[i].attr);
		}
	}
}

static void lfld_append_attrs(struct cmd_lfld *lfld, string_t *str,
			      const struct lfld_folder *folder,
			      const struct lfld_status *status)
{
	size_t start = str_len(str);

	if (mailbox_equals(lfld->cmd->client->mailbox, folder->ns,
			   folder->vname))
		str_append(str, "SELECTED,");
	if ((folder->flags & (MAILBOX_NOSELECT | MAILBOX_NONEXISTENT)) != 0)
		str_append(str, "NOSELECT,");
	if (status->readonly)
		str_append(str, "READONLY,");
	if ((folder->flags & MAILBOX_CHILDREN) != 0)
		str_append(str, "CHILDREN,");
	if (status->have_status && status->status.recent > 0)
		str_append(str, "NEW,");
	if (lfld_is_inbox(folder))
		str_append(str, "INBOX,");
	lfld_append_special_use(str, folder->special_use);

	if (str_len(str) == start)
		str_append_c(str, '-');
	else
		str_truncate(str, str_len(str) - 1);
}

static void
lfld_send(struct cmd_lfld *lfld, const struct lfld_folder *folder)
{
	string_t *str = t_str_new(256);
	struct lfld_status status;

	lfld_look_at(lfld, folder, &status);
	pop4_word_append(str, folder->name);
	if (status.have_status) {
		str_printfa(str, " %u %u ", status.status.messages,
			    status.status.unseen);
	} else {
		str_append(str, " - - ");
	}
	if (status.have_octets)
		str_printfa(str, "%"PRIuUOFF_T, status.octets);
	else
		str_append_c(str, '-');
	str_append_c(str, ' ');
	lfld_append_attrs(lfld, str, folder, &status);
	pop4_send_line(lfld->cmd->client, str);
}

static enum pop3_ext_result cmd_lfld_more(struct pop3_ext_command_context *cmd)
{
	struct cmd_lfld *lfld = cmd->context;
	unsigned int i;

	for (i = 0; lfld->next < array_count(&lfld->folders); i++) {
		if (cmd->client->output->closed)
			return POP3_EXT_FAILED;
		if (i == LFLD_STEP || POP3_CLIENT_OUTPUT_FULL(cmd->client))
			return POP3_EXT_MORE;
		T_BEGIN {
			lfld_send(lfld, array_idx(&lfld->folders, lfld->next));
		} T_END;
		lfld->next++;
	}
	client_send_line(cmd->client, ".");
	return POP3_EXT_OK;
}

static void
cmd_lfld_abort(struct pop3_ext_command_context *cmd ATTR_UNUSED)
{
}

static enum pop3_ext_result cmd_lfld_run(struct pop3_ext_command_context *cmd)
{
	struct cmd_lfld *lfld;

	lfld = p_new(cmd->pool, struct cmd_lfld, 1);
	lfld->cmd = cmd;
	p_array_init(&lfld->folders, cmd->pool, 64);
	cmd->context = lfld;
	cmd->more = cmd_lfld_more;
	cmd->abort = cmd_lfld_abort;

	if (lfld_collect(lfld, cmd->args[0] == NULL ? "*" : cmd->args[0]) < 0) {
		return pop4_reply_failed(cmd, "SYS/TEMP", POP4_SERVER_ERROR,
					 "The folders can't be listed");
	}
	array_sort(&lfld->folders, lfld_folder_cmp);
	lfld_mark_parents(lfld);
	client_send_line(cmd->client, "+OK %u folders",
			 array_count(&lfld->folders));
	return cmd_lfld_more(cmd);
}

const struct pop3_ext_command cmd_lfld = {
	.name = "LFLD",
	.args = "[pattern]",
	.max_args = 1,
	POP4_GROUP("folders"),
	POP4_ANNOUNCES("FOLDERS"),
	.features = POP3_EXT_FEATURE_LFLD,
	.run = cmd_lfld_run,
};
