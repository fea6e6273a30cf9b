/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The streams between a client's message and its readers: lib-smtp for XTND
   XMIT, a mailbox for STOR. */

#include "lib.h"
#include "istream.h"
#include "str.h"
#include "test-common.h"

#include "istream-pop3-data.h"
#include "pop3-data-parser.h"
#include "pop3-ext-limits.h"
#include "pop4-store-istream.h"
#include "test-stream-parents.h"
#include "xmit-payload.h"

#define HEADER "Received: by us\r\n"
#define MESSAGE "Subject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n"
#define MESSAGE_TEXT "Subject: x\r\n\r\n.dot\r\n"

/* They are used above the stream of the client's message, or above what a body
   may come from in tests. */
struct chain {
	struct pop3_data_parser parser;
	struct pop4_store_input store;
	string_t *header;
	unsigned int ends, given;
	bool broken;
};

static void payload_event(enum xmit_payload_event event, struct chain *chain)
{
	switch (event) {
	case XMIT_PAYLOAD_GIVEN:
		chain->given++;
		break;
	case XMIT_PAYLOAD_END:
		chain->ends++;
		break;
	case XMIT_PAYLOAD_BROKEN:
		chain->broken = TRUE;
		break;
	}
}

static struct istream *create_payload(struct istream *input, void *context)
{
	struct chain *chain = context;

	chain->ends = chain->given = 0;
	return xmit_payload_create(chain->header, input, payload_event, chain);
}

static struct istream *create_xmit(struct istream *input, void *context)
{
	struct chain *chain = context;
	struct istream *data, *stream;

	pop3_data_parser_init(&chain->parser, 0);
	data = i_stream_create_pop3_data(input, &chain->parser);
	stream = create_payload(data, context);
	i_stream_unref(&data);
	return stream;
}

static struct istream *create_store(struct istream *input, void *context)
{
	struct chain *chain = context;
	struct istream *data, *stream;

	i_zero(&chain->store);
	pop3_data_parser_init(&chain->parser, 0);
	data = i_stream_create_pop3_data(input, &chain->parser);
	stream = i_stream_create_pop4_store(data, &chain->store);
	i_stream_unref(&data);
	return stream;
}

static const buffer_t *text(const char *str)
{
	buffer_t *buf = t_buffer_create(128);

	buffer_append(buf, str, strlen(str));
	return buf;
}

static void test_payload(void)
{
	struct chain chain = { .header = t_str_new(64) };
	struct test_stream stream = { .name = "payload", .context = &chain };

	test_begin("client streams: payload over each parent");
	str_append(chain.header, HEADER);
	stream.create = create_payload;
	test_stream_all(&stream, MESSAGE_TEXT, strlen(MESSAGE_TEXT),
			text(HEADER MESSAGE_TEXT));
	test_assert(!chain.broken && chain.ends == 1 && chain.given > 0);
	test_stream_all(&stream, "", 0, text(HEADER));

	stream.create = create_xmit;
	test_stream_all(&stream, MESSAGE, strlen(MESSAGE),
			text(HEADER MESSAGE_TEXT));
	test_assert(!chain.broken && chain.ends == 1);
	test_end();
}

static void test_store(void)
{
	struct chain chain;
	const struct test_stream stream = {
		.name = "store", .create = create_store, .context = &chain,
	};

	test_begin("client streams: store over each parent");
	test_stream_all(&stream, MESSAGE, strlen(MESSAGE), text(MESSAGE_TEXT));
	test_assert(!chain.store.bad_header && !chain.store.broken);
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_payload,
		test_store,
		NULL
	};
	return test_run(test_functions);
}
