/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "test-common.h"

#include "test-uidl-source-common.h"

static void test_uidl_source_courier(void)
{
	static const struct {
		const char *text, *result;
	} tests[] = {
		{ "/3 4 1795685505\n"
		  "1000000001.M1P1.host:2,S 55 1:1795685505:0\n"
		  "1000000002.M1P1.host:2, 56 2:1795685505:1\n"
		  "1000000003.M1P1.host 57 3:1795685504:0",
		  "UID1-1795685505 file=1000000001.M1P1.host guid=c237158a size=55 order=1\n"
		  "UID2-1795685505 file=1000000002.M1P1.host guid=9f81dbe6 size=56 order=2\n"
		  "UID3-1795685504 file=1000000003.M1P1.host guid=c56ef27a size=57 order=3\n" },
		{ "/2 4 7\r\na 1 2:7\r\n", "UID2-7 file=a guid=ca978112 size=1 order=1\n" },
		/* of older versions */
		{ "/2 4 7\na 1 2:0\n", "UID2 file=a guid=ca978112 size=1 order=1\n" },
		{ "/2 4 7\na +'\"\x7f\xff:2,S 1 0:0\n",
		  "a+20+2B+27+22+7F+FF file=a +'\"\x7f\xff guid=e2bfb3ec size=1 order=1\n" },
		{ "/3 1 1795685505\n", "" },
		{ "", "file: it is empty\n" },
		{ "\n", "file:1: it does not begin as a courierpop3dsizelist does\n" },
		{ "/3\n", "file:1: it does not begin as a courierpop3dsizelist does\n" },
		{ "1 2 3\n", "file:1: it does not begin as a courierpop3dsizelist does\n" },
		{ "/x 2 3\n", "file:1: it does not begin as a courierpop3dsizelist does\n" },
		{ "/1 5\n", "file:1: version 1 of the list is not known, only 2 to 3\n" },
		{ "/4 1 2\n", "file:1: version 4 of the list is not known, only 2 to 3\n" },
		{ "/3 1 2\n\n", "file:2: it is not a file, a size and a UIDL\n" },
		{ "/3 1 2\na 1\n", "file:2: it is not a file, a size and a UIDL\n" },
		{ "/3 1 2\n 1 2:3\n", "file:2: there is no name of a file in a Maildir\n" },
		{ "/3 1 2\n:2,S 1 2:3\n", "file:2: there is no name of a file in a Maildir\n" },
		{ "/3 1 2\ncur/a 1 2:3\n", "file:2: there is no name of a file in a Maildir\n" },
		{ "/3 1 2\na x 2:3\n", "file:2: the size 'x' is invalid\n" },
		{ "/3 1 2\na 1 2\n", "file:2: the UIDL '2' is not two numbers with a colon\n" },
		{ "/3 1 2\na 1 2:3:x\n", "file:2: the UIDL '2:3:x' is not two numbers with a colon\n" },
		{ "/3 1 2\na 1 2:3:0:\n", "file:2: the UIDL '2:3:0:' is not two numbers with a colon\n" },
		{ "/3 1 2\na 1 99999999999999999999:1\n",
		  "file:2: the UIDL '99999999999999999999:1' is not two numbers with a colon\n" },
	};
	unsigned int i;

	test_begin("uidl source: courier");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(test_uidl_source(&uidl_source_courier,
							tests[i].text),
				       tests[i].result, i);
	}
	test_end();
}

static void test_uidl_source_uidlist(void)
{
	static const struct {
		const char *text, *result;
	} tests[] = {
		{ "3 V77 N4 G00112233445566778899aabbccddeeff\n"
		  "1 P0000000000000001 W57 :a\n"
		  "2 :b:2,S\n"
		  "3 P Gb Oxx :c:2,\n",
		  "0000000000000001 file=a guid=ca978112 uid=1/77 size=57\n"
		  "file:4: the field 'Oxx' is invalid\n" },
		{ "3 V77 N4\n3 P Gb O2 S12 Zwhat :a\n",
		  "a file=a guid=3e23e816 uid=3/77 order=2\n" },
		{ "3 V77 N4\n3 G :a\n", "file:2: the field 'G' is invalid\n" },
		{ "3 V77 N4\n3 x :a\n", "file:2: the field 'x' is invalid\n" },
		{ "3 V77 N4\n3 Wx :a\n", "file:2: the field 'Wx' is invalid\n" },
		{ "3 V77 N4\n0 P1 :a\n", "file:2: the UID is missing or invalid\n" },
		{ "3 V77 N4\nP1 :a\n", "file:2: the UID is missing or invalid\n" },
		{ "3 V77 N4\n1 P1\n", "file:2: the file's name is missing\n" },
		{ "3 V77 N4\n1 P1 :\n", "file:2: there is no name of a file in a Maildir\n" },
		{ "3 V77 N4\n1 P1 :new/a\n", "file:2: there is no name of a file in a Maildir\n" },
		{ "3 V77 N4\n1 P\xc3 :a\n", "file:2: the UIDL has the octet 0xc3, which is none of 0x21 to 0x7e\n" },
		{ "3 V77 N4\n", "" },
		{ "3 V77 N4\n1 :a\n2 :b\n",
		  "file: it has no UIDLs: pop3_save_uidl was off, and they were made by pop3_uidl_format\n" },
		{ "1 77 4\n1 a\n", "file:1: version 1 of dovecot-uidlist has no UIDLs\n" },
		{ "/3 4 77\n", "file:1: it does not begin as a dovecot-uidlist does\n" },
		{ "\n", "file:1: it does not begin as a dovecot-uidlist does\n" },
		{ "3 N4\n", "file:1: the UIDVALIDITY is missing or invalid\n" },
		{ "3 V0\n", "file:1: the UIDVALIDITY is missing or invalid\n" },
		{ "3 Vx\n", "file:1: the UIDVALIDITY is missing or invalid\n" },
		{ "", "file: it is empty\n" },
	};
	unsigned int i;

	test_begin("uidl source: dovecot-uidlist");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(test_uidl_source(&uidl_source_uidlist,
							tests[i].text),
				       tests[i].result, i);
	}
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_uidl_source_courier,
		test_uidl_source_uidlist,
		NULL
	};
	return test_run(test_functions);
}
