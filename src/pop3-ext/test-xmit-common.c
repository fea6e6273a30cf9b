/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "istream.h"
#include "smtp-address.h"
#include "str.h"
#include "write-full.h"
#include "test-common.h"

#include "host-test.h"
#include "test-xmit-common.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

/* for each submission; only reached by a bug */
#define TEST_GUARD_SECS 120
#define TEST_TIMEOUT_MSECS (20 * 1000)

static void test_xmit_no_input(struct istream *input ATTR_UNUSED)
{
}

/* io_loop_handler_run() can't do without there ever having been an io. */
static void test_xmit_init_ioloop(void)
{
	struct istream *input = test_istream_create("");
	struct io *io;

	io = io_add_istream(input, test_xmit_no_input, input);
	io_remove(&io);
	i_stream_unref(&input);
}

void test_xmit_init(struct test_xmit *xmit,
		    const struct test_sink_script *script)
{
	i_zero(xmit);
	/* as in the host's processes */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)alarm(TEST_GUARD_SECS);
	xmit->own_ioloop = current_ioloop == NULL;
	xmit->ioloop = xmit->own_ioloop ? io_loop_create() : current_ioloop;
	io_loop_set_running(xmit->ioloop);
	test_xmit_init_ioloop();
	xmit->event = host_test_event_create();
	xmit->header = str_new(default_pool, 128);
	str_append(xmit->header, TEST_HEADER);
	xmit->set.hostname = "pop3.example";
	xmit->set.relay_timeout_msecs = TEST_TIMEOUT_MSECS;
	if (script != NULL) {
		xmit->sink = test_sink_init(script);
		xmit->set.relay_host = "127.0.0.1";
		xmit->set.relay_port = xmit->sink->port;
		xmit->set.relay_ssl_verify = TRUE;
	}
}

void test_xmit_deinit(struct test_xmit *xmit)
{
	xmit_submit_deinit(&xmit->submit);
	if (xmit->sink != NULL)
		test_sink_deinit(&xmit->sink);
	/* TLS contexts have settings of the event; and they know a CA file by
	   its name only */
	host_test_ssl_deinit();
	host_test_event_destroy(&xmit->event);
	str_free(&xmit->header);
	i_free(xmit->text);
	if (xmit->own_ioloop)
		io_loop_destroy(&xmit->ioloop);
}

static void
test_xmit_callback(const struct xmit_result *result, struct test_xmit *xmit)
{
	test_assert(!xmit->done);
	xmit->done = TRUE;
	xmit->status = result->status;
	i_free(xmit->text);
	xmit->text = i_strdup(result->text);
}

void test_xmit_start(struct test_xmit *xmit)
{
	struct smtp_address *sender;

	if (xmit->submit == NULL)
		xmit->submit = xmit_submit_init(xmit->event, &xmit->set);
	sender = smtp_address_create_temp("a", "example.org");
	xmit->done = FALSE;
	xmit->step = TEST_STEP_START;
	xmit_submit_start(xmit->submit, sender, test_xmit_callback, xmit);
	test_assert(!xmit->done);
}

void test_xmit_recipients(struct test_xmit *xmit, const char *rcpts)
{
	const char *const *names = t_strsplit_spaces(rcpts, " "), *p;
	ARRAY(const struct smtp_address *) addresses;
	const struct smtp_address *address;

	t_array_init(&addresses, 8);
	for (; *names != NULL; names++) {
		p = strchr(*names, '@');
		address = smtp_address_create_temp(t_strdup_until(*names, p),
						   p + 1);
		array_push_back(&addresses, &address);
	}
	xmit->done = FALSE;
	xmit->step = TEST_STEP_RECIPIENTS;
	xmit_submit_recipients(xmit->submit, array_front(&addresses),
			       array_count(&addresses), xmit->utf8,
			       test_xmit_callback, xmit);
}

void test_xmit_data(struct test_xmit *xmit, struct istream *body)
{
	xmit->done = FALSE;
	xmit->step = TEST_STEP_DATA;
	xmit_submit_data(xmit->submit, xmit->header, body,
			 test_xmit_callback, xmit);
	test_assert(!xmit->done);
}

void test_xmit_run(struct test_xmit *xmit)
{
	io_loop_handler_run(xmit->ioloop);
}

enum xmit_status test_xmit_wait(struct test_xmit *xmit)
{
	while (!xmit->done)
		test_xmit_run(xmit);
	return xmit->status;
}

void test_xmit_wait_command(struct test_xmit *xmit, const char *text)
{
	while (strstr(str_c(xmit->sink->commands), text) == NULL &&
	       !xmit->done)
		test_xmit_run(xmit);
	test_assert(strstr(str_c(xmit->sink->commands), text) != NULL);
}

void test_xmit_wait_body(struct test_xmit *xmit, uoff_t size)
{
	while (xmit->sink->body_size < size && !xmit->done)
		test_xmit_run(xmit);
	test_assert(xmit->sink->body_size >= size);
}

static void test_xmit_time_over(bool *over)
{
	*over = TRUE;
}

void test_xmit_wait_msecs(struct test_xmit *xmit, unsigned int msecs)
{
	struct timeout *to;
	bool over = FALSE;

	to = timeout_add(msecs, test_xmit_time_over, &over);
	while (!over)
		test_xmit_run(xmit);
	timeout_remove(&to);
}

void test_xmit_accepted(struct test_xmit *xmit)
{
	test_xmit_start(xmit);
	test_assert(test_xmit_wait(xmit) == XMIT_STATUS_OK);
	test_xmit_recipients(xmit, "b@example.org");
	test_assert(test_xmit_wait(xmit) == XMIT_STATUS_OK);
}

enum xmit_status test_xmit_send(struct test_xmit *xmit, const char *rcpts,
				struct istream *body)
{
	struct istream *input;

	test_xmit_start(xmit);
	if (test_xmit_wait(xmit) != XMIT_STATUS_OK)
		return xmit->status;
	test_xmit_recipients(xmit, rcpts);
	if (test_xmit_wait(xmit) != XMIT_STATUS_OK)
		return xmit->status;
	if (body != NULL) {
		input = body;
		i_stream_ref(input);
	} else {
		input = i_stream_create_from_data(TEST_BODY,
						  strlen(TEST_BODY));
	}
	test_xmit_data(xmit, input);
	(void)test_xmit_wait(xmit);
	i_stream_unref(&input);
	if (xmit->status == XMIT_STATUS_OK)
		xmit->step = TEST_STEP_SENT;
	return xmit->status;
}

void test_xmit_send_ok(struct test_xmit *xmit)
{
	unsigned int messages = xmit->sink->messages;

	test_assert(test_xmit_send(xmit, "b@example.org", NULL) ==
		    XMIT_STATUS_OK);
	test_assert(xmit->sink->messages == messages + 1);
	test_assert_strcmp(str_c(xmit->sink->body), TEST_WIRE);
}

void test_slow_body_init(struct test_slow_body *body)
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, body->fd) < 0)
		i_fatal("socketpair() failed: %m");
	fd_set_nonblock(body->fd[0], TRUE);
	body->input = i_stream_create_fd(body->fd[0], 4096);
}

void test_slow_body_write(struct test_slow_body *body, const char *data)
{
	if (write_full(body->fd[1], data, strlen(data)) < 0)
		i_fatal("write() failed: %m");
}

void test_slow_body_end(struct test_slow_body *body)
{
	i_close_fd(&body->fd[1]);
}

void test_slow_body_deinit(struct test_slow_body *body)
{
	i_stream_destroy(&body->input);
	i_close_fd(&body->fd[0]);
	i_close_fd(&body->fd[1]);
}
