#ifndef DOVEADM_UIDL_H
#define DOVEADM_UIDL_H

/* What the commands "doveadm pop3-uidl ..." share. Messages get their serials
   by the code of the POP3 session, which is in the plugin pop3_uidl. */

#include "doveadm-mail.h"
#include "doveadm-compat.h"
#include "pop3-uidl-mailbox.h"
#include "uidl-match.h"

/* All is done, but something differs or was left out; as with doveadm-sync. */
#define DOVEADM_UIDL_EX_DIFFERS 2

struct doveadm_uidl_report;
struct doveadm_uidl_list;

struct doveadm_uidl_cmd {
	struct doveadm_mail_cmd_context ctx;
	const char *mailbox;
	bool dry_run;

	/* import, verify */
	struct doveadm_uidl_list *list;
	struct doveadm_uidl_report *report;
	/* rename */
	const char *old_user;
};

#define DOVEADM_UIDL_CMD(_ctx) \
	(container_of(_ctx, struct doveadm_uidl_cmd, ctx))

#define DOVEADM_UIDL_PARAMS \
DOVEADM_CMD_PARAM('m', "mailbox", CMD_PARAM_STR, 0)
#define DOVEADM_UIDL_PARAM_DRY_RUN \
DOVEADM_CMD_PARAM('n', "dry-run", CMD_PARAM_BOOL, 0)
#define DOVEADM_UIDL_LIST_PARAMS \
DOVEADM_CMD_PARAM('t', "format", CMD_PARAM_STR, 0) \
DOVEADM_CMD_PARAM('o', "owner", CMD_PARAM_STR, 0) \
DOVEADM_CMD_PARAM('\0', "file", CMD_PARAM_ISTREAM, CMD_PARAM_FLAG_POSITIONAL)

/* a running server: with short options, because 2.3 wants them */
#define DOVEADM_UIDL_SERVER_PARAMS \
DOVEADM_CMD_PARAM('s', "from", CMD_PARAM_STR, 0) \
DOVEADM_CMD_PARAM('M', "master-user", CMD_PARAM_STR, 0) \
DOVEADM_CMD_PARAM('p', "password-file", CMD_PARAM_STR, 0) \
DOVEADM_CMD_PARAM('T', "tls", CMD_PARAM_STR, 0) \
DOVEADM_CMD_PARAM('C', "ca-file", CMD_PARAM_STR, 0) \
DOVEADM_CMD_PARAM('N', "no-verify", CMD_PARAM_BOOL, 0)
#define DOVEADM_UIDL_SERVER_USAGE \
	"[--from <url> [--master-user <user>] [--password-file <file>] " \
	"[--tls auto|require|never] [--ca-file <file>] [--no-verify]] "

#define DOVEADM_UIDL_USAGE DOVEADM_CMD_MAIL_USAGE_PREFIX"[-m <mailbox>] "
#define DOVEADM_UIDL_LIST_USAGE "[-t <format>] [-o <owner>] "

/* doveadm-uidl.c */

struct doveadm_uidl_cmd *doveadm_uidl_cmd_alloc(void);
/* To be called by each init(): reads the common options. */
void doveadm_uidl_cmd_init(struct doveadm_uidl_cmd *cmd);
/* Logs one sentence, and remembers the exit code. Returns -1. */
int doveadm_uidl_fail(struct doveadm_uidl_cmd *cmd, int exit_code,
		      const char *error);
/* The exit code, unless there is a worse one. */
void doveadm_uidl_set_exit_code(struct doveadm_uidl_cmd *cmd, int exit_code);
/* Is the plugin on for this user? Else -1, and it was said. */
int doveadm_uidl_check_user(struct doveadm_uidl_cmd *cmd,
			    struct mail_user *user);
/* Opens and synchronises the mailbox and its store. Returns 0, or -1 when it has
   failed and was said. */
int doveadm_uidl_open(struct doveadm_uidl_cmd *cmd, struct mail_user *user,
		      struct pop3_uidl_mailbox **ubox_r);
/* The same without the store. */
int doveadm_uidl_open_box(struct doveadm_uidl_cmd *cmd, struct mail_user *user,
			  struct pop3_uidl_mailbox **ubox_r);
void doveadm_uidl_close(struct pop3_uidl_mailbox **ubox);
/* A line on the terminal, at most one each second. NULL: it goes away. */
void doveadm_uidl_progress(struct doveadm_uidl_cmd *cmd, const char *what,
			   unsigned int done, unsigned int count);

/* doveadm-uidl-look.c */

/* The messages that the store knows and the index doesn't get the serials that
   a session would find, for our eyes only. Returns 0, or -1 when it was said. */
int doveadm_uidl_look(struct doveadm_uidl_cmd *cmd,
		      struct pop3_uidl_mailbox *ubox);
/* The same, and new messages get what they will be shown with, as far as that
   can be told outside of a session. */
int doveadm_uidl_foresee(struct doveadm_uidl_cmd *cmd,
			 struct pop3_uidl_mailbox *ubox);
