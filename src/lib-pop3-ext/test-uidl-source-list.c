/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "test-common.h"

#include "test-uidl-source-common.h"

static void test_uidl_source_list(void)
{
	static const struct {
		const char *text, *result;
	} tests[] = {
		{ "# UIDLs\n\n0001 <a@b>\n  0002\t c@d \r\n0003 <with space@x>",
		  "0001 id=<a@b> order=1\n0002 id=<c@d> order=2\n"
		  "0003 id=<with space@x> order=3\n" },
		/* a UIDL may have everything */
		{ "<#@> <a@b>\n", "<#@> id=<a@b> order=1\n" },
		{ "", "" },
		{ "0001\n", "file:1: the Message-ID is missing after the UIDL\n" },
		{ "\n0001 \t\n", "file:2: the Message-ID is missing after the UIDL\n" },
		{ "0001 a@b 1234\n", "file:1: it is not a UIDL and a Message-ID\n" },
		{ "0001 <a@b> 1234\n", "file:1: it is not a UIDL and a Message-ID\n" },
		{ "<a@b> 0001\n", "file:1: the UIDL comes first, then the Message-ID\n" },
		{ "\xc3\xa4 <a@b>\n", "file:1: the UIDL has the octet 0xc3, which is none of 0x21 to 0x7e\n" },
	};
	unsigned int i;

	test_begin("uidl source: message-id");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(test_uidl_source(&uidl_source_list,
							tests[i].text),
				       tests[i].result, i);
	}
	test_assert_strcmp(test_uidl_source_data(&uidl_source_list,
						 "1 <a@b>\n2 <\0@b>\n", 17),
			   "1 id=<a@b> order=1\nfile:2: the line has a NUL\n");
	test_end();
}

static void test_uidl_source_fetch(void)
{
	static const struct {
		const char *text, *result;
	} tests[] = {
		{ "pop3.uidl: 0001\nguid: a\nsize.virtual: 55\n"
		  "hdr.message-id: <a@b>\n\f\n"
		  "pop3.uidl: \nguid: b\nsize.virtual: 57\nhdr.message-id: \n\f\n"
		  "user: jane\nmailbox: INBOX\nuid: 3\npop3.uidl: 0003\n"
		  "pop3.order: 7\n",
		  "0001 guid=ca978112 id=<a@b> size=55\n"
		  "0003 order=7 user=jane mailbox=INBOX\n" },
		/* continued values, and what is none of ours */
		{ "pop3.uidl: 0001\nhdr.message-id: <a\n b@c>\nbody:\nx: y\n",
		  "0001 id=<a\n" },
		{ "", "" },
		{ "guid: a\n", "file:1: there is no pop3.uidl for this message\n" },
		{ "pop3.uidl: 1\nguid: a\n\f\nguid: a\n\f\n",
		  "1 guid=ca978112\nfile:5: there is no pop3.uidl for this message\n" },
		/* two Message-ID headers in a message of somebody */
		{ "hdr.message-id: <a>\npop3.uidl: 9\npop3.uidl: 1\n",
		  "file:3: pop3.uidl comes twice for one message\n" },
		{ "pop3.uidl: 1\nsize.virtual: x\n", "file:2: the size.virtual is invalid\n" },
		{ "pop3.uidl: 1\npop3.order: x\n", "file:2: the pop3.order is invalid\n" },

		{ "pop3.uidl\tguid\thdr.message-id\tuid\n"
		  "0001\ta\t<a@b>\t1\n\tb\t\t2\n0003\tb\t\t3\n",
		  "0001 guid=ca978112 id=<a@b>\n0003 guid=3e23e816\n" },
		{ "pop3.uidl\n1\n\n2\n", "1\n2\n" },
		{ "\n1\n", "file:2: it has not as many columns as the first line\n" },
		{ "pop3.uidl\tguid\n1\n", "file:2: it has not as many columns as the first line\n" },
		{ "pop3.uidl\tpop3.uidl\n1\t2\n", "file:2: pop3.uidl comes twice for one message\n" },
		{ "uid\tguid\n1\t2\n", "file:2: there is no pop3.uidl for this message\n" },
	};
	unsigned int i;

	test_begin("uidl source: doveadm-fetch");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(test_uidl_source(&uidl_source_fetch,
							tests[i].text),
				       tests[i].result, i);
	}
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_uidl_source_list,
		test_uidl_source_fetch,
		NULL
	};
	return test_run(test_functions);
}
