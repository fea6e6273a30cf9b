/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Messages that come slowly, break, or are given up: the relay must not see
   the end of one that is not whole. */

#include "lib.h"
#include "ioloop.h"
#include "istream.h"
#include "istream-failure-at.h"
#include "str.h"
#include "test-common.h"

#include "test-xmit-common.h"

#include <unistd.h>

/* much longer than a busy machine keeps a process waiting */
#define SHORT_MSECS 1500
#define LARGE_SIZE (4 * 1024 * 1024)

static const struct test_sink_script plain_script = {
	.caps = "PIPELINING 8BITMIME CHUNKING",
};

/* The relay has got part of a message, and not its end. */
static void not_sent(struct test_xmit *xmit)
{
	test_assert(xmit->sink->messages == 0);
	test_assert(strstr(str_c(xmit->sink->body), "\r\n.\r\n") == NULL);
	test_assert(strstr(str_c(xmit->sink->commands), "BDAT") == NULL);
}

/*
 * Slow
 */

static void test_slow_message(void)
{
	struct test_xmit xmit;
	struct test_slow_body body;

	test_begin("relay data: message in pieces");
	test_xmit_init(&xmit, &plain_script);
	/* the client may be slower than the relay is allowed to be */
	xmit.set.relay_timeout_msecs = SHORT_MSECS;
	test_xmit_accepted(&xmit);
	test_slow_body_init(&body);
	test_xmit_data(&xmit, body.input);
	test_xmit_wait_body(&xmit, strlen(TEST_HEADER));
	test_slow_body_write(&body, "Hel");
	test_xmit_wait_body(&xmit, strlen(TEST_HEADER "Hel"));
	test_xmit_wait_msecs(&xmit, SHORT_MSECS * 4 / 3);
	test_assert(!xmit.done);
	test_slow_body_write(&body, "lo\r");
	test_xmit_wait_body(&xmit, strlen(TEST_HEADER "Hello"));
	test_slow_body_write(&body, "\n.dot\r\n");
	test_slow_body_end(&body);
	test_assert(test_xmit_wait(&xmit) == XMIT_STATUS_OK);
	test_assert_strcmp(str_c(xmit.sink->body), TEST_WIRE);
	test_slow_body_deinit(&body);
	test_xmit_send_ok(&xmit);
	test_assert(xmit.sink->connections == 1);
	test_xmit_deinit(&xmit);
	test_end();
}

static struct istream *large_body(string_t *data)
{
	while (str_len(data) < LARGE_SIZE)
		str_append(data, "0123456789 0123456789 0123456789\r\n");
	return i_stream_create_from_data(str_data(data), str_len(data));
}

static void test_slow_relay(void)
{
	struct test_sink_script script = plain_script;
	string_t *data = str_new(default_pool, LARGE_SIZE + 64);
	struct istream *body = large_body(data);
	struct test_xmit xmit;

	test_begin("relay data: relay that takes it in two parts");
	script.pause_size = LARGE_SIZE / 8;
	test_xmit_init(&xmit, &script);
	test_xmit_accepted(&xmit);
	test_xmit_data(&xmit, body);
	test_xmit_wait_body(&xmit, script.pause_size);
	/* it is not read into memory */
	test_assert(body->v_offset < LARGE_SIZE);
	test_sink_resume(xmit.sink);
	test_assert(test_xmit_wait(&xmit) == XMIT_STATUS_OK);
	test_assert(xmit.sink->body_size ==
		    strlen(TEST_HEADER) + str_len(data) + 3);
	i_stream_unref(&body);
	str_free(&data);
	test_xmit_deinit(&xmit);
	test_end();
}

static void test_stuck_relay(void)
{
	struct test_sink_script script = plain_script;
	string_t *data = str_new(default_pool, LARGE_SIZE + 64);
	struct istream *body = large_body(data);
	struct test_xmit xmit;

	test_begin("relay data: relay that stops reading");
	script.pause_size = 100 * 1024;
	test_xmit_init(&xmit, &script);
	xmit.set.relay_timeout_msecs = SHORT_MSECS;
	test_xmit_accepted(&xmit);
	test_xmit_data(&xmit, body);
	test_assert(test_xmit_wait(&xmit) == XMIT_STATUS_TEMPFAIL);
	test_assert(strstr(xmit.text, "in time") != NULL);
	not_sent(&xmit);
	i_stream_unref(&body);
	str_free(&data);
	test_xmit_deinit(&xmit);
	test_end();
}

