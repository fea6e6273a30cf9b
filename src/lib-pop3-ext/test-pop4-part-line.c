/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "istream.h"
#include "imap-bodystructure.h"
#include "message-part-data.h"
#include "test-common.h"

#include "pop3-ext-limits.h"
#include "pop4-part-header.h"
#include "pop4-part-line.h"

static const struct message_part *
parse(pool_t pool, const char *bodystructure)
{
	struct message_part *part = NULL;
	const char *error;

	if (imap_bodystructure_parse_full(bodystructure, pool,
					  &part, &error) < 0)
		i_panic("%s: %s", bodystructure, error);
	return part;
}

static void test_pop4_part_line(void)
{
	static const struct {
		const char *bodystructure, *line;
	} tests[] = {
		{ "\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL "
		  "\"7bit\" 10 2 NIL NIL NIL NIL",
		  "1 text/plain 10 7bit us-ascii - - - 2 3" },
		{ "\"TEXT\" \"HTML\" (\"Charset\" \"ISO-8859-1\") \"<a@b>\" NIL "
		  "\"Quoted-Printable\" 0 0 NIL (\"INLINE\" NIL) NIL NIL",
		  "1 text/html 0 quoted-printable iso-8859-1 inline - <a@b> "
		  "0 3" },
		{ "\"application\" \"pdf\" (\"name\" \"other\") NIL NIL "
		  "\"base64\" 3400 NIL (\"attachment\" (\"filename\" "
		  "\"r\\\"1\\\".pdf\")) NIL NIL",
		  "1 application/pdf 3400 base64 - attachment "
		  "\"r\\\"1\\\".pdf\" - - 3" },
		{ "(\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 1) \"mixed\" "
		  "(\"boundary\" \"x\") NIL NIL",
		  "1 multipart/mixed 0 - - - - - - 3" },
		/* odd words */
		{ "\"x y\" \"a\\\\b\" (\"charset\" \"1 2\") \"-\" NIL \"12\" 1 "
		  "NIL (\"\" NIL) NIL NIL",
		  "1 \"x y/a\\\\b\" 1 \"12\" \"1 2\" - - \"-\" - 3" },
	};
	const struct message_part *part;
	unsigned int i;
	pool_t pool;

	test_begin("pop4 part line");
	pool = pool_alloconly_create("test", 1024);
	for (i = 0; i < N_ELEMENTS(tests); i++) T_BEGIN {
		string_t *str = t_str_new(128);

		part = parse(pool, tests[i].bodystructure);
		pop4_part_line_append(str, part, "1", 3);
		test_assert_strcmp_idx(str_c(str), tests[i].line, i);
	} T_END;
	pool_unref(&pool);
	test_end();
}

static void test_pop4_part_filename(void)
{
	static const struct {
		const char *name, *value, *filename;
	} tests[] = {
		{ "filename", "a.txt", "a.txt" },
		{ "FileName", "a b.txt", "a b.txt" },
		{ "filename", "100%25.txt", "100%25.txt" },
		{ "filename", "=?utf-8?Q?gr=C3=BC=C3=9F?=", "gr\xc3\xbc\xc3\x9f" },
		{ "filename", "=?iso-8859-1?B?5PY=?= x", "\xc3\xa4\xc3\xb6 x" },
		{ "filename", "=?x-unknown?Q?a?=", "a" },
		{ "filename", "gr\xfc", "gr\xef\xbf\xbd" },
		{ "filename", "gr\xc3\xbc", "gr\xc3\xbc" },
		{ "filename*", "utf-8''%e2%82%ac", "\xe2\x82\xac" },
		{ "filename*", "ISO-8859-1'de'%e4%f6.txt",
		  "\xc3\xa4\xc3\xb6.txt" },
		{ "filename*", "''100%25", "100%" },
		{ "filename*", "x-unknown''%c3%a4", "\xc3\xa4" },
		{ "filename*", "x-unknown''%e4%", "\xef\xbf\xbd%" },
		{ "filename*", "plain%20name", "plain name" },
		{ "filename*", "it's", "it's" },
		{ "filename*", "utf-8''%zz%4", "%zz%4" },
		{ "filename*", "utf-8''a%00b", "a\x7f" "b" },
		{ "filename*", "utf-16be''%00a%20%ac", "a\xe2\x82\xac" },
	};
	struct message_part_param param;
	struct message_part_data data;
	struct message_part part;
	const char *filename;
	unsigned int i, j;

	test_begin("pop4 part line: file names");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		param.name = tests[i].name;
		param.value = tests[i].value;
		for (j = 0; j < 2; j++) {
			i_zero(&data);
			i_zero(&part);
			part.data = &data;
			if (j == 0) {
				data.content_disposition_params = &param;
				data.content_disposition_params_count = 1;
			} else {
				/* filename -> name */
				param.name += strlen("file");
				data.content_type_params = &param;
				data.content_type_params_count = 1;
			}
			filename = pop4_part_filename(&part);
			test_assert_strcmp_idx(filename, tests[i].filename, i);
		}
	}
	i_zero(&data);
	test_assert(pop4_part_filename(&part) == NULL);
	test_end();
}

