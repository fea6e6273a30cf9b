/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "istream.h"
#include "message-parser.h"
#include "test-common.h"

#include "pop4-part.h"

#define MULTIPART(boundary) \
	"Content-Type: multipart/mixed; boundary=" boundary "\n\n"
#define RFC822 "Content-Type: message/rfc822\n\n"

static const struct message_part *parse(const char *message)
{
	const struct message_parser_settings set = { .flags = 0 };
	struct message_parser_ctx *parser;
	struct message_part *parts;
	struct message_block block;
	struct istream *input;

	input = i_stream_create_from_data(message, strlen(message));
	parser = message_parser_init(pool_datastack_create(), input, &set);
	while (message_parser_parse_next_block(parser, &block) > 0) ;
	message_parser_deinit(&parser, &parts);
	i_stream_unref(&input);
	return parts;
}

static void test_pop4_part_number(void)
{
	static const char *const valid[] = {
		"0", "1", "9", "10", "2.1", "2.0", "1.2.3.0", "1.10.100",
		"4294967296", "1.99999999999999999999999",
	};
	static const char *const invalid[] = {
		"", ".", "00", "01", "0.1", "0.0", "1.", ".1", "1..2", "1.00",
		"1.01", "1.0.1", "1.0.0", "1.0.", "-1", "+1", "1 ", " 1", "1,2",
		"*", "1.MIME", "1.x", "x", "0x1", "1.-1",
	};
	unsigned int i;

	test_begin("pop4 part: numbers");
	for (i = 0; i < N_ELEMENTS(valid); i++)
		test_assert_idx(pop4_part_number_is_valid(valid[i]), i);
	for (i = 0; i < N_ELEMENTS(invalid); i++)
		test_assert_idx(!pop4_part_number_is_valid(invalid[i]), i);
	test_end();
}

/* number/depth of all parts; each is found by its number again */
static const char *walk_all(const struct message_part *root)
{
	struct pop4_part_walk walk;
	string_t *str = t_str_new(256);
	const char *number;

	pop4_part_walk_init(&walk, pool_datastack_create(), root);
	do {
		number = pop4_part_walk_number(&walk);
		test_assert(pop4_part_number_is_valid(number));
		test_assert(pop4_part_find(root, number) == walk.part);
		str_printfa(str, "%s%s/%u", str_len(str) == 0 ? "" : " ",
			    number, walk.depth);
	} while (pop4_part_walk_next(&walk));
	test_assert(walk.part == NULL);
	return str_c(str);
}

static void test_pop4_part_walk(void)
{
	static const struct {
		const char *message, *numbers;
	} tests[] = {
		{ "", "1/0" },
		{ "Subject: a\n\nb\n", "1/0" },
		{ MULTIPART("a") "--a\n\nx\n--a\n\ny\n--a--\n",
		  "0/0 1/1 2/1" },
		{ MULTIPART("a") "no boundary at all\n", "0/0" },
		{ MULTIPART("a") "--a\n" MULTIPART("b") "--b\n\nx\n--b\n\ny\n"
		  "--b--\n--a\n\nz\n",
		  "0/0 1/1 1.1/2 1.2/2 2/1" },
		{ RFC822 "Subject: x\n\ny\n", "1/0 1.1/1" },
		{ RFC822 MULTIPART("a") "--a\n\nx\n--a\n\ny\n--a--\n",
		  "1/0 1.0/1 1.1/2 1.2/2" },
		{ RFC822 RFC822 "\nx\n", "1/0 1.1/1 1.1.1/2" },
		{ MULTIPART("a") "--a\n\nx\n--a\n" RFC822 MULTIPART("b")
		  "--b\n" MULTIPART("c") "--c\n\ny\n--c--\n"
		  "--b\n\nz\n--b--\n--a\n\nw\n--a--\n",
		  "0/0 1/1 2/1 2.0/2 2.1/3 2.1.1/4 2.2/3 3/1" },
	};
	unsigned int i;

	test_begin("pop4 part: walk");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(walk_all(parse(tests[i].message)),
				       tests[i].numbers, i);
	}
	test_end();
}

static void test_pop4_part_find_none(void)
{
	static const struct {
		const char *message, *numbers;
	} tests[] = {
		{ "Subject: a\n\nb\n", "0 2 1.0 1.1 1.1.1 4294967297" },
		{ MULTIPART("a") "no boundary at all\n", "1 2 1.0 1.1" },
		{ MULTIPART("a") "--a\n\nx\n--a\n" MULTIPART("b")
		  "--b\n\ny\n--b--\n--a--\n",
		  "3 1.1 1.0 2.0 2.2 2.1.1 4294967295 99999999999999999999" },
		{ RFC822 "Subject: x\n\ny\n", "0 2 1.0 1.2 1.1.1 1.1.0" },
	};
	const char *const *numbers;
	unsigned int i;

	test_begin("pop4 part: no such part");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		const struct message_part *root = parse(tests[i].message);

		numbers = t_strsplit(tests[i].numbers, " ");
		for (; *numbers != NULL; numbers++) {
			test_assert_idx(pop4_part_number_is_valid(*numbers), i);
			test_assert_idx(pop4_part_find(root, *numbers) == NULL,
					i);
		}
	}
	test_end();
}

static void test_pop4_part_deep_and_wide(void)
{
	string_t *deep = t_str_new(4096), *wide = t_str_new(4096);
	const struct message_part *root;
	unsigned int i;

	test_begin("pop4 part: deep and wide");
	for (i = 0; i < 60; i++)
		str_append(deep, RFC822);
	str_append(deep, "Subject: x\n\ny\n");
	root = parse(str_c(deep));
	test_assert(strstr(walk_all(root), ".1/60") != NULL);

	str_append(wide, MULTIPART("a"));
	for (i = 0; i < 1000; i++)
		str_append(wide, "--a\n\n");
	root = parse(str_c(wide));
	test_assert(strstr(walk_all(root), " 1000/1") != NULL);
	test_assert(pop4_part_find(root, "1001") == NULL);
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_pop4_part_number,
		test_pop4_part_walk,
		test_pop4_part_find_none,
		test_pop4_part_deep_and_wide,
		NULL
	};
	return test_run(test_functions);
}
