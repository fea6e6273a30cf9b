/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "istream.h"
#include "smtp-address.h"
#include "message-date.h"
#include "test-common.h"

#include "dovecot-compat.h"
#include "istream-pop3-data.h"
#include "pop3-data-parser.h"
#include "pop3-ext-limits.h"
#include "xmit-address.h"
#include "xmit-header.h"

static const struct xmit_header_settings test_set = {
	.default_domain = "default.example",
	.max_size = POP3_EXT_MAX_HEADER_SIZE,
	.max_recipients = 10,
	.max_received = 3,
};

struct test_parser {
	pool_t pool;
	struct istream *input;
	struct xmit_header_parser *parser;
	const struct xmit_header *header;
	const char *error;
};

/* Read the header as it comes, step octets at a time. */
static void
test_parser_init(struct test_parser *test, const char *text, size_t step,
		 const struct xmit_header_settings *set)
{
	size_t size = strlen(text), pos;
	int ret;

	i_zero(test);
	test->pool = pool_alloconly_create("test xmit header", 1024);
	test->input = test_istream_create(text);
	test->parser = xmit_header_parser_init(test->pool, test->input, set);
	for (pos = I_MIN(step, size);; pos = I_MIN(pos + step, size)) {
		if (pos < size)
			test_istream_set_allow_eof(test->input, FALSE);
		else
			test_istream_set_allow_eof(test->input, TRUE);
		test_istream_set_size(test->input, pos);
		ret = xmit_header_parser_more(test->parser, &test->error);
		if (ret != 0)
			break;
		i_assert(pos < size);
	}
	if (ret > 0) {
		test->header = xmit_header_parser_get(test->parser);
		test->error = NULL;
	}
}

static void test_parser_deinit(struct test_parser *test)
{
	xmit_header_parser_deinit(&test->parser);
	i_stream_unref(&test->input);
	pool_unref(&test->pool);
}

static const char *
addresses_text(const ARRAY_TYPE(smtp_address_const) *addresses)
{
	const struct smtp_address *const *address;
	string_t *str = t_str_new(128);

	array_foreach(addresses, address) {
		if (str_len(str) > 0)
			str_append_c(str, ' ');
		str_append(str, xmit_address_to_text(*address));
	}
	return str_c(str);
}

