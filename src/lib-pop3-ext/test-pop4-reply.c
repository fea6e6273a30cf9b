/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "test-common.h"

#include "pop3-ext-limits.h"
#include "pop4-reply.h"

static const char *joined(const char *const *words)
{
	return words == NULL ? NULL : t_strarray_join(words, ",");
}

static void test_pop4_status(void)
{
	static const struct {
		const char *line;
		int ret;
		enum pop4_status status;
		const char *code, *text;
		uint64_t number;
	} tests[] = {
		{ "+OK", 0, POP4_STATUS_OK, NULL, "", POP4_UNKNOWN },
		{ "+OK ", 0, POP4_STATUS_OK, NULL, "", POP4_UNKNOWN },
		{ "+ok 12 octets", 0, POP4_STATUS_OK, NULL, "12 octets", 12 },
		{ "+OK 12", 0, POP4_STATUS_OK, NULL, "12", 12 },
		{ "+OK 12octets", 0, POP4_STATUS_OK, NULL, "12octets",
		  POP4_UNKNOWN },
		{ "+OK -1", 0, POP4_STATUS_OK, NULL, "-1", POP4_UNKNOWN },
		{ "+OK 18446744073709551616 octets", 0, POP4_STATUS_OK, NULL,
		  "18446744073709551616 octets", POP4_UNKNOWN },
		{ "-ERR [SYS/TEMP] later", 0, POP4_STATUS_ERR, "SYS/TEMP",
		  "later", POP4_UNKNOWN },
		{ "-err [in-use]", 0, POP4_STATUS_ERR, "IN-USE", "",
		  POP4_UNKNOWN },
		{ "-ERR [not a code] x", 0, POP4_STATUS_ERR, NULL,
		  "[not a code] x", POP4_UNKNOWN },
		{ "-ERR [] x", 0, POP4_STATUS_ERR, NULL, "[] x", POP4_UNKNOWN },
		{ "-ERR [open", 0, POP4_STATUS_ERR, NULL, "[open",
		  POP4_UNKNOWN },
		{ "-ERR \x1b[2J\x07 \xc2\x9b", 0, POP4_STATUS_ERR, NULL,
		  "?[2J? ?", POP4_UNKNOWN },
		{ "+ ", 0, POP4_STATUS_CONTINUE, NULL, "", 0 },
		{ "+", 0, POP4_STATUS_CONTINUE, NULL, "", 0 },
		{ "+ dGVzdA==", 0, POP4_STATUS_CONTINUE, NULL, "dGVzdA==", 0 },
		{ "+OKAY", -1, 0, NULL, NULL, 0 },
		{ "+OK\tx", -1, 0, NULL, NULL, 0 },
		{ "-ERROR", -1, 0, NULL, NULL, 0 },
		{ "* OK", -1, 0, NULL, NULL, 0 },
		{ " +OK", -1, 0, NULL, NULL, 0 },
		{ "", -1, 0, NULL, NULL, 0 },
	};
	struct pop4_status_line status;
	unsigned int i;

	test_begin("pop4 reply: status");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(pop4_parse_status(tests[i].line, &status) ==
				tests[i].ret, i);
		if (tests[i].ret < 0)
			continue;
		test_assert_idx(status.status == tests[i].status, i);
		test_assert_strcmp_idx(status.code, tests[i].code, i);
		test_assert_strcmp_idx(status.text, tests[i].text, i);
		test_assert_idx(status.status == POP4_STATUS_CONTINUE ||
				pop4_status_number(&status) ==
				tests[i].number, i);
	}
	test_end();
}

