/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "buffer.h"

#include "pop3-data-parser.h"
#include "pop3-ext-limits.h"
#include "test-pop3-data-reference.h"

static size_t
count_crs(const unsigned char *in, size_t size)
{
	size_t n = 0;

	while (n < size && in[n] == '\r')
		n++;
	return n;
}

/* Returns TRUE if a lone dot and CRLF are here, or may be. */
static bool is_end(const unsigned char *in, size_t size)
{
	return memcmp(in, ".\r\n", I_MIN(size, 3)) == 0;
}

static void reference_text(const unsigned char *in, size_t size,
			   struct test_pop3_data *data)
{
	size_t n, line = 0, i = 0;
	bool start = TRUE;

	while (i < size) {
		if (start && is_end(in + i, size - i)) {
			data->finished = size - i >= 3;
			i += I_MIN(size - i, 3);
			break;
		}
		if (start && in[i] == '.') {
			start = FALSE;
			i++;
			continue;
		}
		n = count_crs(in + i, size - i);
		if (i + n == size) {
			/* nobody knows yet */
			line += n - 1;
			i = size;
		} else if (in[i + n] == '\n') {
			buffer_append(data->out, "\r\n", 2);
			start = n > 0;
			if (line + n > POP3_EXT_MAX_LINE_SIZE + 1)
				data->errors |= 1 << POP3_DATA_ERROR_LINE;
			line = 0;
			i += n + 1;
			continue;
		} else if (n > 0) {
			memset(buffer_append_space_unsafe(data->out, n),
			       ' ', n);
			start = FALSE;
			line += n;
			i += n;
		} else {
			if (in[i] == '\0')
				data->errors |= 1 << POP3_DATA_ERROR_NUL;
			if ((in[i] & 0x80) != 0)
				data->have_8bit = TRUE;
			buffer_append_c(data->out, in[i]);
			start = FALSE;
			line++;
			i++;
		}
		if (line > POP3_EXT_MAX_LINE_SIZE)
			data->errors |= 1 << POP3_DATA_ERROR_LINE;
	}
	data->taken = i;
}

void test_pop3_data_reference(const unsigned char *in, size_t size,
			      size_t max_size, struct test_pop3_data *data_r)
{
	i_zero(data_r);
	data_r->out = buffer_create_dynamic(pool_datastack_create(), size + 1);
	reference_text(in, size, data_r);
	if (max_size != 0 && data_r->out->used > max_size)
		data_r->errors |= 1 << POP3_DATA_ERROR_SIZE;
}

const char *
test_pop3_data_compare(const unsigned char *in, size_t size, size_t max_size,
		       size_t in_step, size_t out_step,
		       const struct test_pop3_data *wanted)
{
	struct pop3_data_parser parser;
	buffer_t *out = buffer_create_dynamic(pool_datastack_create(), size*2);
	unsigned char *part = t_malloc_no0(out_step);
	size_t used, taken, pos = 0;
	bool out_full;

	pop3_data_parser_init(&parser, max_size);
	do {
		taken = pop3_data_parser_run(&parser, in + pos,
					     I_MIN(in_step, size - pos),
					     part, out_step, &used);
		if (taken == 0 && used == 0 && pos < size &&
		    !pop3_data_parser_finished(&parser))
			return "it doesn't go on";
		if (used > out_step || taken > I_MIN(in_step, size - pos))
			return "more than there is";
		out_full = used + 1 >= out_step;
		pos += taken;
		buffer_append(out, part, used);
		if (taken < I_MIN(in_step, size - pos + taken) && !out_full &&
		    !pop3_data_parser_finished(&parser))
			return "input left without a reason";
	} while (pos < size && !pop3_data_parser_finished(&parser));

	if (pop3_data_parser_finished(&parser) != wanted->finished)
		return "the end";
	if (pos != wanted->taken || parser.input_size != wanted->taken)
		return "how much was taken";
	if (parser.error == POP3_DATA_ERROR_NONE) {
		if (wanted->errors != 0)
			return "no error";
		if (out->used != wanted->out->used ||
		    memcmp(out->data, wanted->out->data, out->used) != 0)
			return "the text";
		if (parser.size != out->used)
			return "the size";
	} else {
		if ((wanted->errors & (1 << parser.error)) == 0)
			return "an error";
		if (pop3_data_parser_error_text(&parser) == NULL)
			return "an error without a text";
		if (max_size != 0 && out->used > max_size)
			return "text over the limit";
	}
	if ((parser.have_8bit ? 1 : 0) != (wanted->have_8bit ? 1 : 0))
		return "8-bit octets";
	return NULL;
}