static const struct {
	const char *text;
	/* NULL: error */
	const char *recipients;
	const char *from, *sender, *error;
	bool resent;
} headers[] = {
	/* recipients */
	{ "To: a@x.example\r\n\r\n", "a@x.example", "", NULL, NULL, FALSE },
	{ "From: Me <me@x.example>\r\nTo: a@x.example\r\nCc: b\r\n"
	  "Bcc: c@x.example, D <d@x.example>\r\nSubject: x\r\n\r\nTo: e\r\n",
	  "a@x.example b@default.example c@x.example d@x.example",
	  "me@x.example", NULL, NULL, FALSE },
	{ "to : a@x.example\r\nCC:b@x.example\r\nbCC\t:c@x.example\r\n\r\n",
	  "a@x.example b@x.example c@x.example", "", NULL, NULL, FALSE },
	{ "To: a@x.example\r\nTo: b@x.example\r\n\r\n",
	  "a@x.example b@x.example", "", NULL, NULL, FALSE },
	{ "To:\r\n a@x.example,\r\n\tb@x.example\r\n (c\r\n )\r\n\r\n",
	  "a@x.example b@x.example", "", NULL, NULL, FALSE },
	{ "To: Recipient list suppressed:;\r\nBcc: a@x.example\r\n\r\n",
	  "a@x.example", "", NULL, NULL, FALSE },
	{ "To: list: a@x.example, b@x.example;\r\n\r\n",
	  "a@x.example b@x.example", "", NULL, NULL, FALSE },
	/* the same one again */
	{ "To: a@x.example, A@x.example, a@X.EXAMPLE\r\nCc: a@x.example\r\n"
	  "Bcc: \"a\"@x.example, <a@y.example>\r\n\r\n",
	  "a@x.example A@x.example a@y.example", "", NULL, NULL, FALSE },
	{ "To: a@x.example, a@x.example, a@x.example, a@x.example, "
	  "a@x.example, a@x.example, a@x.example, a@x.example, a@x.example, "
	  "a@x.example, a@x.example, a@x.example\r\n\r\n",
	  "a@x.example", "", NULL, NULL, FALSE },
	/* no body */
	{ "To: a@x.example\r\n", "a@x.example", "", NULL, NULL, FALSE },
	{ "To: a@x.example", "a@x.example", "", NULL, NULL, FALSE },

	/* senders */
	{ "To: a\r\nFrom: b, c@x.example\r\nSender: d@x.example\r\n\r\n",
	  "a@default.example", "b@default.example c@x.example", "d@x.example",
	  NULL, FALSE },
	{ "To: a\r\nFrom: b:;\r\nSender: x@y@z\r\n\r\n",
	  "a@default.example", "", NULL, NULL, FALSE },
	{ "To: a\r\nSender: b\r\nSender: c\r\n\r\n",
	  "a@default.example", "", NULL, NULL, FALSE },
	{ "To: a\r\nSender: b, c\r\n\r\n",
	  "a@default.example", "", NULL, NULL, FALSE },

	/* sent on */
	{ "Resent-To: r@x.example\r\nFrom: b\r\nTo: c, a@b@c\r\nBcc: d\r\n\r\n",
	  "r@x.example", "", NULL, NULL, TRUE },
	{ "Resent-From: f\r\nResent-Sender: g\r\nResent-To: r\r\n"
	  "Resent-Cc: s\r\nResent-Bcc: t\r\nFrom: b\r\nSender: h\r\n\r\n",
	  "r@default.example s@default.example t@default.example",
	  "f@default.example", "g@default.example", NULL, TRUE },
	/* another block behind the first one */
	{ "Resent-From: f\r\nResent-To: r\r\n"
	  "Resent-From: g\r\nResent-To: s\r\nResent-Cc: t\r\nFrom: b\r\n\r\n",
	  "r@default.example", "f@default.example", NULL, NULL, TRUE },
	{ "X-Mailer: x\r\nResent-Date: now\r\nResent-To: r\r\n"
	  "Received: from x\r\nResent-Cc: s\r\nResent-From: g\r\n\r\n",
	  "r@default.example", "", NULL, NULL, TRUE },
	{ "Resent-To: r\r\nReturn-Path: <>\r\nResent-Cc: s\r\n\r\n",
	  "r@default.example", "", NULL, NULL, TRUE },
	/* other fields between those of the block */
	{ "Resent-To: r\r\nSubject: x\r\nResent-Subject: y\r\n"
	  "Resent-Subject: y\r\nResent-Cc: s\r\n\r\n",
	  "r@default.example s@default.example", "", NULL, NULL, TRUE },
	{ "Resent-From: f\r\nTo: a@x.example\r\n\r\n",
	  NULL, NULL, NULL, "No recipient: the message has no Resent-To, "
	  "Resent-Cc or Resent-Bcc address", TRUE },
	{ "Resent-To: a@b@c\r\nTo: a@x.example\r\n\r\n",
	  NULL, NULL, NULL, "Bad address in Resent-To: a@b@c", TRUE },
	{ "Resent-To: a\r\nResent-From: a b\r\n\r\n",
	  NULL, NULL, NULL, "Bad address in Resent-From: a b", TRUE },
	{ "Resent-To: a\r\nFrom: a b\r\nFrom: c\r\n\r\n",
	  "a@default.example", "", NULL, NULL, TRUE },

	/* refused */
	{ "", NULL, NULL, NULL,
	  "No recipient: the message has no To, Cc or Bcc address", FALSE },
	{ "\r\nTo: a@x.example\r\n", NULL, NULL, NULL,
	  "No recipient: the message has no To, Cc or Bcc address", FALSE },
	{ "Subject: x\r\n\r\nTo: a@x.example\r\n", NULL, NULL, NULL,
	  "No recipient: the message has no To, Cc or Bcc address", FALSE },
	{ "To: undisclosed-recipients:;\r\nCc: \r\n\r\n", NULL, NULL, NULL,
	  "No recipient: the message has no To, Cc or Bcc address", FALSE },
	{ "To: a@x.example, b c d\r\n\r\n", NULL, NULL, NULL,
	  "Bad address in To: b c d", FALSE },
	{ "To: a@x.example\r\nBcc: \"b\r\n\r\n", NULL, NULL, NULL,
	  "Bad address in Bcc: \"b", FALSE },
	{ "To: a@x.example\r\nFrom: b c d\r\n\r\n", NULL, NULL, NULL,
	  "Bad address in From: b c d", FALSE },
	{ "To: a@x.example\r\nFrom: b\r\nFrom: c\r\n\r\n", NULL, NULL, NULL,
	  "There is more than one From line", FALSE },
	{ "To: a,b,c,d,e,f,g,h,i,j\r\nCc: j, k\r\n\r\n", NULL, NULL, NULL,
	  "Too many recipients (limit 10)", FALSE },
	{ "From: a,b,c,d,e,f,g,h,i,j,k\r\nTo: a\r\n\r\n", NULL, NULL, NULL,
	  "Too many addresses in From (limit 10)", FALSE },
	{ "Received: a\r\nReceived: b\r\nreceived : c\r\nReceived:\r\n d\r\n"
	  "To: a\r\n\r\n", NULL, NULL, NULL,
	  "Too many Received lines: mail loop", FALSE },
	{ "Hello\r\nTo: a@x.example\r\n\r\n", NULL, NULL, NULL,
	  "Malformed header line: Hello", FALSE },
	{ "To: a@x.example\r\nHello\r\n\r\n", NULL, NULL, NULL,
	  "Malformed header line: Hello", FALSE },
	{ " To: a@x.example\r\n\r\n", NULL, NULL, NULL,
	  "Malformed header line: To: a@x.example", FALSE },
	{ "From me Sat Nov 21 03:00:00 2026\r\nTo: a\r\n\r\n", NULL, NULL, NULL,
	  "Malformed header line: From me Sat Nov 21 03:00:00 2026", FALSE },
	{ "B cc: a@x.example\r\n\r\n", NULL, NULL, NULL,
	  "Malformed header line: B cc: a@x.example", FALSE },
	{ "B\x0b" "cc: a\r\n\r\n", NULL, NULL, NULL,
	  "Malformed header line: B cc: a", FALSE },
	{ ": a\r\n\r\n", NULL, NULL, NULL,
	  "Malformed header line: : a", FALSE },
	{ "T\xc3\xb6: a\r\n\r\n", NULL, NULL, NULL,
	  "Malformed header line: T?: a", FALSE },
};

