/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* store, send */

#include "lib.h"

#include "dovecot-compat.h"
#include "pop4-conn.h"
#include "pop4-output.h"
#include "pop4-transfer.h"

/* The message follows the command's first +OK; what the second one says. */
static int send_message(struct pop4_conn *conn, const char *path,
			const char *command, const char **text_r)
{
	struct pop4_status_line status;
	struct pop4_source *source;
	int ret;

	ret = pop4_source_open(conn, path, &source);
	if (ret == 0)
		ret = pop4_command(conn, NULL, "%s", command);
	if (ret == 0)
		ret = pop4_source_send(source, &status);
	if (ret == 0)
		*text_r = status.text;
	pop4_source_close(&source);
	return ret;
}

static int store_command(struct pop4_conn *conn, const char **command_r)
{
	const char *folder = conn->set->folder, *flags = conn->set->flags;
	const char *arg, *error;

	if (pop4_quote(folder == NULL ? "INBOX" : folder, &arg, &error) < 0)
		return pop4_fail(conn, POP4_EXIT_USAGE, "%s", error);
	if (flags != NULL && !pop4_is_flags(flags)) {
		return pop4_fail(conn, POP4_EXIT_USAGE, "%s are not flags "
			"with commas between them", flags);
	}
	*command_r = t_strdup_printf("STOR %s%s%s", arg,
				     flags == NULL ? "" : " ",
				     flags == NULL ? "" : flags);
	return 0;
}

int pop4_cmd_store(struct pop4_conn *conn, struct pop4_output *output,
		   const char *const *args)
{
	const char *command = NULL, *text = NULL, *uid = NULL;

	if (pop4_require(conn, "MESSAGES", "folders to store in") < 0 ||
	    store_command(conn, &command) < 0 ||
	    send_message(conn, args[0], command, &text) < 0)
		return -1;
	/* +OK stored uid */
	if (str_begins_with(text, "stored "))
		uid = t_strcut(text + strlen("stored "), ' ');
	if (uid != NULL && strcmp(uid, "-") == 0)
		uid = NULL;
	pop4_row_begin(output);
	pop4_row_text(output, "uid", uid);
	return pop4_row_end(output);
}

int pop4_cmd_send(struct pop4_conn *conn, struct pop4_output *output,
		  const char *const *args)
{
	const char *text = NULL;

	if (send_message(conn, args[0], "XTND XMIT", &text) < 0)
		return -1;
	pop4_row_begin(output);
	pop4_row_text(output, "text", text);
	return pop4_row_end(output);
}
