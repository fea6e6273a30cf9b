/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"

#include "pop4-conn.h"
#include "pop4-output.h"
#include "pop4-rows.h"

int pop4_rows(struct pop4_conn *conn, struct pop4_output *output,
	      pop4_row_parse_t *row)
{
	unsigned int count = 0;
	const char *line;
	int ret;

	do T_BEGIN {
		ret = pop4_read_list_line(conn, &count, &line);
		if (ret > 0 && row(output, line) < 0) {
			ret = pop4_fail(conn, POP4_EXIT_LOST,
				"The server's list makes no sense: %s",
				t_strndup(line, 80));
		}
		if (ret > 0 && pop4_row_end(output) < 0)
			ret = -1;
	} T_END; while (ret > 0);
	return ret;
}

int pop4_select(struct pop4_conn *conn)
{
	const char *arg, *error;

	if (conn->set->folder == NULL)
		return 0;
	if (pop4_require(conn, "FOLDERS", "folders") < 0)
		return -1;
	if (pop4_quote(conn->set->folder, &arg, &error) < 0)
		return pop4_fail(conn, POP4_EXIT_USAGE, "%s", error);
	return pop4_command(conn, NULL, "SFLD %s", arg);
}

int pop4_row_count(struct pop4_output *output,
		   const struct pop4_status_line *status)
{
	pop4_row_begin(output);
	pop4_row_number(output, "messages", pop4_status_number(status));
	return pop4_row_end(output);
}