static void test_xmit_header_table(void)
{
	static const size_t steps[] = { 1, 2, 3, 10, 1000 };
	struct test_parser test;
	unsigned int i, j;

	test_begin("xmit header: table");
	for (i = 0; i < N_ELEMENTS(headers); i++)
	for (j = 0; j < N_ELEMENTS(steps); j++) T_BEGIN {
		test_parser_init(&test, headers[i].text, steps[j], &test_set);
		test_assert_strcmp_idx(test.error, headers[i].error, i);
		test_assert_idx((test.header == NULL) ==
				(headers[i].recipients == NULL), i);
		if (test.header != NULL && headers[i].recipients != NULL) {
			const struct xmit_header *header = test.header;

			test_assert_strcmp_idx(
				addresses_text(&header->recipients),
				headers[i].recipients, i);
			test_assert_strcmp_idx(addresses_text(&header->from),
					       headers[i].from, i);
			test_assert_strcmp_idx(header->sender == NULL ? NULL :
				smtp_address_encode(header->sender),
				headers[i].sender, i);
			test_assert_idx(header->resent == headers[i].resent, i);
			test_assert_idx(!header->needs_utf8, i);
		}
		test_parser_deinit(&test);
	} T_END;
	test_end();
}

static void test_xmit_header_flags(void)
{
	struct test_parser test;

	test_begin("xmit header: flags");
	test_parser_init(&test, "To: a\r\n\r\n", 100, &test_set);
	test_assert(!test.header->has_date && !test.header->has_from &&
		    !test.header->has_message_id && !test.header->has_sender);
	test_assert(test.header->message_id == NULL);
	test_assert(test.header->received_count == 0);
	test_assert_strcmp(str_c(test.header->text), "To: a\r\n");
	test_parser_deinit(&test);

	test_parser_init(&test, "To: a\r\nDATE: x\r\nfrom: \r\nSender: b\r\n"
			 "Message-Id:\r\n <1\x01@2>  \r\nReceived: x\r\n\r\nbody",
			 100, &test_set);
	test_assert(test.header->has_date && test.header->has_from &&
		    test.header->has_message_id && test.header->has_sender);
	test_assert_strcmp(test.header->message_id, "<1?@2>");
	test_assert(test.header->received_count == 1);
	/* input stands at the body */
	test_assert(i_stream_read_eof(test.input) == FALSE);
	test_assert_strcmp(t_strndup(i_stream_get_data(test.input, &(size_t){0}),
				     i_stream_get_data_size(test.input)),
			   "body");
	test_parser_deinit(&test);

	test_parser_init(&test, "Resent-Date: x\r\nResent-Message-ID: y\r\n"
			 "Resent-From: z\r\nResent-To: a\r\n\r\n",
			 100, &test_set);
	test_assert(test.header->has_resent_date &&
		    test.header->has_resent_message_id &&
		    test.header->has_resent_from &&
		    !test.header->has_resent_sender);
	test_parser_deinit(&test);
	test_end();
}