/* Runs to its end, and frees. NULL: nothing to do. */
struct uidl_assign;
int doveadm_uidl_assign(struct doveadm_uidl_cmd *cmd,
			struct uidl_assign *assign, const char *what);
/* What is known by this serial, plus 1, as if it came from a list. Its UIDL is
   "" when nobody has seen it. From the data stack. */
void doveadm_uidl_get_record(struct pop3_uidl_mailbox *ubox, uint32_t serial,
			     struct uidl_source_record *record_r);
static inline uint32_t
doveadm_uidl_msg_count(const struct pop3_uidl_mailbox *ubox)
{
	return mail_index_view_get_messages_count(ubox->box->view);
}

/* doveadm-uidl-report.c: rows of "result, count, uidl, uid, reason". What went
   well is only counted, but for new messages. */

enum doveadm_uidl_result {
	/* import */
	DOVEADM_UIDL_IMPORTED,
	DOVEADM_UIDL_KEPT,
	DOVEADM_UIDL_REMEMBERED,
	DOVEADM_UIDL_UNMATCHED,
	DOVEADM_UIDL_AMBIGUOUS,
	DOVEADM_UIDL_DIFFERENT,
	DOVEADM_UIDL_TAKEN,
	/* verify */
	DOVEADM_UIDL_SHOWN,
	DOVEADM_UIDL_RECOGNISED,
	DOVEADM_UIDL_NEW,
	DOVEADM_UIDL_DUPLICATE,
	DOVEADM_UIDL_GONE,
	/* release */
	DOVEADM_UIDL_RELEASED,
	DOVEADM_UIDL_IMPOSSIBLE,
	DOVEADM_UIDL_RESULTS_COUNT
};

void doveadm_uidl_report_headers(void);
void doveadm_uidl_report_init(struct doveadm_uidl_cmd *cmd);
/* uid 0: none. */
void doveadm_uidl_report_add(struct doveadm_uidl_cmd *cmd,
			     enum doveadm_uidl_result result, const char *uidl,
			     uint32_t uid, const char *reason);
void doveadm_uidl_report_count(struct doveadm_uidl_cmd *cmd,
			       enum doveadm_uidl_result result,
			       unsigned int count);
/* Prints the counts. */
void doveadm_uidl_report_end(struct doveadm_uidl_cmd *cmd);

/* doveadm-uidl-list.c: a list that is imported, of one or more users */

/* In init(): reads --format and --owner, and asks for the file. */
void doveadm_uidl_list_init(struct doveadm_uidl_cmd *cmd);
/* After a success: what was kept for the next try goes. */
void doveadm_uidl_list_done(struct doveadm_uidl_cmd *cmd,
			    struct mail_user *user);
/* Parses it, once. Returns 0, or -1 when it can't be used; it was said. */
int doveadm_uidl_list_read(struct doveadm_uidl_cmd *cmd);
/* Adds the records of this user and mailbox. Returns 1, 0 when there are none
   and that is no mistake, -1 when it was said. */
int doveadm_uidl_list_get(struct doveadm_uidl_cmd *cmd, struct mail_user *user,
			  struct uidl_match *match);
void doveadm_uidl_list_deinit(struct doveadm_uidl_list **list);

/* doveadm-uidl-server.c: a POP3 server in the place of a list */

struct uidl_pop3;
/* Reads the options, and the password. Returns 0, or -1 when it was said. */
int doveadm_uidl_server_init(struct doveadm_uidl_cmd *cmd, const char *from,
			     struct uidl_pop3 **pop3_r);
/* As doveadm_uidl_list_get() */
int doveadm_uidl_server_get(struct doveadm_uidl_cmd *cmd,
			    struct uidl_pop3 *pop3, struct mail_user *user,
			    struct uidl_match *match);

/* doveadm-uidl-import.c */

enum doveadm_uidl_mode {
	DOVEADM_UIDL_WRITE,
	/* say what would be written */
	DOVEADM_UIDL_TRY,
	/* say what is different from the list */
	DOVEADM_UIDL_COMPARE,
};

/* Gives the messages of the mailbox the UIDLs of the list, and adds to the
   report what became of each. Returns 0, or -1 when it was said. */
int doveadm_uidl_import(struct doveadm_uidl_cmd *cmd,
			struct pop3_uidl_mailbox *ubox,
			struct uidl_match *match, enum doveadm_uidl_mode mode);

extern const struct doveadm_cmd_ver2 doveadm_uidl_cmd_export;
extern const struct doveadm_cmd_ver2 doveadm_uidl_cmd_forget;
extern const struct doveadm_cmd_ver2 doveadm_uidl_cmd_import;
extern const struct doveadm_cmd_ver2 doveadm_uidl_cmd_list;
extern const struct doveadm_cmd_ver2 doveadm_uidl_cmd_release;
extern const struct doveadm_cmd_ver2 doveadm_uidl_cmd_rename;
extern const struct doveadm_cmd_ver2 doveadm_uidl_cmd_verify;

#endif
