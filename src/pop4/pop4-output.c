/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "write-full.h"

#include "json-compat.h"
#include "pop4-conn.h"
#include "pop4-output.h"
#include "terminal-text.h"

#include <unistd.h>

#define OUTPUT_FLUSH_SIZE (16 * 1024)

struct pop4_output {
	struct pop4_conn *conn;
	string_t *buf;

	bool json;
	/* nothing of the row has been written yet */
	bool first;
};

struct pop4_output *pop4_output_init(struct pop4_conn *conn)
{
	struct pop4_output *output = i_new(struct pop4_output, 1);

	output->conn = conn;
	output->buf = str_new(default_pool, OUTPUT_FLUSH_SIZE);
	output->json = conn->set->json;
	return output;
}

void pop4_output_deinit(struct pop4_output **_output)
{
	struct pop4_output *output = *_output;

	*_output = NULL;
	str_free(&output->buf);
	i_free(output);
}

void pop4_row_begin(struct pop4_output *output)
{
	output->first = TRUE;
	if (output->json)
		str_append_c(output->buf, '{');
}

static void append_string(struct pop4_output *output, const char *text)
{
	if (!output->json) {
		str_append(output->buf, terminal_text_line(text));
		return;
	}
	str_append_c(output->buf, '"');
	json_append_escaped(output->buf, text);
	str_append_c(output->buf, '"');
}

static void begin_field(struct pop4_output *output, const char *name)
{
	if (!output->first)
		str_append_c(output->buf, output->json ? ',' : '\t');
	output->first = FALSE;
	if (output->json) {
		append_string(output, name);
		str_append_c(output->buf, ':');
	}
}

static void append_nothing(struct pop4_output *output)
{
	str_append(output->buf, output->json ? "null" : "-");
}

void pop4_row_text(struct pop4_output *output, const char *name,
		   const char *text)
{
	begin_field(output, name);
	if (text == NULL)
		append_nothing(output);
	else
		append_string(output, text);
}

void pop4_row_number(struct pop4_output *output, const char *name,
		     uint64_t number)
{
	begin_field(output, name);
	if (number == POP4_UNKNOWN)
		append_nothing(output);
	else
		str_printfa(output->buf, "%"PRIu64, number);
}

void pop4_row_words(struct pop4_output *output, const char *name,
		    const char *const *words)
{
	unsigned int i;

	begin_field(output, name);
	if (output->json)
		str_append_c(output->buf, '[');
	else if (words[0] == NULL)
		append_nothing(output);
	for (i = 0; words[i] != NULL; i++) {
		if (i > 0)
			str_append_c(output->buf, ',');
		append_string(output, words[i]);
	}
	if (output->json)
		str_append_c(output->buf, ']');
}

int pop4_row_end(struct pop4_output *output)
{
	str_append(output->buf, output->json ? "}\n" : "\n");
	return str_len(output->buf) < OUTPUT_FLUSH_SIZE ? 0 :
		pop4_output_flush(output);
}

int pop4_output_flush(struct pop4_output *output)
{
	int ret = write_full(STDOUT_FILENO, str_data(output->buf),
			     str_len(output->buf));

	str_truncate(output->buf, 0);
	return ret == 0 ? 0 : pop4_fail(output->conn, POP4_EXIT_LOCAL,
		"The standard output can't be written (%s)", strerror(errno));
}