static void test_xmit_header_utf8(void)
{
	struct test_parser test;

	test_begin("xmit header: utf8");
	test_parser_init(&test, "To: a, b\xc3\xb6@x.example\r\n\r\n", 100,
			 &test_set);
	test_assert(test.header->needs_utf8);
	test_assert_strcmp(test.header->utf8_address, "b\xc3\xb6@x.example");
	test_parser_deinit(&test);

	test_parser_init(&test, "To: a\r\nFrom: b@\xc3\xb6.example\r\n\r\n",
			 100, &test_set);
	test_assert(test.header->needs_utf8);
	test_assert_strcmp(test.header->utf8_address, "b@\xc3\xb6.example");
	test_parser_deinit(&test);

	/* only what is used counts */
	test_parser_init(&test, "To: a, b\xc3\xb6@x.example\r\n"
			 "Resent-To: \xc3\xb6 <r@x.example>\r\n\r\n", 100,
			 &test_set);
	test_assert(!test.header->needs_utf8);
	test_parser_deinit(&test);

	test_parser_init(&test, "To: b\xf6@x.example\r\n\r\n", 100, &test_set);
	test_assert_strcmp(test.error, "Bad address in To: b?@x.example "
			   "(it has characters that no address has)");
	test_parser_deinit(&test);
	test_end();
}

static void test_xmit_header_limits(void)
{
	struct xmit_header_settings set = test_set;
	struct test_parser test;
	string_t *text = t_str_new(POP3_EXT_MAX_HEADER_SIZE * 2);
	size_t i;

	test_begin("xmit header: limits");
	set.max_size = 30;
	test_parser_init(&test, "To: a@x.example\r\nSubject: y\r\n\r\nbody", 1,
			 &set);
	test_assert(test.error == NULL);
	test_parser_deinit(&test);
	test_parser_init(&test, "To: a@x.example\r\nSubject: yyyy\r\n\r\n", 1,
			 &set);
	test_assert_strcmp(test.error, "Header is too long");
	test_parser_deinit(&test);
	/* the sum of lines counts */
	test_parser_init(&test, "To:\r\n a@x.example\r\n b:;\r\n c:;\r\n\r\n",
			 1, &set);
	test_assert_strcmp(test.error, "Header is too long");
	test_parser_deinit(&test);

	/* as many as there can be, in one field of many lines */
	str_append(text, "To: ");
	set.max_size = POP3_EXT_MAX_HEADER_SIZE;
	set.max_recipients = 10000;
	for (i = 0; i < 10000; i++)
		str_printfa(text, "a%zu@x.example,\r\n\t", i);
	str_append(text, "b:;\r\n\r\n");
	test_parser_init(&test, str_c(text), 4096, &set);
	test_assert_strcmp(test.error, NULL);
	if (test.error == NULL) {
		test_assert(array_count(&test.header->recipients) == 10000);
		test_assert(str_len(test.header->text) + 2 == str_len(text));
	}
	test_parser_deinit(&test);

	/* one line of the maximum size, by the stream that reads it */
	struct pop3_data_parser data;
	str_truncate(text, 0);
	str_append(text, "To: a@x.example (");
	while (str_len(text) < POP3_EXT_MAX_LINE_SIZE - 1)
		str_append_c(text, 'c');
	str_append(text, ")\r\n\r\n.\r\n");
	test_parser_init(&test, "To: x\r\n\r\n", 100, &set);
	xmit_header_parser_deinit(&test.parser);
	i_stream_unref(&test.input);
	struct istream *input = test_istream_create(str_c(text));
	test_istream_set_max_buffer_size(input, 2048);
	pop3_data_parser_init(&data, 0);
	test.input = i_stream_create_pop3_data(input, &data);
	test.parser = xmit_header_parser_init(test.pool, test.input, &set);
	test_assert(xmit_header_parser_more(test.parser, &test.error) == 1);
	test.header = xmit_header_parser_get(test.parser);
	test_assert_strcmp(addresses_text(&test.header->recipients),
			   "a@x.example");
	test_assert(str_len(test.header->text) == POP3_EXT_MAX_LINE_SIZE + 2);
	test_parser_deinit(&test);
	i_stream_unref(&input);
	test_end();
}

