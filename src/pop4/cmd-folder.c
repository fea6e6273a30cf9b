/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* folders, mkdir, rmdir, rename */

#include "lib.h"

#include "pop4-conn.h"
#include "pop4-output.h"
#include "pop4-rows.h"

static int folder_arg(struct pop4_conn *conn, const char *name,
		      const char **arg_r)
{
	const char *error;

	if (pop4_quote(name, arg_r, &error) < 0)
		return pop4_fail(conn, POP4_EXIT_USAGE, "%s", error);
	return 0;
}

static int folder_row(struct pop4_output *output, const char *line)
{
	struct pop4_folder_line folder;

	if (pop4_parse_folder(line, &folder) < 0)
		return -1;
	pop4_row_begin(output);
	pop4_row_text(output, "folder", folder.name);
	pop4_row_number(output, "messages", folder.messages);
	pop4_row_number(output, "unseen", folder.unseen);
	pop4_row_number(output, "octets", folder.octets);
	pop4_row_words(output, "attributes", folder.attributes);
	return 0;
}

int pop4_cmd_folders(struct pop4_conn *conn, struct pop4_output *output,
		     const char *const *args)
{
	const char *pattern;

	if (pop4_require(conn, "FOLDERS", "folders") < 0)
		return -1;
	if (args[0] == NULL) {
		if (pop4_command(conn, NULL, "LFLD") < 0)
			return -1;
	} else if (folder_arg(conn, args[0], &pattern) < 0 ||
		   pop4_command(conn, NULL, "LFLD %s", pattern) < 0)
		return -1;
	return pop4_rows(conn, output, folder_row);
}

/* What there is to say is the name, for --json. */
static int folder_done(struct pop4_conn *conn, struct pop4_output *output,
		       const char *name)
{
	if (!conn->set->json)
		return 0;
	pop4_row_begin(output);
	pop4_row_text(output, "folder", name);
	return pop4_row_end(output);
}

static int folder_change(struct pop4_conn *conn, struct pop4_output *output,
			 const char *verb, const char *name)
{
	const char *arg;

	if (pop4_require(conn, "FOLDERS", "folders") < 0 ||
	    folder_arg(conn, name, &arg) < 0 ||
	    pop4_change(conn, NULL, "%s %s", verb, arg) < 0)
		return -1;
	return folder_done(conn, output, name);
}

int pop4_cmd_mkdir(struct pop4_conn *conn, struct pop4_output *output,
		   const char *const *args)
{
	return folder_change(conn, output, "CFLD", args[0]);
}

int pop4_cmd_rmdir(struct pop4_conn *conn, struct pop4_output *output,
		   const char *const *args)
{
	return folder_change(conn, output, "DFLD", args[0]);
}

/*
 * rename
 */

static const char *folder_parent(const char *name)
{
	const char *p = strrchr(name, '/');

	return p == NULL ? "" : t_strdup_until(name, p);
}

static const char *folder_base(const char *name)
{
	const char *p = strrchr(name, '/');

	return p == NULL ? name : p + 1;
}

static int folder_change2(struct pop4_conn *conn, const char *verb,
			  const char *name, const char *to)
{
	const char *arg, *to_arg;

	if (folder_arg(conn, name, &arg) < 0 ||
	    folder_arg(conn, to, &to_arg) < 0)
		return -1;
	return pop4_change(conn, NULL, "%s %s %s", verb, arg, to_arg);
}

/* The folder has its new parent and not its new name: it goes back. */
static int rename_undo(struct pop4_conn *conn, const char *moved,
		       const char *from)
{
	enum pop4_exit exit = conn->exit;
	const char *error = conn->error;

	if (exit != POP4_EXIT_REFUSED && exit != POP4_EXIT_TEMPORARY)
		return -1;
	conn->error = NULL;
	if (folder_change2(conn, "MOVF", moved, folder_parent(from)) < 0) {
		error = p_strdup_printf(conn->pool, "%s; the folder is now %s",
					error, moved);
	}
	conn->error = error;
	conn->exit = exit;
	return -1;
}

int pop4_cmd_rename(struct pop4_conn *conn, struct pop4_output *output,
		    const char *const *args)
{
	const char *from = args[0], *to = args[1], *moved = from;
	const char *parent = folder_parent(to), *base = folder_base(to);

	if (pop4_require(conn, "FOLDERS", "folders") < 0)
		return -1;
	if (strcmp(from, to) == 0 || *base == '\0') {
		return pop4_fail(conn, POP4_EXIT_USAGE,
				 "%s is no other name for the folder", to);
	}
	if (strcmp(parent, folder_parent(from)) != 0) {
		if (folder_change2(conn, "MOVF", from, parent) < 0)
			return -1;
		moved = *parent == '\0' ? folder_base(from) :
			t_strconcat(parent, "/", folder_base(from), NULL);
	}
	if (strcmp(base, folder_base(from)) != 0 &&
	    folder_change2(conn, "RENF", moved, base) < 0)
		return moved == from ? -1 : rename_undo(conn, moved, from);
	return folder_done(conn, output, to);
}
