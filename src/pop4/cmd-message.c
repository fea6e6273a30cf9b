/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* messages, flag, copy, move */

#include "lib.h"
#include "array.h"

#include "dovecot-compat.h"
#include "pop4-conn.h"
#include "pop4-numbers.h"
#include "pop4-output.h"
#include "pop4-rows.h"

#include <ctype.h>

static const char *const no_flags[] = { NULL };

static void message_row(struct pop4_output *output,
			const struct pop4_message_line *msg)
{
	pop4_row_begin(output);
	pop4_row_number(output, "message", msg->number);
	pop4_row_number(output, "octets", msg->octets);
	pop4_row_text(output, "uid", msg->uid);
	pop4_row_words(output, "flags", msg->flags);
}

static int lmsg_row(struct pop4_output *output, const char *line)
{
	struct pop4_message_line msg;

	if (pop4_parse_message(line, &msg) < 0)
		return -1;
	message_row(output, &msg);
	return 0;
}

/*
 * messages of a POP3 server
 */

ARRAY_DEFINE_TYPE(pop4_message_line, struct pop4_message_line);

/* LIST, then UIDL, which may lack some or all. */
static int read_sizes(struct pop4_conn *conn, ARRAY_TYPE(pop4_message_line) *msgs)
{
	struct pop4_message_line msg;
	unsigned int count = 0;
	const char *line;
	int ret;

	if (pop4_command(conn, NULL, "LIST") < 0)
		return -1;
	do T_BEGIN {
		ret = pop4_read_list_line(conn, &count, &line);
		if (ret > 0 && pop4_parse_list(line, &msg) < 0) {
			ret = pop4_fail(conn, POP4_EXIT_LOST,
				"The server's list makes no sense: %s",
				t_strndup(line, 80));
		}
		if (ret > 0) {
			msg.flags = no_flags;
			array_push_back(msgs, &msg);
		}
	} T_END; while (ret > 0);
	return ret;
}

static int message_number_cmp(const uint32_t *number,
			      const struct pop4_message_line *msg)
{
	return *number < msg->number ? -1 : *number > msg->number ? 1 : 0;
}

static int message_cmp(const struct pop4_message_line *m1,
		       const struct pop4_message_line *m2)
{
	return message_number_cmp(&m1->number, m2);
}

static int read_uids(struct pop4_conn *conn, ARRAY_TYPE(pop4_message_line) *msgs,
		     pool_t pool)
{
	struct pop4_status_line status;
	struct pop4_message_line msg, *found;
	unsigned int count = 0;
	const char *line;
	int ret;

	if (pop4_send_line(conn, "UIDL") < 0 ||
	    pop4_read_status(conn, &status) < 0)
		return -1;
	/* a server need not have it */
	if (status.status != POP4_STATUS_OK)
		return 0;
	do T_BEGIN {
		ret = pop4_read_list_line(conn, &count, &line);
		if (ret > 0 && pop4_parse_uidl(line, &msg) == 0) {
			found = array_bsearch_modifiable(msgs,
					&msg.number, message_number_cmp);
			if (found != NULL)
				found->uid = p_strdup(pool, msg.uid);
		}
	} T_END; while (ret > 0);
	return ret;
}

static int pop3_messages(struct pop4_conn *conn, struct pop4_output *output)
{
	ARRAY_TYPE(pop4_message_line) msgs;
	const struct pop4_message_line *msg;
	pool_t pool;
	int ret;

	pool = pool_alloconly_create(MEMPOOL_GROWING"messages", 16 * 1024);
	p_array_init(&msgs, pool, 256);
	ret = read_sizes(conn, &msgs);
	array_sort(&msgs, message_cmp);
	if (ret == 0)
		ret = read_uids(conn, &msgs, pool);
	array_foreach(&msgs, msg) {
		if (ret < 0)
			break;
		message_row(output, msg);
		ret = pop4_row_end(output);
	}
	pool_unref(&pool);
	return ret;
}

int pop4_cmd_messages(struct pop4_conn *conn, struct pop4_output *output,
		      const char *const *args)
{
	const char *set;
	int ret;

	if (pop4_get_capa(conn) < 0 || pop4_select(conn) < 0)
		return -1;
	if (!pop4_has(conn, "FLAGS") && args[0] == NULL)
		return pop3_messages(conn, output);
	if (pop4_require(conn, "FLAGS", "lists of single messages") < 0)
		return -1;
	if (args[0] == NULL)
		ret = pop4_command(conn, NULL, "LMSG");
	else {
		ret = pop4_numbers_get(conn, args, str_array_length(args), &set);
		if (ret == 0)
			ret = pop4_command(conn, NULL, "LMSG %s", set);
	}
	return ret < 0 ? -1 : pop4_rows(conn, output, lmsg_row);
}