/* What is wrong with the stream, and NULs that get here in other ways */
static void test_xmit_header_input_errors(void)
{
	static const char nuls[] = "To: a@x.example\r\nX: \0\r\n\r\n";
	struct pop3_data_parser data;
	struct istream *input, *stream;
	struct xmit_header_parser *parser;
	const char *error;
	pool_t pool;

	test_begin("xmit header: input errors");
	pool = pool_alloconly_create("test xmit header", 1024);
	input = test_istream_create_data(nuls, sizeof(nuls) - 1);
	parser = xmit_header_parser_init(pool, input, &test_set);
	test_assert(xmit_header_parser_more(parser, &error) == -1);
	test_assert_strcmp(error, "The message contains a NUL octet");
	xmit_header_parser_deinit(&parser);
	xmit_header_parser_deinit(&parser);

	i_stream_seek(input, 0);
	pop3_data_parser_init(&data, 0);
	stream = i_stream_create_pop3_data(input, &data);
	parser = xmit_header_parser_init(pool, stream, &test_set);
	test_assert(xmit_header_parser_more(parser, &error) == -1);
	test_assert_strcmp(error, "The message contains a NUL octet");
	xmit_header_parser_deinit(&parser);
	i_stream_unref(&stream);
	i_stream_unref(&input);

	input = test_istream_create("To: a@x.example\r\nSubject: x");
	pop3_data_parser_init(&data, 0);
	stream = i_stream_create_pop3_data(input, &data);
	parser = xmit_header_parser_init(pool, stream, &test_set);
	test_assert(xmit_header_parser_more(parser, &error) == -1);
	test_assert(stream->stream_errno == EPIPE);
	xmit_header_parser_deinit(&parser);
	i_stream_unref(&stream);
	i_stream_unref(&input);
	pool_unref(&pool);
	test_end();
}

/*
 * What leaves
 */

static const struct smtp_address test_own_address = {
	.localpart = "me", .domain = "x.example",
};

static struct xmit_header_additions test_additions(void)
{
	struct xmit_header_additions add;

	i_zero(&add);
	add.hostname = "pop.x.example";
	if (net_addr2ip("192.0.2.7", &add.client_ip) < 0)
		i_unreached();
	add.session_id = "Hg5v+/c=";
	add.date = 1795230000;
	add.own_address = &test_own_address;
	add.unique_id = "123";
	add.domain = "x.example";
	return add;
}

/* The header that leaves, without our Received */
static const char *
test_finish(const char *text, const struct xmit_header_additions *add)
{
	struct test_parser test;
	string_t *out = t_str_new(256);
	const char *p;

	test_parser_init(&test, text, 100, &test_set);
	i_assert(test.header != NULL);
	xmit_header_finish(out, test.header, add);
	test_parser_deinit(&test);
	test_assert(str_begins_with(str_c(out), "Received: "));
	for (p = strchr(str_c(out), '\n') + 1; *p == '\t';
	     p = strchr(p, '\n') + 1) ;
	return p;
}