/* The same with a message that has to be waited for */
static void test_stuck_relay_slow_message(void)
{
	static const char line[] = "0123456789 0123456789 0123456789\r\n";
	struct test_sink_script script = plain_script;
	struct test_xmit xmit;
	struct test_slow_body body;

	test_begin("relay data: relay that stops reading, message in pieces");
	script.pause_size = 1024;
	test_xmit_init(&xmit, &script);
	xmit.set.relay_timeout_msecs = SHORT_MSECS;
	test_xmit_accepted(&xmit);
	test_slow_body_init(&body);
	fd_set_nonblock(body.fd[1], TRUE);
	test_xmit_data(&xmit, body.input);
	while (!xmit.done) {
		while (write(body.fd[1], line, strlen(line)) > 0) ;
		test_xmit_run(&xmit);
	}
	test_assert(xmit.status == XMIT_STATUS_TEMPFAIL);
	not_sent(&xmit);
	test_slow_body_deinit(&body);
	test_xmit_deinit(&xmit);
	test_end();
}

/*
 * Broken
 */

static void test_broken_message(void)
{
	struct test_xmit xmit;
	struct istream *input, *body;
	unsigned int size;

	test_begin("relay data: message that breaks");
	for (size = 0; size < strlen(TEST_BODY); size++) {
		test_xmit_init(&xmit, &plain_script);
		input = i_stream_create_from_data(TEST_BODY,
						  strlen(TEST_BODY));
		body = i_stream_create_failure_at(input, size, EPIPE, "gone");
		i_stream_unref(&input);
		test_assert_idx(test_xmit_send(&xmit, "b@example.org", body) ==
				XMIT_STATUS_TEMPFAIL, size);
		test_assert_idx(strstr(xmit.text, "completely") != NULL, size);
		i_stream_unref(&body);
		not_sent(&xmit);
		test_xmit_send_ok(&xmit);
		test_assert_idx(xmit.sink->connections == 2, size);
		test_xmit_deinit(&xmit);
	}
	test_end();
}

static void test_broken_message_slow(void)
{
	struct test_xmit xmit;
	struct test_slow_body body;
	struct istream *failing;

	test_begin("relay data: message that breaks later");
	test_xmit_init(&xmit, &plain_script);
	test_xmit_accepted(&xmit);
	test_slow_body_init(&body);
	failing = i_stream_create_failure_at_eof(body.input, EPIPE, "gone");
	test_xmit_data(&xmit, failing);
	test_slow_body_write(&body, "Hello\r\n");
	test_xmit_wait_body(&xmit, strlen(TEST_HEADER "Hello\r\n"));
	test_slow_body_end(&body);
	test_assert(test_xmit_wait(&xmit) == XMIT_STATUS_TEMPFAIL);
	not_sent(&xmit);
	i_stream_unref(&failing);
	test_slow_body_deinit(&body);
	test_xmit_send_ok(&xmit);
	test_xmit_deinit(&xmit);
	test_end();
}

static void test_early_refusal(void)
{
	static const struct {
		const char *reply, *error;
		enum xmit_status status;
	} tests[] = {
		{ "552 5.3.4 too big", NULL, XMIT_STATUS_PERMFAIL },
		{ "452 4.3.1 full", NULL, XMIT_STATUS_TEMPFAIL },
		{ "421 4.4.2 too slow", NULL, XMIT_STATUS_TEMPFAIL },
		{ "250 2.0.0 enough", "early success", XMIT_STATUS_TEMPFAIL },
		{ "???", "Invalid command reply", XMIT_STATUS_TEMPFAIL },
		{ SINK_DROP, NULL, XMIT_STATUS_TEMPFAIL },
	};
	struct test_sink_script script = plain_script;
	struct test_xmit xmit;
	struct test_slow_body body;
	unsigned int i;

	test_begin("relay data: answer before the end");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		script.early = tests[i].reply;
		script.early_size = strlen(TEST_HEADER) + 3;
		test_xmit_init(&xmit, &script);
		if (tests[i].error != NULL)
			test_expect_error_string(tests[i].error);
		test_xmit_accepted(&xmit);
		test_slow_body_init(&body);
		test_xmit_data(&xmit, body.input);
		test_slow_body_write(&body, "Hello\r\n");
		test_assert_idx(test_xmit_wait(&xmit) == tests[i].status, i);
		test_expect_no_more_errors();
		not_sent(&xmit);
		test_slow_body_deinit(&body);
		xmit.sink->set.early = NULL;
		test_xmit_send_ok(&xmit);
		test_assert_idx(xmit.sink->connections == 2, i);
		test_xmit_deinit(&xmit);
	}
	test_end();
}

/*
 * Given up
 */

enum abort_point {
	ABORT_IDLE,
	ABORT_CONNECTING,
	ABORT_GREETING,
	ABORT_MAIL,
	ABORT_STARTED_UNTOLD,
	ABORT_STARTED,
	ABORT_RCPT,
	ABORT_ACCEPTED,
	ABORT_DATA,
	ABORT_BODY,
	ABORT_BODY_READY,
	ABORT_END,
	ABORT_SENT_UNTOLD,
	ABORT_REFUSED_UNTOLD,
	ABORT_SENT,
	ABORT_COUNT
};

