/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "istream.h"
#include "str.h"
#include "unichar.h"
#include "message-parser.h"
#include "message-part-data.h"
#include "fuzzer.h"

#include "istream-charset.h"
#include "pop3-ext-limits.h"
#include "pop4-part.h"
#include "pop4-part-header.h"
#include "pop4-part-line.h"

static void check(bool ok, const char *what)
{
	if (!ok)
		i_panic("wrong: %s", what);
}

static const struct message_part *
parse_message(struct istream *input, pool_t pool)
{
	const struct message_parser_settings set = { .flags = 0 };
	struct message_parser_ctx *parser;
	struct message_part *parts;
	struct message_block block;

	parser = message_parser_init(pool, input, &set);
	while (message_parser_parse_next_block(parser, &block) > 0) ;
	message_parser_deinit(&parser, &parts);
	return parts;
}

/* The words of the line that follow each other in the input */
static void check_line(const char *const *words)
{
	unsigned int i, count = str_array_length(words);
	struct message_part_param params[4];
	struct message_part_data data;
	struct message_part part;
	string_t *str = t_str_new(256);

	i_zero(&data);
	i_zero(&part);
	part.data = &data;
	if (count > 0)
		data.content_type = data.content_subtype = words[0];
	if (count > 1)
		data.content_transfer_encoding = words[1];
	if (count > 2)
		data.content_disposition = data.content_id = words[2];
	for (i = 3; i + 1 < count && (i - 3) / 2 < N_ELEMENTS(params); i += 2) {
		params[(i - 3) / 2].name = words[i];
		params[(i - 3) / 2].value = words[i + 1];
		data.content_type_params_count++;
		data.content_disposition_params_count++;
	}
	data.content_type_params = data.content_disposition_params = params;

	pop4_part_line_append(str, &part, "1", 0);
	/* six fields, each quoted, all of it backslashes */
	check(str_len(str) < 6 * (2 * POP4_MAX_PART_FIELD + 3) + 100,
	      "length of a line");
	check(uni_utf8_str_is_valid(str_c(str)), "UTF-8 of a line");
	for (i = 0; i < str_len(str); i++) {
		unsigned char c = str_c(str)[i];

		check(c >= 0x20 && c != 0x7f, "octet of a line");
	}
}

static void check_parts(const struct message_part *root, const char *number)
{
	struct pop4_part_walk walk;
	const struct message_part *found = NULL;
	bool valid = pop4_part_number_is_valid(number), seen = FALSE;

	if (valid)
		found = pop4_part_find(root, number);
	pop4_part_walk_init(&walk, pool_datastack_create(), root);
	do T_BEGIN {
		const char *its = pop4_part_walk_number(&walk);

		check(pop4_part_number_is_valid(its), "number of a part");
		check(pop4_part_find(root, its) == walk.part, "part found");
		if (walk.part == found) {
			check(strcmp(its, number) == 0, "two numbers");
			seen = TRUE;
		}
	} T_END; while (pop4_part_walk_next(&walk));
	check(found == NULL || seen, "part not walked over");
}

static void check_text(struct istream *input, const char *charset)
{
	const unsigned char *data;
	struct istream *stream;
	string_t *text = t_str_new(1024);
	size_t size;

	if (i_stream_create_charset(input, charset, &stream) < 0)
		return;
	while (i_stream_read_more(stream, &data, &size) > 0) {
		str_append_data(text, data, size);
		i_stream_skip(stream, size);
	}
	check(stream->stream_errno == 0 && stream->eof, "end of the text");
	check(uni_utf8_data_is_valid(str_data(text), str_len(text)),
	      "UTF-8 of the text");
	i_stream_unref(&stream);
}

/* The first line is a part number, and words for a line of LPRT with TABs
   between them; a message follows. */
FUZZ_BEGIN_DATA(const uint8_t *data, size_t size)
	const char *text = t_strndup(data, size);
	const char *line = t_strcut(text, '\n');
	const char *const *words = t_strsplit(line, "\t");
	size_t skip = I_MIN(strlen(line) + 1, size);
	struct pop4_part_header header;
	struct istream *input;
	pool_t pool = pool_alloconly_create("fuzz", 1024);

	check_line(words + (*words == NULL ? 0 : 1));
	input = i_stream_create_from_data(data + skip, size - skip);
	check_parts(parse_message(input, pool), *words == NULL ? "" : *words);
	i_stream_seek(input, 0);
	pop4_part_header_read(input, pool, &header);
	i_stream_seek(input, 0);
	check_text(input, header.charset == NULL ? "utf-8" : header.charset);
	i_stream_unref(&input);
	pool_unref(&pool);
FUZZ_END