static void test_xmit_header_finish(void)
{
	static const struct {
		const char *in, *out, *out_copy;
	} tests[] = {
		/* nothing is changed */
		{ "From: a\r\nTo: b\r\nDate: c\r\nMessage-ID: d\r\n"
		  "X: \te \xff\r\n\tf \r\n \r\nSubject :g\r\n\r\n",
		  "From: a\r\nTo: b\r\nDate: c\r\nMessage-ID: d\r\n"
		  "X: \te \xff\r\n\tf \r\n \r\nSubject :g\r\n\r\n", NULL },
		/* Bcc and Return-Path go, with their continuations */
		{ "Bcc: b,\r\n c,\r\n\td\r\nFrom: a\r\nBCC :e\r\nDate: c\r\n"
		  "Return-Path: <>\r\nMessage-ID: d\r\nresent-bcc: f\r\n"
		  "Resent-To: g\r\nResent-From: h\r\nResent-Date: i\r\n"
		  "Resent-Message-ID: j\r\nBcc:\r\n k\r\n\r\n",
		  "From: a\r\nDate: c\r\nMessage-ID: d\r\n"
		  "Resent-To: g\r\nResent-From: h\r\nResent-Date: i\r\n"
		  "Resent-Message-ID: j\r\n\r\n",
		  "Bcc: b,\r\n c,\r\n\td\r\nFrom: a\r\nBCC :e\r\nDate: c\r\n"
		  "Message-ID: d\r\nresent-bcc: f\r\n"
		  "Resent-To: g\r\nResent-From: h\r\nResent-Date: i\r\n"
		  "Resent-Message-ID: j\r\nBcc:\r\n k\r\n\r\n" },
		{ "From: a\r\nDate: c\r\nMessage-ID: d\r\nBcc: x",
		  "From: a\r\nDate: c\r\nMessage-ID: d\r\n\r\n",
		  "From: a\r\nDate: c\r\nMessage-ID: d\r\nBcc: x\r\n\r\n" },
		/* what is missing */
		{ "To: b\r\n\r\n",
		  "To: b\r\nDate: DATE\r\nMessage-ID: <123@x.example>\r\n"
		  "From: me@x.example\r\n\r\n", NULL },
		{ "X-Mailer: x\r\nResent-To: b\r\nFrom: a\r\nDate: c\r\n"
		  "Message-ID: d\r\n\r\n",
		  "X-Mailer: x\r\nResent-Date: DATE\r\n"
		  "Resent-Message-ID: <resent.123@x.example>\r\n"
		  "Resent-From: me@x.example\r\n"
		  "Resent-To: b\r\nFrom: a\r\nDate: c\r\nMessage-ID: d\r\n\r\n",
		  NULL },
		/* Sender is left alone */
		{ "Sender: f\r\nFrom: a\r\nTo: b\r\nDate: c\r\n"
		  "Message-ID: d\r\n\r\n",
		  "Sender: f\r\nFrom: a\r\nTo: b\r\nDate: c\r\n"
		  "Message-ID: d\r\n\r\n", NULL },
	};
	struct xmit_header_additions add = test_additions();
	const char *date = message_date_create(add.date), *wanted, *p;
	unsigned int i;

	test_begin("xmit header: finish");
	for (i = 0; i < N_ELEMENTS(tests); i++) T_BEGIN {
		wanted = tests[i].out;
		p = strstr(wanted, "DATE");
		if (p != NULL) {
			wanted = t_strconcat(t_strdup_until(wanted, p), date,
					     p + 4, NULL);
		}
		add.keep_bcc = FALSE;
		test_assert_strcmp_idx(test_finish(tests[i].in, &add),
				       wanted, i);
		add.keep_bcc = TRUE;
		test_assert_strcmp_idx(test_finish(tests[i].in, &add),
				       tests[i].out_copy != NULL ?
				       tests[i].out_copy : wanted, i);
	} T_END;
	test_end();
}

static void test_xmit_header_finish_sender(void)
{
	struct xmit_header_additions add = test_additions();

	test_begin("xmit header: finish with sender");
	add.set_sender = TRUE;
	test_assert_strcmp(
		test_finish("From: a\r\nTo: b\r\nDate: c\r\nMessage-ID: d\r\n\r\n",
			    &add),
		"From: a\r\nTo: b\r\nDate: c\r\nMessage-ID: d\r\n"
		"Sender: me@x.example\r\n\r\n");
	test_assert_strcmp(
		test_finish("SENDER: x\r\nFrom: a\r\nTo: b\r\nDate: c\r\n"
			    "Message-ID: d\r\nSender:\r\n y\r\n\r\n", &add),
		"From: a\r\nTo: b\r\nDate: c\r\nMessage-ID: d\r\n"
		"Sender: me@x.example\r\n\r\n");
	/* in a resent message only that of the newest sender */
	test_assert_strcmp(
		test_finish("Resent-Sender: x\r\nResent-Date: c\r\n"
			    "Resent-From: y\r\nResent-To: z\r\n"
			    "Resent-Message-ID: d\r\nResent-Sender: x\r\n"
			    "From: a\r\nSender: b\r\nDate: c\r\n"
			    "Message-ID: d\r\n\r\n", &add),
		"Resent-Sender: me@x.example\r\nResent-Date: c\r\n"
		"Resent-From: y\r\nResent-To: z\r\nResent-Message-ID: d\r\n"
		"Resent-Sender: x\r\nFrom: a\r\nSender: b\r\nDate: c\r\n"
		"Message-ID: d\r\n\r\n");
	test_end();
}

