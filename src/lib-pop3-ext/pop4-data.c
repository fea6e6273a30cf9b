/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "buffer.h"

#include "pop4-data.h"

/* Only CRLF ends a line: a bare CR or LF is text. */
static enum pop4_data_state after_text(enum pop4_data_state state,
				       unsigned char c)
{
	if (c == '\r')
		return POP4_DATA_CR;
	return c == '\n' && state == POP4_DATA_CR ?
		POP4_DATA_START : POP4_DATA_TEXT;
}

size_t pop4_data_decode(struct pop4_data *data, const unsigned char *in,
			size_t size, buffer_t *out)
{
	size_t i, start = 0;

	for (i = 0; i < size && data->state != POP4_DATA_END; i++) {
		switch (data->state) {
		case POP4_DATA_START:
			if (in[i] == '.') {
				buffer_append(out, in + start, i - start);
				start = i + 1;
				data->state = POP4_DATA_DOT;
				continue;
			}
			break;
		case POP4_DATA_DOT:
			if (in[i] == '\r') {
				start = i + 1;
				data->state = POP4_DATA_DOT_CR;
				continue;
			}
			break;
		case POP4_DATA_DOT_CR:
			if (in[i] == '\n') {
				start = i + 1;
				data->state = POP4_DATA_END;
				continue;
			}
			/* it was no end: the CR is text */
			buffer_append_c(out, '\r');
			data->state = POP4_DATA_CR;
			break;
		case POP4_DATA_TEXT:
		case POP4_DATA_CR:
		case POP4_DATA_END:
			break;
		}
		data->state = after_text(data->state, in[i]);
	}
	buffer_append(out, in + start, i - start);
	return i;
}

bool pop4_data_ended(const struct pop4_data *data)
{
	return data->state == POP4_DATA_END;
}

void pop4_data_encode(struct pop4_data *data, const unsigned char *in,
		      size_t size, buffer_t *out)
{
	size_t i, start = 0;

	for (i = 0; i < size; i++) {
		if (in[i] == '\n' && data->state != POP4_DATA_CR) {
			buffer_append(out, in + start, i - start);
			buffer_append_c(out, '\r');
			start = i;
			data->state = POP4_DATA_CR;
		} else if (in[i] == '.' && data->state == POP4_DATA_START) {
			buffer_append(out, in + start, i - start);
			buffer_append_c(out, '.');
			start = i;
		}
		data->state = after_text(data->state, in[i]);
	}
	buffer_append(out, in + start, size - start);
}

void pop4_data_encode_end(struct pop4_data *data, buffer_t *out)
{
	if (data->state != POP4_DATA_START)
		buffer_append(out, "\r\n", 2);
	buffer_append(out, ".\r\n", 3);
	data->state = POP4_DATA_END;
}