static void test_pop4_folder(void)
{
	static const struct {
		const char *line, *name;
		uint64_t messages, unseen, octets;
		const char *attributes;
	} tests[] = {
		{ "INBOX 12 3 48120 SELECTED,INBOX", "INBOX", 12, 3, 48120,
		  "SELECTED,INBOX" },
		{ "Archive - - - NOSELECT,CHILDREN", "Archive", POP4_UNKNOWN,
		  POP4_UNKNOWN, POP4_UNKNOWN, "NOSELECT,CHILDREN" },
		{ "\"Archive/Old post\" 340 0 9120033 -", "Archive/Old post",
		  340, 0, 9120033, "" },
		{ "\"a \\\"b\\\" \\\\\" 0 0 0 - more of it", "a \"b\" \\", 0, 0,
		  0, "" },
		{ "\"-\" 0 0 0 -", "-", 0, 0, 0, "" },
		{ "\xc3\xa4 0 0 18446744073709551614 NEW", "\xc3\xa4", 0, 0,
		  UINT64_MAX - 1, "NEW" },

		{ "", NULL, 0, 0, 0, NULL },
		{ "INBOX", NULL, 0, 0, 0, NULL },
		{ "INBOX 1 2 3", NULL, 0, 0, 0, NULL },
		{ "INBOX 1 2 3 ", NULL, 0, 0, 0, NULL },
		{ "INBOX  1 2 3 -", NULL, 0, 0, 0, NULL },
		{ " INBOX 1 2 3 -", NULL, 0, 0, 0, NULL },
		{ "- 1 2 3 -", NULL, 0, 0, 0, NULL },
		{ "\"\" 1 2 3 -", NULL, 0, 0, 0, NULL },
		{ "\"open 1 2 3 -", NULL, 0, 0, 0, NULL },
		{ "\"a\\", NULL, 0, 0, 0, NULL },
		{ "\"a\"b 1 2 3 -", NULL, 0, 0, 0, NULL },
		{ "a\"b\" 1 2 3 -", NULL, 0, 0, 0, NULL },
		{ "INBOX x 2 3 -", NULL, 0, 0, 0, NULL },
		{ "INBOX -1 2 3 -", NULL, 0, 0, 0, NULL },
		{ "INBOX 18446744073709551615 2 3 -", NULL, 0, 0, 0, NULL },
		{ "INBOX 18446744073709551616 2 3 -", NULL, 0, 0, 0, NULL },
		{ "INBOX 1 2 3 ,", NULL, 0, 0, 0, NULL },
		{ "INBOX 1 2 3 A,,B", NULL, 0, 0, 0, NULL },
		{ "IN\x1b[2JBOX 1 2 3 -", NULL, 0, 0, 0, NULL },
		{ "\"IN\tBOX\" 1 2 3 -", NULL, 0, 0, 0, NULL },
		{ "\"IN\x7f\" 1 2 3 -", NULL, 0, 0, 0, NULL },
		{ "\"IN\xc2\x9b\" 1 2 3 -", NULL, 0, 0, 0, NULL },
		{ "\"IN\xff\" 1 2 3 -", NULL, 0, 0, 0, NULL },
	};
	struct pop4_folder_line folder;
	unsigned int i;
	int ret;

	test_begin("pop4 reply: folder");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		ret = pop4_parse_folder(tests[i].line, &folder);
		test_assert_idx((ret == 0) == (tests[i].name != NULL), i);
		if (ret < 0)
			continue;
		test_assert_strcmp_idx(folder.name, tests[i].name, i);
		test_assert_idx(folder.messages == tests[i].messages, i);
		test_assert_idx(folder.unseen == tests[i].unseen, i);
		test_assert_idx(folder.octets == tests[i].octets, i);
		test_assert_strcmp_idx(joined(folder.attributes),
				       tests[i].attributes, i);
	}
	test_end();
}

typedef int parse_message_t(const char *line, struct pop4_message_line *msg_r);

static void test_pop4_message(void)
{
	static const struct {
		parse_message_t *parse;
		const char *line;
		uint32_t number;
		uint64_t octets;
		const char *uid, *flags;
	} tests[] = {
		{ pop4_parse_message, "1 120 0001 SEEN,$Label", 1, 120, "0001",
		  "SEEN,$Label" },
		{ pop4_parse_message, "4294967295 - - -", UINT32_MAX,
		  POP4_UNKNOWN, NULL, "" },
		{ pop4_parse_message, "1 2 \"a\\\"b\" - x", 1, 2, "a\"b", "" },
		{ pop4_parse_message, "1 120 0001", 0, 0, NULL, NULL },
		{ pop4_parse_message, "0 120 0001 -", 0, 0, NULL, NULL },
		{ pop4_parse_message, "4294967296 120 0001 -", 0, 0, NULL,
		  NULL },
		{ pop4_parse_message, "- 120 0001 -", 0, 0, NULL, NULL },
		{ pop4_parse_flags, "1 SEEN", 1, POP4_UNKNOWN, NULL, "SEEN" },
		{ pop4_parse_flags, "2 -", 2, POP4_UNKNOWN, NULL, "" },
		{ pop4_parse_flags, "2", 0, 0, NULL, NULL },
		{ pop4_parse_flags, "2 A,,", 0, 0, NULL, NULL },
		{ pop4_parse_list, "3 120", 3, 120, NULL, NULL },
		{ pop4_parse_list, "3 120 more", 3, 120, NULL, NULL },
		{ pop4_parse_list, "3", 0, 0, NULL, NULL },
		{ pop4_parse_list, "3 many", 0, 0, NULL, NULL },
		{ pop4_parse_uidl, "3 a\"b\\", 3, POP4_UNKNOWN, "a\"b\\",
		  NULL },
		{ pop4_parse_uidl, "3 - x", 3, POP4_UNKNOWN, "-", NULL },
		{ pop4_parse_uidl, "3", 0, 0, NULL, NULL },
		{ pop4_parse_uidl, "3 ", 0, 0, NULL, NULL },
		{ pop4_parse_uidl, "3  x", 0, 0, NULL, NULL },
		{ pop4_parse_uidl, "x y", 0, 0, NULL, NULL },
	};
	struct pop4_message_line msg;
	unsigned int i;
	int ret;

	test_begin("pop4 reply: message");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		ret = tests[i].parse(tests[i].line, &msg);
		test_assert_idx((ret == 0) == (tests[i].number != 0), i);
		if (ret < 0)
			continue;
		test_assert_idx(msg.number == tests[i].number, i);
		test_assert_idx(msg.octets == tests[i].octets, i);
		test_assert_strcmp_idx(msg.uid, tests[i].uid, i);
		test_assert_strcmp_idx(joined(msg.flags), tests[i].flags, i);
	}
	test_end();
}