/*
 * flag
 */

static int lflg_row(struct pop4_output *output, const char *line)
{
	struct pop4_message_line msg;

	if (pop4_parse_flags(line, &msg) < 0)
		return -1;
	pop4_row_begin(output);
	pop4_row_number(output, "message", msg.number);
	pop4_row_words(output, "flags", msg.flags);
	return 0;
}

static int flag_list(struct pop4_conn *conn, struct pop4_output *output,
		     const char *const *args)
{
	const char *set;

	if (args[0] == NULL) {
		if (pop4_command(conn, NULL, "LFLG") < 0)
			return -1;
	} else if (pop4_numbers_get(conn, args, str_array_length(args),
				   &set) < 0 ||
		   pop4_command(conn, NULL, "LFLG %s", set) < 0)
		return -1;
	return pop4_rows(conn, output, lflg_row);
}

bool pop4_is_flags(const char *flags)
{
	const char *p;

	for (p = flags; i_isalnum(*p) || (*p != '\0' &&
					  strchr("$_-.,", *p) != NULL); p++)
		;
	return p > flags && *p == '\0';
}

static int flag_change(struct pop4_conn *conn, struct pop4_output *output,
		       const char *verb, const char *const *args)
{
	struct pop4_status_line status;
	unsigned int count = str_array_length(args);
	const char *set, *flags;

	if (count < 2) {
		return pop4_fail(conn, POP4_EXIT_USAGE, "Which messages, and "
			"which flags? flag add SET... FLAG,...");
	}
	flags = args[count - 1];
	if (!pop4_is_flags(flags)) {
		return pop4_fail(conn, POP4_EXIT_USAGE, "%s are not flags "
			"with commas between them", flags);
	}
	if (pop4_numbers_get(conn, args, count - 1, &set) < 0 ||
	    pop4_change(conn, &status, "%s %s %s", verb, set, flags) < 0)
		return -1;
	return pop4_row_count(output, &status);
}

int pop4_cmd_flag(struct pop4_conn *conn, struct pop4_output *output,
		  const char *const *args)
{
	static const struct {
		const char *action, *verb;
	} actions[] = {
		{ "add", "SFLG" },
		{ "remove", "CFLG" },
		{ "set", "RFLG" },
	};
	unsigned int i;

	if (pop4_require(conn, "FLAGS", "flags") < 0 || pop4_select(conn) < 0)
		return -1;
	if (strcmp(args[0], "list") == 0)
		return flag_list(conn, output, args + 1);
	for (i = 0; i < N_ELEMENTS(actions); i++) {
		if (strcmp(args[0], actions[i].action) == 0) {
			return flag_change(conn, output, actions[i].verb,
					   args + 1);
		}
	}
	return pop4_fail(conn, POP4_EXIT_USAGE, "flag can list, add, remove "
			 "and set, but not %s", args[0]);
}

/*
 * copy, move
 */

static int transfer(struct pop4_conn *conn, struct pop4_output *output,
		    const char *verb, const char *const *args)
{
	struct pop4_status_line status;
	unsigned int count = str_array_length(args);
	const char *set, *folder, *error;

	if (pop4_require(conn, "MESSAGES", "folders to copy to") < 0 ||
	    pop4_select(conn) < 0)
		return -1;
	if (pop4_quote(args[count - 1], &folder, &error) < 0)
		return pop4_fail(conn, POP4_EXIT_USAGE, "%s", error);
	if (pop4_numbers_get(conn, args, count - 1, &set) < 0 ||
	    pop4_change(conn, &status, "%s %s %s", verb, set, folder) < 0)
		return -1;
	return pop4_row_count(output, &status);
}

int pop4_cmd_copy(struct pop4_conn *conn, struct pop4_output *output,
		  const char *const *args)
{
	return transfer(conn, output, "COPY", args);
}

int pop4_cmd_move(struct pop4_conn *conn, struct pop4_output *output,
		  const char *const *args)
{
	return transfer(conn, output, "MOVE", args);
}
