/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* What RPRT does with a stranger's message, from its parts to the wire and back
   in the client, in two ways: at once and with buffers of the usual size, and
   in pieces with small ones. */

#include "lib.h"
#include "istream.h"
#include "ostream.h"
#include "str.h"
#include "unichar.h"
#include "message-parser.h"
#include "message-part-data.h"
#include "fuzzer.h"
#include "test-common.h"

#include "dot-stuffer.h"
#include "pop4-data.h"
#include "pop4-part-header.h"
#include "pop4-part-stream.h"

#define MAX_PIECE_SIZE 64
#define MAX_BUFFER_SIZE 32
#define MAX_SIZE (16*1024)
#define MAX_PARTS 20

struct chain {
	const uint8_t *data;
	size_t size, piece, buffer_size;
};

static void check(bool ok, const char *what)
{
	if (!ok)
		i_panic("wrong: %s", what);
}

/* Returns FALSE if it ends with an error. */
static bool
read_all(struct istream *stream, size_t size, size_t piece, string_t *text)
{
	size_t available = 0, part_size;
	const unsigned char *part;
	unsigned int idle = 0;
	int ret;

	while ((ret = i_stream_read_more(stream, &part, &part_size)) >= 0) {
		str_append_data(text, part, part_size);
		i_stream_skip(stream, part_size);
		if (ret > 0)
			continue;
		check(available < size || idle++ < 2, "end of the input");
		available = I_MIN(available + piece, size);
		test_istream_set_size(stream, available);
		test_istream_set_allow_eof(stream, available == size);
	}
	return stream->stream_errno == 0;
}

static struct istream *
part_open(const struct chain *chain, const struct message_part *part,
	  bool in_pieces)
{
	uoff_t begin = part->physical_pos + part->header_size.physical_size;
	struct istream *input, *raw;

	check(begin + part->body_size.physical_size <= chain->size,
	      "size of a part");
	if (!in_pieces) {
		input = i_stream_create_from_data(chain->data, chain->size);
	} else {
		input = test_istream_create_data(chain->data, chain->size);
		test_istream_set_allow_eof(input, FALSE);
		test_istream_set_size(input, 0);
	}
	i_stream_seek(input, begin);
	raw = i_stream_create_limit(input, part->body_size.physical_size);
	i_stream_unref(&input);
	return raw;
}

/* Returns 1, 0 on errors in the content, -1 if there is no such character
   set. */
static int
part_read(const struct chain *chain, const struct message_part *part,
	  const struct pop4_part_header *header, enum pop4_content_mode mode,
	  bool in_pieces, string_t *text)
{
	struct istream *raw = part_open(chain, part, in_pieces), *stream;
	int ret;

	ret = i_stream_create_pop4_part(raw, mode, header, FALSE, &stream);
	i_stream_unref(&raw);
	if (ret < 0)
		return -1;
	if (in_pieces)
		i_stream_set_max_buffer_size(stream, chain->buffer_size);
	ret = read_all(stream, chain->size, chain->piece, text) ? 1 : 0;
	i_stream_unref(&stream);
	return ret;
}

/* To the wire, in pieces, and back. */
static void check_wire(const struct chain *chain, const string_t *text)
{
	string_t *wire = t_str_new(str_len(text) * 2 + 16);
	string_t *back = t_str_new(str_len(text) + 16);
	struct ostream *output = o_stream_create_buffer(wire);
	struct dot_stuffer stuffer;
	struct pop4_data decoder;
	size_t pos, piece;

	o_stream_set_no_error_handling(output, TRUE);
	dot_stuffer_init(&stuffer);
	for (pos = 0; pos < str_len(text); pos += piece) {
		piece = I_MIN(chain->piece, str_len(text) - pos);
		dot_stuffer_send(&stuffer, output, str_data(text) + pos, piece);
	}
	dot_stuffer_finish(&stuffer, output);
	o_stream_unref(&output);

	i_zero(&decoder);
	pos = pop4_data_decode(&decoder, str_data(wire), str_len(wire), back);
	check(pos == str_len(wire) && pop4_data_ended(&decoder),
	      "end on the wire");
	check(str_len(back) >= str_len(text) &&
	      memcmp(str_data(back), str_data(text), str_len(text)) == 0,
	      "what comes back");
}

static void check_mode(const struct chain *chain,
		       const struct message_part *part,
		       const struct pop4_part_header *header,
		       enum pop4_content_mode mode)
{
	string_t *once = t_str_new(1024), *pieces = t_str_new(1024);
	int ret;

	ret = part_read(chain, part, header, mode, FALSE, once);
	check(part_read(chain, part, header, mode, TRUE, pieces) == ret,
	      "result in pieces");
	if (ret < 0)
		return;
	if (mode == POP4_CONTENT_TEXT) {
		check(uni_utf8_data_is_valid(str_data(once), str_len(once)),
		      "UTF-8 of the text");
	}
	if (ret > 0)
		check(str_equals(once, pieces), "content in pieces");
	check_wire(chain, once);
}

static void check_part(const struct chain *chain,
		       const struct message_part *part, pool_t pool)
{
	struct pop4_part_header header;
	struct istream *input;

	input = i_stream_create_from_data(chain->data + part->physical_pos,
					  part->header_size.physical_size);
	pop4_part_header_read(input, pool, &header);
	i_stream_unref(&input);
	if (header.charset == NULL || *header.charset == '\0')
		header.charset = MESSAGE_PART_DEFAULT_CHARSET;
	check_mode(chain, part, &header, POP4_CONTENT_BODY);
	check_mode(chain, part, &header, POP4_CONTENT_DATA);
	check_mode(chain, part, &header, POP4_CONTENT_TEXT);
}

static void check_parts(const struct chain *chain,
			const struct message_part *part, pool_t pool,
			unsigned int *left)
{
	for (; part != NULL && *left > 0; part = part->next) {
		(*left)--;
		T_BEGIN {
			check_part(chain, part, pool);
		} T_END;
		check_parts(chain, part->children, pool, left);
	}
}

static void check_message(const struct chain *chain)
{
	const struct message_parser_settings set = { .flags = 0 };
	struct istream *input;
	struct message_parser_ctx *parser;
	struct message_part *parts;
	struct message_block block;
	unsigned int left = MAX_PARTS;
	pool_t pool = pool_alloconly_create("fuzz", 1024);

	input = i_stream_create_from_data(chain->data, chain->size);
	parser = message_parser_init(pool, input, &set);
	while (message_parser_parse_next_block(parser, &block) > 0) ;
	message_parser_deinit(&parser, &parts);
	i_stream_unref(&input);
	check_parts(chain, parts, pool, &left);
	pool_unref(&pool);
}

/* Two octets, which say how large pieces and buffers are; then a message */
FUZZ_BEGIN_DATA(const uint8_t *data, size_t size)
	struct chain chain;

	if (size > 2) {
		chain.piece = data[0] % MAX_PIECE_SIZE + 1;
		chain.buffer_size = data[1] % MAX_BUFFER_SIZE + 1;
		chain.data = data + 2;
		chain.size = I_MIN(size - 2, MAX_SIZE);
		check_message(&chain);
	}
FUZZ_END