static void test_pop4_part(void)
{
	static const char *const bad[] = {
		"",
		"1 text/plain 310 7bit us-ascii - - - 9",
		"- text/plain 310 7bit us-ascii - - - 9 1",
		"1 - 310 7bit us-ascii - - - 9 1",
		". text/plain 310 7bit us-ascii - - - 9 1",
		"1. text/plain 310 7bit us-ascii - - - 9 1",
		".1 text/plain 310 7bit us-ascii - - - 9 1",
		"1..2 text/plain 310 7bit us-ascii - - - 9 1",
		"1x text/plain 310 7bit us-ascii - - - 9 1",
		"1 text/plain 3x0 7bit us-ascii - - - 9 1",
		"1 text/plain 310 7bit us-ascii - \"\x1b]0;x\x07\" - 9 1",
	};
	struct pop4_part_line part;
	unsigned int i;

	test_begin("pop4 reply: part");
	test_assert(pop4_parse_part("2.10.0 application/pdf 3400 base64 - "
		"attachment \"r\\\"1\\\".pdf\" <a@b> - 1 new", &part) == 0);
	test_assert_strcmp(part.part, "2.10.0");
	test_assert_strcmp(part.type, "application/pdf");
	test_assert(part.octets == 3400);
	test_assert_strcmp(part.encoding, "base64");
	test_assert_strcmp(part.charset, NULL);
	test_assert_strcmp(part.disposition, "attachment");
	test_assert_strcmp(part.filename, "r\"1\".pdf");
	test_assert_strcmp(part.content_id, "<a@b>");
	test_assert(part.lines == POP4_UNKNOWN && part.depth == 1);
	for (i = 0; i < N_ELEMENTS(bad); i++)
		test_assert_idx(pop4_parse_part(bad[i], &part) < 0, i);
	test_end();
}

static void test_pop4_capa(void)
{
	struct pop4_capa capa;

	test_begin("pop4 reply: capability");
	test_assert(pop4_parse_capa("X-POP4 0 FOLDERS", &capa) == 0);
	test_assert_strcmp(capa.name, "X-POP4");
	test_assert_strcmp(joined(capa.args), "0,FOLDERS");
	test_assert(pop4_parse_capa("TOP", &capa) == 0);
	test_assert_strcmp(capa.name, "TOP");
	test_assert_strcmp(joined(capa.args), "");
	test_assert(pop4_parse_capa("", &capa) < 0);
	test_assert(pop4_parse_capa("  ", &capa) < 0);
	test_assert(pop4_parse_capa("TOP \x1b", &capa) < 0);
	test_end();
}

static void test_pop4_greeting_stamp(void)
{
	test_begin("pop4 reply: stamp of the greeting");
	test_assert_strcmp(pop4_greeting_stamp("ready <1.2@example>"),
			   "<1.2@example>");
	test_assert_strcmp(pop4_greeting_stamp("<x> <1.2@example> today"),
			   "<1.2@example>");
	test_assert_strcmp(pop4_greeting_stamp("ready"), NULL);
	test_assert_strcmp(pop4_greeting_stamp("ready <1.2>"), NULL);
	test_assert_strcmp(pop4_greeting_stamp("ready <1.2@x"), NULL);
	test_assert_strcmp(pop4_greeting_stamp("> <"), NULL);
	test_end();
}

static void test_pop4_quote(void)
{
	const char *arg, *error;

	test_begin("pop4 reply: quoted argument");
	test_assert(pop4_quote("INBOX", &arg, &error) == 0);
	test_assert_strcmp(arg, "INBOX");
	test_assert(pop4_quote("-", &arg, &error) == 0);
	test_assert_strcmp(arg, "\"-\"");
	test_assert(pop4_quote("", &arg, &error) == 0);
	test_assert_strcmp(arg, "\"\"");
	test_assert(pop4_quote("a \"b\" \\ \xc3\xa4", &arg, &error) == 0);
	test_assert_strcmp(arg, "\"a \\\"b\\\" \\\\ \xc3\xa4\"");
	test_assert(pop4_quote("a\r\nDELE 1", &arg, &error) < 0);
	test_assert_strcmp(error, "\"a DELE 1\" can't be the name of a folder:"
			   " it is not UTF-8, or has control characters");
	test_assert(pop4_quote("\xff", &arg, &error) < 0);
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_pop4_status,
		test_pop4_folder,
		test_pop4_message,
		test_pop4_part,
		test_pop4_capa,
		test_pop4_greeting_stamp,
		test_pop4_quote,
		NULL
	};
	return test_run(test_functions);
}
