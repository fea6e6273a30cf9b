/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* get, part */

#include "lib.h"

#include "pop4-conn.h"
#include "pop4-numbers.h"
#include "pop4-output.h"
#include "pop4-rows.h"
#include "pop4-transfer.h"

static const char *const part_modes[] = {
	"raw", "head", "body", "data", "text", NULL
};

/* For --json, when the data itself has gone to a file. */
static int sink_row(struct pop4_conn *conn, struct pop4_output *output,
		    uint64_t octets)
{
	if (!conn->set->json || conn->set->output == NULL ||
	    strcmp(conn->set->output, "-") == 0)
		return 0;
	pop4_row_begin(output);
	pop4_row_text(output, "file", conn->set->output);
	pop4_row_number(output, "octets", octets);
	return pop4_row_end(output);
}

static int receive(struct pop4_conn *conn, struct pop4_output *output,
		   const char *command, bool exact)
{
	struct pop4_status_line status;
	struct pop4_sink *sink;
	uint64_t octets;
	int ret;

	ret = pop4_sink_open(conn, conn->set->output, &sink);
	if (ret == 0)
		ret = pop4_command(conn, &status, "%s", command);
	if (ret == 0) {
		octets = pop4_status_number(&status);
		if (exact && octets == POP4_UNKNOWN) {
			ret = pop4_fail(conn, POP4_EXIT_LOST,
				"The server doesn't say how many octets");
		}
	}
	if (ret == 0)
		ret = pop4_sink_receive(sink, octets, exact);
	octets = pop4_sink_octets(sink);
	if (pop4_sink_close(&sink) < 0)
		ret = -1;
	return ret < 0 ? -1 : sink_row(conn, output, octets);
}

int pop4_cmd_get(struct pop4_conn *conn, struct pop4_output *output,
		 const char *const *args)
{
	uint32_t number;

	if (pop4_select(conn) < 0 || pop4_number_get(conn, args[0], &number) < 0)
		return -1;
	return receive(conn, output, conn->set->lines == UINT_MAX ?
		t_strdup_printf("RETR %u", number) :
		t_strdup_printf("TOP %u %u", number, conn->set->lines), FALSE);
}

static int part_row(struct pop4_output *output, const char *line)
{
	struct pop4_part_line part;

	if (pop4_parse_part(line, &part) < 0)
		return -1;
	pop4_row_begin(output);
	pop4_row_text(output, "part", part.part);
	pop4_row_text(output, "type", part.type);
	pop4_row_number(output, "octets", part.octets);
	pop4_row_text(output, "encoding", part.encoding);
	pop4_row_text(output, "charset", part.charset);
	pop4_row_text(output, "disposition", part.disposition);
	pop4_row_text(output, "filename", part.filename);
	pop4_row_text(output, "content_id", part.content_id);
	pop4_row_number(output, "lines", part.lines);
	pop4_row_number(output, "depth", part.depth);
	return 0;
}

int pop4_cmd_part(struct pop4_conn *conn, struct pop4_output *output,
		  const char *const *args)
{
	const char *mode = conn->set->mode == NULL ? "data" : conn->set->mode;
	uint32_t number;

	if (!str_array_find(part_modes, mode)) {
		return pop4_fail(conn, POP4_EXIT_USAGE, "--mode is one of %s",
				 t_strarray_join(part_modes, ", "));
	}
	if (args[1] != NULL && args[1][strspn(args[1], "0123456789.")] != '\0') {
		return pop4_fail(conn, POP4_EXIT_USAGE,
			"%s is not the number of a part (1, 2.1)", args[1]);
	}
	if (pop4_require(conn, "PARTS", "parts of messages") < 0 ||
	    pop4_select(conn) < 0 || pop4_number_get(conn, args[0], &number) < 0)
		return -1;
	if (args[1] != NULL) {
		return receive(conn, output,
			t_strdup_printf("RPRT %u %s %s", number, args[1],
					t_str_ucase(mode)), TRUE);
	}
	if (pop4_command(conn, NULL, "LPRT %u", number) < 0)
		return -1;
	return pop4_rows(conn, output, part_row);
}
