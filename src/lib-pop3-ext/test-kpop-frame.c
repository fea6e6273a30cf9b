/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "test-common.h"

#include "kpop-frame.h"
#include "pop3-ext-limits.h"

#define SENDAUTH "\x00\x00\x00\x13KRB5_SENDAUTH_V1.0\x00"
#define APP_VERSION "\x00\x00\x00\x09KPOPV1.0\x00"
#define TICKET "\x00\x00\x00\x05\x6e\x03" "abc"

/* What a client gets: one letter for each event, and the refusal's reason. */
struct seen {
	string_t *events;
	const char *error;
	size_t left;
};

static const char event_letters[] = {
	[KPOP_FRAME_MORE] = 'm',
	[KPOP_FRAME_VERSIONS] = 'v',
	[KPOP_FRAME_TICKET] = 't',
	[KPOP_FRAME_BAD_SENDAUTH] = 's',
	[KPOP_FRAME_REFUSED] = 'r',
};

static bool is_end(enum kpop_frame_event event)
{
	return event != KPOP_FRAME_MORE && event != KPOP_FRAME_VERSIONS;
}

/* In pieces of that size; "more" is not noted. */
static void
parse(struct kpop_frame_parser *parser, const void *input, size_t size,
	    size_t piece, struct seen *seen_r)
{
	const unsigned char *data = input;
	enum kpop_frame_event event = KPOP_FRAME_MORE;
	size_t n, left;

	seen_r->events = t_str_new(8);
	seen_r->error = NULL;
	while (size > 0 && !is_end(event)) {
		n = left = I_MIN(piece, size);
		event = kpop_frame_parse(parser, &data, &left,
					 &seen_r->error);
		size -= n - left;
		test_assert(event != KPOP_FRAME_MORE || left == 0);
		if (event != KPOP_FRAME_MORE)
			str_append_c(seen_r->events, event_letters[event]);
	}
	seen_r->left = size;
}

static void test_kpop_frame_parse(void)
{
#define INPUT(text) text, sizeof(text) - 1
	static const struct {
		const char *input;
		size_t size;
		const char *events, *error;
		size_t left;
	} tests[] = {
		{ INPUT(""), "", NULL, 0 },
		{ INPUT(SENDAUTH APP_VERSION TICKET), "vt", NULL, 0 },
		/* the burst of the Mac's client, and what is behind it */
		{ INPUT(SENDAUTH APP_VERSION TICKET "USER"), "vt", NULL, 4 },
		{ INPUT(SENDAUTH APP_VERSION "\x00\x00\x00\x05\x6e"), "v", NULL, 0 },
		{ INPUT(SENDAUTH "\x00\x00\x00\x00" TICKET), "vt", NULL, 0 },
		{ INPUT(SENDAUTH "\x00\x00\x00\x40"
			"0123456789012345678901234567890"
			"123456789012345678901234567890123" TICKET),
		  "vt", NULL, 0 },
		{ INPUT(SENDAUTH "\x00\x00\x00\x41"), "r",
		  "version of the application with a length of 65 octets", 0 },
		{ INPUT("\x00\x00\x00\x13KRB5_SENDAUTH_V2.0\x00" APP_VERSION), "s",
		  "unknown version of the exchange", 13 },
		{ INPUT("\x00\x00\x00\x12KRB5_SENDAUTH_V1.0"), "s",
		  "unknown version of the exchange", 0 },
		{ INPUT("\x00\x00\x00\x00"), "r", "not a Kerberos client", 0 },
		{ INPUT("\x00\x00\x00\x41"), "r", "not a Kerberos client", 0 },
		{ INPUT("CAPA\r\n"), "r", "not a Kerberos client", 2 },
		{ INPUT("\xff\xff\xff\xff"), "r", "not a Kerberos client", 0 },
		{ INPUT("AUTHV0.1KPOPV0.1"), "r",
		  "Kerberos 4 is not supported", 12 },
		{ INPUT(SENDAUTH APP_VERSION "\x00\x00\x00\x00"), "vr",
		  "ticket with a length of 0 octets", 0 },
		{ INPUT(SENDAUTH APP_VERSION "\x00\x01\x00\x01"), "vr",
		  "ticket with a length of 65537 octets", 0 },
		{ INPUT(SENDAUTH APP_VERSION "\x80\x00\x00\x01"), "vr",
		  "ticket with a length of 2147483649 octets", 0 },
		{ INPUT(SENDAUTH APP_VERSION "\x00\x00\x00\x01\x6f"), "vr",
		  "no ticket where one is expected", 0 },
	};
	static const size_t pieces[] = { 1, 2, 3, 7, 1000 };
	struct kpop_frame_parser *parser;
	struct seen seen;
	unsigned int i, j;

	test_begin("kpop frame: parse");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		for (j = 0; j < N_ELEMENTS(pieces); j++) {
			parser = kpop_frame_parser_init();
			parse(parser, tests[i].input, tests[i].size, pieces[j],
			      &seen);
			test_assert_strcmp_idx(str_c(seen.events),
					       tests[i].events, i);
			test_assert_strcmp_idx(seen.error, tests[i].error, i);
			test_assert_idx(seen.left == tests[i].left, i);
			kpop_frame_parser_deinit(&parser);
			test_assert(parser == NULL);
		}
	}
	test_end();
}

static void test_kpop_frame_values(void)
{
	static const char input[] =
		SENDAUTH "\x00\x00\x00\x0c\x01 just\0junk\0" TICKET;
	struct kpop_frame_parser *parser = kpop_frame_parser_init();
	const buffer_t *ticket;
	struct seen seen;

	test_begin("kpop frame: version and ticket");
	parse(parser, input, sizeof(input) - 1, 5, &seen);
	test_assert_strcmp(kpop_frame_get_version(parser), "? just?junk");
	ticket = kpop_frame_get_ticket(parser);
	test_assert(ticket->used == 5 &&
		    memcmp(ticket->data, "\x6e\x03" "abc", 5) == 0);
	kpop_frame_parser_deinit(&parser);
	test_end();
}

static void test_kpop_frame_largest(void)
{
	struct kpop_frame_parser *parser = kpop_frame_parser_init();
	buffer_t *input = t_buffer_create(1024);
	buffer_t *ticket = t_buffer_create(POP3_EXT_MAX_KPOP_TICKET);
	struct seen seen;

	test_begin("kpop frame: largest ticket");
	buffer_append(input, SENDAUTH APP_VERSION,
		      sizeof(SENDAUTH APP_VERSION) - 1);
	memset(buffer_append_space_unsafe(ticket, POP3_EXT_MAX_KPOP_TICKET),
	       0x6e, POP3_EXT_MAX_KPOP_TICKET);
	kpop_frame_append(input, ticket->data, ticket->used);
	parse(parser, input->data, input->used, 1200, &seen);
	test_assert_strcmp(str_c(seen.events), "vt");
	test_assert(buffer_cmp(kpop_frame_get_ticket(parser), ticket));
	kpop_frame_parser_deinit(&parser);
	test_end();
}

static void test_kpop_frame_append(void)
{
	buffer_t *frame = t_buffer_create(16);

	test_begin("kpop frame: append");
	kpop_frame_append(frame, NULL, 0);
	kpop_frame_append(frame, "abc", 3);
	test_assert(frame->used == 11 &&
		    memcmp(frame->data, "\0\0\0\0\0\0\0\3" "abc", 11) == 0);
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_kpop_frame_parse,
		test_kpop_frame_values,
		test_kpop_frame_largest,
		test_kpop_frame_append,
		NULL
	};
	return test_run(test_functions);
}
