/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "test-common.h"

#include "pop3-ext-limits.h"
#include "test-uidl-source-common.h"
#include "uidl-digest.h"

#define FROM "From a@example.com Thu Nov 26 09:32:18 2026\n"

static const char *content_of(const char *text)
{
	struct uidl_digest *digest = uidl_digest_init();
	unsigned char result[UIDL_DIGEST_SIZE];

	uidl_digest_begin(digest);
	(void)uidl_digest_more(digest, (const void *)text, strlen(text));
	uidl_digest_end(digest, result);
	uidl_digest_deinit(&digest);
	return t_strdup_printf(" content=%02x%02x%02x%02x", result[0],
			       result[1], result[2], result[3]);
}

static void test_uidl_source_x_uidl(void)
{
	test_begin("uidl source: x-uidl");
	test_assert_strcmp(
		test_uidl_source(&uidl_source_x_uidl,
			FROM"X-UIDL: 59$\"!A_\nMessage-Id: <a@b>\n"
			"X-UIDL: no\nStatus: RO\n\nFrom the first line\n"
			"From to Thursday\n\nFrom here on, at 10:30\n\n"
			FROM"Subject: without\n\nX-UIDL: 1\n\n"
			"From b Mon  Jan  1 00:00:00 2001 remote from x\r\n"
			"x-uidl:\t b\r\n\r\n\r\n"
			FROM"X-UIDL: c\n\n"),
		t_strconcat("59$\"!A_", content_of(
			"Message-Id: <a@b>\n\nFrom the first line\n"
			"From to Thursday\n\nFrom here on, at 10:30\n"),
			" id=<a@b> order=1\nb", content_of("\n"),
			" order=3\nc", content_of("\n"), " order=4\n", NULL));

	test_assert_strcmp(test_uidl_source(&uidl_source_x_uidl, ""), "");
	test_assert_strcmp(test_uidl_source(&uidl_source_x_uidl,
					    FROM"Subject: x\n\n"),
			   "file: it has no X-UIDL headers\n");
	test_assert_strcmp(test_uidl_source(&uidl_source_x_uidl,
					    "X-UIDL: a\n\n"),
			   "file:1: it does not begin as an mbox does\n");
	test_assert_strcmp(test_uidl_source(&uidl_source_x_uidl,
					    "From me\nX-UIDL: a\n\n"),
			   "file:1: it does not begin as an mbox does\n");
	/* the line of the message, not of its end */
	test_assert_strcmp(test_uidl_source(&uidl_source_x_uidl,
				FROM"\nBody\n\n"FROM"X-UIDL: a b\n\nBody\n"),
			   "file:5: the UIDL has the octet 0x20, which is none "
			   "of 0x21 to 0x7e\n");
	test_end();
}

static void test_uidl_source_uw(void)
{
	test_begin("uidl source: uw");
	test_assert_strcmp(
		test_uidl_source(&uidl_source_uw,
			FROM"X-IMAPbase: 1795685526 0000000042\nX-UID: 7\n"
			"X-UIDL: no\n\n\n"
			FROM"X-IMAPbase: 1 2\nX-UID: 42\n\n"
			"\n"FROM"X-UID: \n\n"),
		t_strconcat("6b07fc9600000007", content_of("\n"),
			    " order=1\n6b07fc960000002a", content_of("\n"),
			    " order=2\n", NULL));
	test_assert_strcmp(
		test_uidl_source(&uidl_source_uw,
			FROM"X-IMAP: 1795685526 0000000042\n\npseudo\n\n"
			FROM"X-UID: 1\n\n"),
		t_strconcat("6b07fc9600000001", content_of("\n"),
			    " order=2\n", NULL));
	test_assert_strcmp(test_uidl_source(&uidl_source_uw,
					    FROM"X-UID: 1\n\n"),
			   "file: it has no X-IMAPbase and X-UID headers\n");
	test_end();
}

/* Lines that do not fit into the buffer, with what looks like a message or a
   header in places where the buffer may begin anew. */
static void test_uidl_source_mbox_long(void)
{
	string_t *body = t_str_new(1024*1024);
	const char *mbox;
	unsigned int i;

	test_begin("uidl source: long lines of an mbox");
	str_append(body, "Subject: ");
	for (i = 0; i < UIDL_SOURCE_MAX_LINE / 16; i++)
		str_append(body, "X-UIDL: wrong \t ");
	str_append(body, "\n\n");
	for (i = 0; i < UIDL_SOURCE_MAX_LINE / 16; i++) {
		str_append(body, FROM);
		str_truncate(body, str_len(body) - 1);
	}
	str_append(body, "\n");
	mbox = t_strconcat(FROM"X-UIDL: a\n", str_c(body), "\n",
			   FROM"X-UIDL: b\n", str_c(body), NULL);
	test_assert_strcmp(test_uidl_source(&uidl_source_x_uidl, mbox),
			   t_strconcat("a", content_of(str_c(body)),
				       " order=1\nb", content_of(str_c(body)),
				       " order=2\n", NULL));
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_uidl_source_x_uidl,
		test_uidl_source_uw,
		test_uidl_source_mbox_long,
		NULL
	};
	return test_run(test_functions);
}
