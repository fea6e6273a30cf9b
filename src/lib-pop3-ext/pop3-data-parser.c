/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* POP3-DATA-PARSER - the multi-line body that a client sends

   body       = *line "." CRLF
   line       = ["."] *octet CRLF        ; "." doubled when the line begins so

   One strict reading of it, so that nothing that this end takes for text is an
   end for somebody behind it, or the other way round ("SMTP smuggling"):

   - The end is CRLF "." CRLF, or "." CRLF as the very first line, and nothing
     else. A "." line with any other line ending at either side is text.
   - A line that begins after CRLF, or at the start, and with a dot, loses that
     dot. A line that begins after a bare LF keeps its dot: the client did not
     see the start of a line there.
   - Lines leave here with CRLF and hold neither CR nor LF: a bare LF becomes
     CRLF, CRs right before LF become one CR, and any other CR becomes a space,
     so that it can't end a header line or the header for some later reader.

   C: Subject: a dot<CRLF>             Subject: a dot<CRLF>
   C: <CRLF>                           <CRLF>
   C: ..hidden<CRLF>             =>    .hidden<CRLF>
   C: a<LF>.<LF>b<CRLF>                a<CRLF>.<CRLF>b<CRLF>
   C: c<CR>d<CRLF>                     c d<CRLF>
   C: .<CRLF>

   The dot that is left in the fourth line is text: whoever writes the message
   to SMTP doubles it.

   NUL octets, overlong lines and too large messages are errors, and 8-bit
   octets when they are not wanted. Then the rest is still read to its end, as no client understands an answer before that. */

#include "lib.h"
#include "istream.h"

#include "pop3-data-parser.h"
#include "pop3-ext-limits.h"

/* All octets that need a look are below this one: NUL, LF, CR */
#define FIRST_PLAIN_CHAR 0x0e

#define WORD_ONES (~(uint64_t)0 / 0xff)
#define WORD_HIGH_BITS (WORD_ONES * 0x80)
/* Is any octet of the word below FIRST_PLAIN_CHAR? (Octets of 8 bits are not.) */
#define WORD_HAS_CONTROL(word) \
	((((word) - WORD_ONES * FIRST_PLAIN_CHAR) & ~(word) & \
	  WORD_HIGH_BITS) != 0)

void pop3_data_parser_init(struct pop3_data_parser *parser, uoff_t max_size)
{
	i_zero(parser);
	parser->max_size = max_size;
}

bool pop3_data_parser_finished(const struct pop3_data_parser *parser)
{
	return parser->state == POP3_DATA_STATE_END;
}

const char *
pop3_data_parser_error_text(const struct pop3_data_parser *parser)
{
	switch (parser->error) {
	case POP3_DATA_ERROR_NONE:
		break;
	case POP3_DATA_ERROR_NUL:
		return "The message contains a NUL octet";
	case POP3_DATA_ERROR_LINE:
		return "The message has a line that is too long";
	case POP3_DATA_ERROR_SIZE:
		return "The message is too large";
	case POP3_DATA_ERROR_8BIT:
		return "The message has 8-bit characters, "
			"which the mail relay can't take";
	}
	return NULL;
}

static void
parser_set_error(struct pop3_data_parser *parser, enum pop3_data_error error)
{
	if (parser->error == POP3_DATA_ERROR_NONE)
		parser->error = error;
	parser->discard = TRUE;
}

static void parser_add_size(struct pop3_data_parser *parser, size_t size)
{
	parser->size += size;
	if (parser->max_size != 0 && parser->size > parser->max_size)
		parser_set_error(parser, POP3_DATA_ERROR_SIZE);
}

static void parser_add_line_size(struct pop3_data_parser *parser, size_t size)
{
	/* one CR may belong to the end of the line */
	size_t crs = parser->cr_count > 0 ? parser->cr_count - 1 : 0;

	parser->line_size += size;
	if (parser->line_size + crs > POP3_EXT_MAX_LINE_SIZE)
		parser_set_error(parser, POP3_DATA_ERROR_LINE);
}

/* Skip octets that are text for certain. */
static const unsigned char *
find_control(const unsigned char *p, const unsigned char *end,
	     uint64_t *seen_bits)
{
	uint64_t word;

	while ((size_t)(end - p) >= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		if (WORD_HAS_CONTROL(word))
			break;
		*seen_bits |= word;
		p += sizeof(word);
	}
	while (p < end && *p >= FIRST_PLAIN_CHAR)
		*seen_bits |= *p++;
	return p;
}

/* How much from the beginning of in can be written as it is: lines with CRLF
   that don't begin with a dot, and the last line as far as it is there. */
static size_t
parser_plain_text(struct pop3_data_parser *parser,
		  const unsigned char *in, size_t size)
{
	const unsigned char *p = in, *end = in + size, *line = in;
	uint64_t seen_bits = 0;

	i_assert(parser->state == POP3_DATA_STATE_TEXT);
	i_assert(parser->cr_count == 0);

	for (;;) {
		p = find_control(p, end, &seen_bits);
		if (p == end || *p == '\0' || *p == '\n')
			break;
		if (*p != '\r') {
			p++;
			continue;
		}
		if (end - p < 2 || p[1] != '\n')
			break;

		parser_add_line_size(parser, p - line);
		parser->line_size = 0;
		p += 2;
		line = p;
		if (p == end || *p == '.') {
			parser->state = POP3_DATA_STATE_START;
			break;
		}
	}
	parser_add_line_size(parser, p - line);
	if ((seen_bits & WORD_HIGH_BITS) != 0) {
		parser->have_8bit = TRUE;
		if (parser->refuse_8bit)
			parser_set_error(parser, POP3_DATA_ERROR_8BIT);
	}
	return p - in;
}

