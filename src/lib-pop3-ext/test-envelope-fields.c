/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "istream.h"
#include "smtp-address.h"
#include "str.h"
#include "test-common.h"

#include "envelope-fields.h"
#include "pop3-ext-limits.h"

static const char *const names[] = {
	"Delivered-To", "X-Original-To", "Envelope-To", NULL
};

static const struct {
	const char *header;
	/* NULL: none, "": <> */
	const char *address;
} tests[] = {
	{ "Delivered-To: a@x.example\n\n", "a@x.example" },
	{ "delivered-TO: a@x.example\r\n\r\n", "a@x.example" },
	{ "Envelope-To: a@x.example\nDelivered-To: evil@x.example\n\n",
	  "a@x.example" },
	{ "Delivered-To: a@x.example\nDelivered-To: evil@x.example\n\n",
	  "a@x.example" },
	{ "Received: from there\n\tby here\nX-Original-To:\n  <a@x.example>\n"
	  "Delivered-To: evil@x.example\n\n", "a@x.example" },
	{ "Delivered-To:\n\n", NULL },
	{ "Envelope-To: <\nDelivered-To: evil@x.example\n\n", NULL },
	{ "Envelope-To: <>\nDelivered-To: evil@x.example\n\n", "" },
	{ "Envelope-To\nDelivered-To: evil@x.example\n\n", "evil@x.example" },
	{ "Delivered-To: a@x.example\n (comment\n more)\nTo: b\n\n",
	  "a@x.example" },
	{ "Delivered-To: fred\n\n", "fred@default.example" },
	{ "To: a@x.example\n\nDelivered-To: evil@x.example\n", NULL },
	{ "X-Delivered-To: evil@x.example\nDelivered-To2: evil@x.example\n\n",
	  NULL },
	{ "Delivered-To: a@x.example", "a@x.example" },
	{ "", NULL },
};

static void test_read(struct istream *input, const char *wanted,
		      unsigned int idx)
{
	enum envelope_address_type type;
	struct smtp_address *address;
	pool_t pool = pool_alloconly_create("test", 256);

	test_assert_idx(envelope_fields_read(input, names, pool,
			"default.example", &type, &address) == 0, idx);
	if (wanted == NULL)
		test_assert_idx(type == ENVELOPE_ADDRESS_NONE, idx);
	else if (*wanted == '\0')
		test_assert_idx(type == ENVELOPE_ADDRESS_NULL, idx);
	else {
		test_assert_idx(type == ENVELOPE_ADDRESS_FOUND, idx);
		if (type == ENVELOPE_ADDRESS_FOUND) {
			test_assert_strcmp_idx(smtp_address_encode(address),
					       wanted, idx);
		}
	}
	pool_unref(&pool);
}

static void test_envelope_fields_topmost(void)
{
	struct istream *input;
	unsigned int i;

	test_begin("envelope fields: the topmost counts");
	for (i = 0; i < N_ELEMENTS(tests); i++) T_BEGIN {
		input = i_stream_create_from_data(tests[i].header,
						  strlen(tests[i].header));
		test_read(input, tests[i].address, i);
		i_stream_unref(&input);
	} T_END;
	test_end();
}

static void
test_large(const char *head, char c, size_t size, const char *fold)
{
	struct istream *input;
	string_t *str = str_new(default_pool, size + 1024);
	size_t i;

	str_append(str, head);
	for (i = 0; i < size; i++) {
		str_append_c(str, c);
		if (i % 60 == 59)
			str_append(str, fold);
	}
	str_append(str, "@x.example\nDelivered-To: evil@x.example\n\n");
	input = i_stream_create_from_data(str_data(str), str_len(str));
	test_read(input, NULL, size);
	i_stream_unref(&input);
	str_free(&str);
}

static void test_envelope_fields_large(void)
{
	test_begin("envelope fields: too long, and the next is not believed");
	test_large("Envelope-To: ", 'a', POP3_EXT_MAX_ENVELOPE_VALUE, "");
	test_large("Envelope-To: ", 'a', 1024*1024, "");
	test_large("Envelope-To: ", 'a', 1024*1024, "\n ");
	test_large("Envelope-To: a@x.example", ' ', 100*1024, "\n ");
	test_end();
}

static void test_envelope_fields_nul(void)
{
	static const char header[] =
		"Envelope-To: a@x.example\0,b@x.example\n"
		"Delivered-To: evil@x.example\n\n";
	struct istream *input;

	test_begin("envelope fields: NUL");
	input = i_stream_create_from_data(header, sizeof(header) - 1);
	test_read(input, NULL, 0);
	i_stream_unref(&input);
	test_end();
}

static void test_envelope_fields_error(void)
{
	enum envelope_address_type type;
	struct smtp_address *address;
	struct istream *input;

	test_begin("envelope fields: stream fails");
	input = i_stream_create_error_str(EIO, "broken");
	test_assert(envelope_fields_read(input, names, pool_datastack_create(),
			"default.example", &type, &address) < 0);
	i_stream_unref(&input);
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_envelope_fields_topmost,
		test_envelope_fields_large,
		test_envelope_fields_nul,
		test_envelope_fields_error,
		NULL
	};
	return test_run(test_functions);
}