static void test_pop4_part_line_is_one_line(void)
{
	struct message_part_param param = {
		.name = "filename*",
		.value = "utf-8''a%0d%0a.%0d%0a+OK%00%09%7f%c2%80",
	};
	struct message_part_data data = {
		.content_type = "a", .content_subtype = "b",
		.content_id = "<a\r\n.\r\n>",
		.content_disposition_params = &param,
		.content_disposition_params_count = 1,
	};
	struct message_part part = { .data = &data };
	string_t *str = t_str_new(128), *text = t_str_new(8192);

	test_begin("pop4 part line: one line of limited length");
	pop4_part_line_append(str, &part, "1", 0);
	test_assert(strpbrk(str_c(str), "\r\n\t\x7f") == NULL);
	test_assert(str_array_length(t_strsplit(str_c(str), " ")) == 10);

	while (str_len(text) < 5000)
		str_append(text, "\xe2\x82\xac");
	data.content_id = data.content_type = str_c(text);
	param.name = "name";
	data.content_type_params = &param;
	data.content_type_params_count = 1;
	param.value = str_c(text);
	data.content_disposition_params_count = 0;
	str_truncate(str, 0);
	pop4_part_line_append(str, &part, "1", 0);
	test_assert(str_len(str) < 3 * POP4_MAX_PART_FIELD + 100);
	test_assert(strstr(str_c(str), "\xef\xbf\xbd") == NULL);
	test_end();
}

static void test_pop4_part_header(void)
{
	static const struct {
		const char *header;
		enum message_cte cte;
		const char *charset;
	} tests[] = {
		{ "", MESSAGE_CTE_78BIT, NULL },
		{ "\n", MESSAGE_CTE_78BIT, NULL },
		{ "Content-Type: text/plain; charset=koi8-r\r\n"
		  "Content-Transfer-Encoding: BASE64\r\n\r\n",
		  MESSAGE_CTE_BASE64, "koi8-r" },
		{ "Content-Type: text/plain;\n\tformat=flowed;\n"
		  " Charset=\"a b\"\nContent-type: text/plain; charset=x\n\n",
		  MESSAGE_CTE_78BIT, "a b" },
		{ "Content-Transfer-Encoding: 8bit\n"
		  "Content-Transfer-Encoding: quoted-printable\n\n"
		  "Content-Type: text/plain; charset=body\n",
		  MESSAGE_CTE_QP, NULL },
		{ "Content-Transfer-Encoding: x-uuencode\n\n",
		  MESSAGE_CTE_UNKNOWN, NULL },
		{ "Content-Type: text\n", MESSAGE_CTE_78BIT, NULL },
	};
	struct pop4_part_header header;
	struct istream *input;
	unsigned int i;
	pool_t pool;

	test_begin("pop4 part header");
	pool = pool_alloconly_create("test", 1024);
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		input = i_stream_create_from_data(tests[i].header,
						  strlen(tests[i].header));
		pop4_part_header_read(input, pool, &header);
		test_assert_idx(header.cte == tests[i].cte, i);
		test_assert_idx(null_strcmp(header.charset,
					    tests[i].charset) == 0, i);
		i_stream_unref(&input);
	}
	pool_unref(&pool);
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_pop4_part_line,
		test_pop4_part_filename,
		test_pop4_part_line_is_one_line,
		test_pop4_part_header,
		NULL
	};
	return test_run(test_functions);
}