struct pop3_data_output {
	unsigned char *data;
	size_t size, used;
};

/* Room for text, up to the given size. There is no end of room for text that
   is thrown away. */
static size_t
output_room(const struct pop3_data_parser *parser,
	    const struct pop3_data_output *output, size_t size)
{
	if (parser->discard)
		return size;
	return I_MIN(size, output->size - output->used);
}

static void
output_add(struct pop3_data_parser *parser, struct pop3_data_output *output,
	   const void *data, size_t size)
{
	parser_add_size(parser, size);
	if (parser->discard)
		return;

	/* @UNSAFE */
	i_assert(size <= output->size - output->used);
	memcpy(output->data + output->used, data, size);
	output->used += size;
}

/* CRs with something else than LF behind them. Returns FALSE if output became
   full before the last of them. */
static bool
parser_write_spaces(struct pop3_data_parser *parser,
		    struct pop3_data_output *output)
{
	while (parser->cr_count > 0) {
		if (output_room(parser, output, 1) == 0)
			return FALSE;
		output_add(parser, output, " ", 1);
		parser->cr_count--;
		parser_add_line_size(parser, 1);
	}
	return TRUE;
}

/* An octet that isn't written as it is. Returns FALSE if there is no room for
   what it means. */
static bool
parser_control(struct pop3_data_parser *parser, unsigned char c,
	       struct pop3_data_output *output)
{
	switch (c) {
	case '\r':
		parser->cr_count++;
		parser_add_line_size(parser, 0);
		return TRUE;
	case '\n':
		if (output_room(parser, output, 2) < 2)
			return FALSE;
		output_add(parser, output, "\r\n", 2);
		parser->state = parser->cr_count > 0 ?
			POP3_DATA_STATE_START : POP3_DATA_STATE_TEXT;
		parser->cr_count = 0;
		parser->line_size = 0;
		return TRUE;
	case '\0':
		parser_set_error(parser, POP3_DATA_ERROR_NUL);
		return TRUE;
	}
	i_unreached();
}

/* Returns how much was taken, 0 if output is full. */
static size_t
parser_text(struct pop3_data_parser *parser, const unsigned char *in,
	    size_t size, struct pop3_data_output *output)
{
	size_t room, used;

	if (parser->cr_count > 0 && *in != '\r' && *in != '\n') {
		if (!parser_write_spaces(parser, output))
			return 0;
	}
	if (parser->cr_count == 0) {
		room = output_room(parser, output, size);
		if (room == 0)
			return 0;
		used = parser_plain_text(parser, in, room);
		if (used > 0) {
			output_add(parser, output, in, used);
			return used;
		}
	}
	return parser_control(parser, *in, output) ? 1 : 0;
}

/* Returns how much was taken, 0 if output is full. */
static size_t
parser_step(struct pop3_data_parser *parser, const unsigned char *in,
	    size_t size, struct pop3_data_output *output)
{
	switch (parser->state) {
	case POP3_DATA_STATE_START:
		if (*in == '.') {
			parser->state = POP3_DATA_STATE_DOT;
			return 1;
		}
		break;
	case POP3_DATA_STATE_DOT:
		if (*in == '\r') {
			parser->state = POP3_DATA_STATE_DOT_CR;
			return 1;
		}
		break;
	case POP3_DATA_STATE_DOT_CR:
		if (*in == '\n') {
			parser->state = POP3_DATA_STATE_END;
			return 1;
		}
		parser->cr_count = 1;
		break;
	case POP3_DATA_STATE_TEXT:
		break;
	case POP3_DATA_STATE_END:
		i_unreached();
	}
	parser->state = POP3_DATA_STATE_TEXT;
	return parser_text(parser, in, size, output);
}

size_t pop3_data_parser_run(struct pop3_data_parser *parser,
			    const unsigned char *in, size_t in_size,
			    unsigned char *out, size_t out_size,
			    size_t *out_used_r)
{
	struct pop3_data_output output = { .data = out, .size = out_size };
	size_t used, pos = 0;

	while (pos < in_size && parser->state != POP3_DATA_STATE_END) {
		used = parser_step(parser, in + pos, in_size - pos, &output);
		if (used == 0)
			break;
		pos += used;
	}
	parser->input_size += pos;
	*out_used_r = output.used;
	return pos;
}

size_t pop3_data_parser_skip(struct pop3_data_parser *parser,
			     const unsigned char *in, size_t in_size)
{
	size_t out_used;

	parser->discard = TRUE;
	return pop3_data_parser_run(parser, in, in_size, NULL, 0, &out_used);
}

int pop3_data_drain(struct pop3_data_parser *parser, struct istream *input)
{
	uoff_t stop = parser->input_size + POP3_EXT_MAX_DRAIN_STEP;
	const unsigned char *data;
	size_t size;
	int ret;

	parser->discard = TRUE;
	while (parser->state != POP3_DATA_STATE_END) {
		if (parser->input_size >= stop) {
			i_stream_set_input_pending(input, TRUE);
			return 0;
		}
		ret = i_stream_read_more(input, &data, &size);
		if (ret <= 0)
			return ret;
		i_stream_skip(input, pop3_data_parser_skip(parser, data, size));
	}
	return 1;
}