static void abort_script(enum abort_point point, struct test_sink_script *script)
{
	*script = plain_script;
	switch (point) {
	case ABORT_GREETING:
		script->greeting = SINK_HANG;
		break;
	case ABORT_MAIL:
		script->mail = SINK_HANG;
		break;
	case ABORT_DATA:
		script->data = "hang";
		break;
	case ABORT_END:
		script->dot = SINK_HANG;
		break;
	case ABORT_REFUSED_UNTOLD:
		script->dot = "550 5.7.1 spam";
		break;
	default:
		break;
	}
}

/* Runs the ioloop as long as the sink has not seen so many messages, but stops
   before the answer is told if that is possible. */
static void abort_wait_message(struct test_xmit *xmit)
{
	while (xmit->sink->messages == 0)
		test_xmit_run(xmit);
}

static void abort_go_to(struct test_xmit *xmit, struct test_slow_body *body,
			enum abort_point point, const char *rcpts)
{
	if (point == ABORT_IDLE) {
		xmit->submit = xmit_submit_init(xmit->event, &xmit->set);
		return;
	}
	test_xmit_start(xmit);
	if (point == ABORT_CONNECTING)
		return;
	if (point == ABORT_GREETING) {
		while (xmit->sink->connections == 0)
			test_xmit_run(xmit);
		return;
	}
	test_xmit_wait_command(xmit, "MAIL");
	if (point == ABORT_MAIL || point == ABORT_STARTED_UNTOLD)
		return;
	(void)test_xmit_wait(xmit);
	if (point == ABORT_STARTED)
		return;
	test_xmit_recipients(xmit, point == ABORT_RCPT ?
			     "c@example.org hang@example.org" : rcpts);
	if (point == ABORT_RCPT) {
		test_xmit_wait_command(xmit, "RCPT");
		return;
	}
	(void)test_xmit_wait(xmit);
	if (point == ABORT_ACCEPTED)
		return;
	test_xmit_data(xmit, body->input);
	test_xmit_wait_command(xmit, "DATA");
	if (point == ABORT_DATA)
		return;
	test_slow_body_write(body, "Hello\r\n");
	if (point == ABORT_BODY_READY)
		return;
	test_xmit_wait_body(xmit, strlen(TEST_HEADER "Hello\r\n"));
	if (point == ABORT_BODY)
		return;
	test_slow_body_end(body);
	abort_wait_message(xmit);
	if (point == ABORT_SENT)
		(void)test_xmit_wait(xmit);
}

static void test_abort_with(const char *rcpts)
{
	struct test_sink_script script;
	struct test_xmit xmit;
	struct test_slow_body body;
	unsigned int point;
	bool maybe;

	for (point = 0; point < ABORT_COUNT; point++) {
		abort_script(point, &script);
		test_xmit_init(&xmit, &script);
		test_slow_body_init(&body);
		abort_go_to(&xmit, &body, point, rcpts);
		maybe = xmit_submit_abort(xmit.submit);
		xmit.done = FALSE;
		test_assert_idx(maybe == (point == ABORT_END ||
					  point == ABORT_SENT_UNTOLD ||
					  point == ABORT_REFUSED_UNTOLD),
				point);
		/* what the client still has to say is not for the relay */
		if (body.fd[1] != -1) {
			test_slow_body_write(&body, "more\r\n");
			test_slow_body_end(&body);
			test_assert_idx(xmit.sink->messages == 0, point);
		}
		i_zero(&xmit.sink->set);
		test_xmit_send_ok(&xmit);
		test_slow_body_deinit(&body);
		test_xmit_deinit(&xmit);
	}
}

static void test_abort(void)
{
	test_begin("relay data: abort");
	test_abort_with("b@example.org");
	test_abort_with("b@example.org c@example.org");
	test_end();
}

static void test_deinit(void)
{
	struct test_sink_script script;
	struct test_xmit xmit;
	struct test_slow_body body;
	unsigned int point;

	test_begin("relay data: end of session");
	for (point = 0; point < ABORT_COUNT; point++) {
		abort_script(point, &script);
		test_xmit_init(&xmit, &script);
		test_slow_body_init(&body);
		abort_go_to(&xmit, &body, point, "b@example.org");
		xmit_submit_deinit(&xmit.submit);
		test_assert_idx(xmit.submit == NULL, point);
		/* all connections are closed */
		while (xmit.sink->conns != NULL)
			test_xmit_run(&xmit);
		test_assert_idx(xmit.sink->messages ==
				(point >= ABORT_END ? 1U : 0U), point);
		test_slow_body_deinit(&body);
		test_xmit_deinit(&xmit);
	}
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_slow_message,
		test_slow_relay,
		test_stuck_relay,
		test_stuck_relay_slow_message,
		test_broken_message,
		test_broken_message_slow,
		test_early_refusal,
		test_abort,
		test_deinit,
		NULL
	};
	return test_run(test_functions);
}
