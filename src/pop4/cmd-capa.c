/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"

#include "pop4-conn.h"
#include "pop4-output.h"

/* Those after the login, which may be others than before */
int pop4_cmd_capa(struct pop4_conn *conn, struct pop4_output *output,
		  const char *const *args ATTR_UNUSED)
{
	const struct pop4_capa *capa;

	if (pop4_get_capa(conn) < 0)
		return -1;
	if (array_count(&conn->capa) == 0) {
		return pop4_fail(conn, POP4_EXIT_MISSING,
			"%s doesn't tell what it can do",
			conn->set->url.host);
	}
	array_foreach(&conn->capa, capa) {
		pop4_row_begin(output);
		pop4_row_text(output, "capability", capa->name);
		pop4_row_words(output, "arguments", capa->args);
		if (pop4_row_end(output) < 0)
			return -1;
	}
	return 0;
}