static const char *
test_received(const char *text, const struct xmit_header_additions *add)
{
	struct test_parser test;
	string_t *out = t_str_new(256);

	test_parser_init(&test, text, 100, &test_set);
	xmit_header_finish(out, test.header, add);
	test_parser_deinit(&test);
	return t_strdup_until(str_c(out), strstr(str_c(out), "To: "));
}

static void test_xmit_header_received(void)
{
	struct xmit_header_additions add = test_additions();
	const char *date = message_date_create(add.date), *text, *line;
	char long_text[2000];

	test_begin("xmit header: Received");
	test_assert_strcmp(test_received("To: a\r\n\r\n", &add), t_strconcat(
		"Received: from [192.0.2.7]\r\n"
		"\tby pop.x.example (pop3-ext) with POP3\r\n"
		"\tid Hg5v+/c= for <a@default.example>;\r\n\t", date, "\r\n",
		NULL));

	if (net_addr2ip("2001:db8::1", &add.client_ip) < 0)
		i_unreached();
	add.user = "al(i)ce\r\nX: y\\";
	add.tls = "TLSv1.3";
	add.session_id = "a b\r\n(";
	add.hostname = "pop\r\n.x;";
	test_assert_strcmp(test_received("To: a, b\r\n\r\n", &add), t_strconcat(
		"Received: from [IPv6:2001:db8::1] (user al\\(i\\)ce X: y\\\\)\r\n"
		"\tby pop__.x_ (pop3-ext) with POP3 (TLS TLSv1.3)\r\n"
		"\tid a_b___;\r\n\t", date, "\r\n", NULL));

	i_zero(&add.client_ip);
	add.user = NULL;
	add.tls = "";
	add.session_id = NULL;
	add.hostname = "[192.0.2.1]";
	test_assert_strcmp(test_received("To: b\xc3\xb6@x.example\r\n\r\n", &add),
		t_strconcat("Received: from unknown\r\n"
		"\tby [192.0.2.1] (pop3-ext) with POP3 (TLS)\r\n"
		"\tid -;\r\n\t", date, "\r\n", NULL));

	/* lines stay within the limit of RFC 5322 */
	memset(long_text, '(', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	add.user = add.tls = add.session_id = add.hostname = long_text;
	text = test_received("To: a\r\n\r\n", &add);
	for (; *text != '\0'; text = line + 2) {
		line = strstr(text, "\r\n");
		test_assert(line - text <= 998);
	}
	test_end();
}

static void test_xmit_header_message_id(void)
{
	struct xmit_header_additions add = test_additions();
	struct test_parser test;

	test_begin("xmit header: Message-ID");
	test_parser_init(&test, "To: a\r\nMessage-ID: <a@b>\r\n\r\n", 100,
			 &test_set);
	test_assert_strcmp(xmit_header_message_id(test.header, &add), "<a@b>");
	test_parser_deinit(&test);
	test_parser_init(&test, "To: a\r\n\r\n", 100, &test_set);
	add.unique_id = "1 2>";
	test_assert_strcmp(xmit_header_message_id(test.header, &add),
			   "<1_2_@x.example>");
	test_parser_deinit(&test);
	test_end();
}

/*
 * Who may send
 */

static void test_xmit_from(void)
{
	static const char *const own[] = {
		"me@x.example", "\"m e\"@x.example", NULL
	};
	enum { YES, SET, NO };
	static const struct {
		const char *text;
		int own, sender;
	} tests[] = {
		{ "To: a\r\n\r\n", YES, YES },
		{ "To: a\r\nFrom: me@x.example\r\n\r\n", YES, YES },
		{ "To: a\r\nFrom: Boss <ME@X.example>\r\n\r\n", YES, YES },
		{ "To: a\r\nFrom: \"m e\"@x.example\r\n\r\n", YES, YES },
		{ "To: a\r\nFrom: boss@x.example\r\n\r\n", NO, SET },
		{ "To: a\r\nFrom: \"me@x.example\" <boss@x.example>\r\n\r\n",
		  NO, SET },
		{ "To: a\r\nFrom: me@x.example, boss@x.example\r\n\r\n",
		  NO, SET },
		{ "To: a\r\nFrom: me@x.example, \"m e\"@x.example\r\n\r\n",
		  YES, SET },
		{ "To: a\r\nFrom: g: me@x.example;\r\n\r\n", YES, YES },
		{ "To: a\r\nFrom: g: ;\r\n\r\n", NO, SET },
		{ "To: a\r\nFrom:\r\n\r\n", NO, SET },
		{ "To: a\r\nFrom: me@x.example\r\nSender: me@X.example\r\n\r\n",
		  YES, YES },
		{ "To: a\r\nFrom: me@x.example\r\nSender: b\r\n\r\n", SET, SET },
		{ "To: a\r\nFrom: me@x.example\r\nSender: b b b\r\n\r\n",
		  SET, SET },
		{ "To: a\r\nFrom: me@x.example\r\nSender: me@x.example\r\n"
		  "Sender: me@x.example\r\n\r\n", SET, SET },
		{ "To: a\r\nFrom: b\r\nSender: me@x.example\r\n\r\n", NO, SET },
		{ "To: a\r\nSender: b\r\n\r\n", SET, SET },
		/* sent on */
		{ "Resent-To: a\r\nFrom: b\r\n\r\n", NO, YES },
		{ "Resent-To: a\r\nFrom: b b b\r\n\r\n", NO, YES },
		{ "Resent-To: a\r\nFrom: me@x.example\r\n\r\n", YES, YES },
		{ "Resent-To: a\r\nResent-From: me@x.example\r\n"
		  "From: b\r\nSender: b\r\n\r\n", NO, YES },
		{ "Resent-To: a\r\nResent-From: b\r\nFrom: me@x.example\r\n\r\n",
		  NO, SET },
		{ "Resent-To: a\r\nResent-From: me@x.example\r\n"
		  "From: me@x.example\r\nResent-Sender: b\r\n\r\n", SET, SET },
	};
	struct test_parser test;
	const char *error;
	unsigned int i;
	bool set_sender;

	test_begin("xmit from");
	for (i = 0; i < N_ELEMENTS(tests); i++) T_BEGIN {
		test_parser_init(&test, tests[i].text, 100, &test_set);
		test_assert_idx(test.header != NULL, i);

		error = NULL;
		test_assert_idx(xmit_from_allowed(test.header, own,
				XMIT_FROM_OWN, &set_sender, &error) ==
				(tests[i].own != NO), i);
		test_assert_idx(set_sender == (tests[i].own == SET), i);
		test_assert_idx((error != NULL) == (tests[i].own == NO), i);

		test_assert_idx(xmit_from_allowed(test.header, own,
				XMIT_FROM_SENDER, &set_sender, &error), i);
		test_assert_idx(set_sender == (tests[i].sender == SET), i);

		test_assert_idx(xmit_from_allowed(test.header, own,
				XMIT_FROM_ANY, &set_sender, &error), i);
		test_assert_idx(!set_sender, i);
		test_parser_deinit(&test);
	} T_END;

	test_parser_init(&test, "To: a\r\nFrom: boss@x.example\r\n\r\n", 100,
			 &test_set);
	test_assert(!xmit_from_allowed(test.header, own, XMIT_FROM_OWN,
				       &set_sender, &error));
	test_assert_strcmp(error,
			   "From address boss@x.example is not one of yours");
	test_parser_deinit(&test);
	test_end();
}

static void test_xmit_from_policy(void)
{
	enum xmit_from_policy policy;

	test_begin("xmit from policy");
	test_assert(xmit_from_policy_parse("own", &policy) == 0 &&
		    policy == XMIT_FROM_OWN);
	test_assert(xmit_from_policy_parse("sender", &policy) == 0 &&
		    policy == XMIT_FROM_SENDER);
	test_assert(xmit_from_policy_parse("any", &policy) == 0 &&
		    policy == XMIT_FROM_ANY);
	test_assert(xmit_from_policy_parse("", &policy) < 0);
	test_assert(xmit_from_policy_parse("Own", &policy) < 0);
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_xmit_header_table,
		test_xmit_header_flags,
		test_xmit_header_utf8,
		test_xmit_header_limits,
		test_xmit_header_input_errors,
		test_xmit_header_finish,
		test_xmit_header_finish_sender,
		test_xmit_header_received,
		test_xmit_header_message_id,
		test_xmit_from,
		test_xmit_from_policy,
		NULL
	};
	return test_run(test_functions);
}
