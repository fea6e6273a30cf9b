/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The relay, at each stage and with each kind of trouble. */

#include "lib.h"
#include "istream.h"
#include "str.h"
#include "test-common.h"

#include "test-xmit-common.h"

/* longer than a busy machine keeps a process waiting */
#define HANG_MSECS 1000

/*
 * One answer of each kind at each stage
 */

struct stage {
	const char *name;
	struct test_sink_script script;
	const char *rcpts;

	enum xmit_status status;
	enum test_step step;
	/* part of the text for the client */
	const char *text;
	/* part of what lib-smtp logs as an error, if anything */
	const char *error;
	/* the connection is still good for another message */
	bool kept;
};

static const struct stage stages[] = {
	{ "all well", .step = TEST_STEP_SENT, .status = XMIT_STATUS_OK,
	  .text = "250 2.0.0 queued", .kept = TRUE },
	{ "all well, pipelining", { .caps = "PIPELINING" },
	  .step = TEST_STEP_SENT, .status = XMIT_STATUS_OK, .kept = TRUE },
	{ "all well, chunking", { .caps = "PIPELINING CHUNKING" },
	  .step = TEST_STEP_SENT, .status = XMIT_STATUS_OK, .kept = TRUE },

	{ "greeting 4xx", { .greeting = "421 4.3.2 too busy" },
	  .status = XMIT_STATUS_TEMPFAIL, .text = "421 4.3.2 too busy" },
	{ "greeting 5xx", { .greeting = "554 5.7.1 go away" },
	  .status = XMIT_STATUS_PERMFAIL, .text = "554 5.7.1 go away" },
	{ "greeting drop", { .greeting = SINK_DROP },
	  .status = XMIT_STATUS_TEMPFAIL, .text = "connection" },
	{ "greeting hang", { .greeting = SINK_HANG },
	  .status = XMIT_STATUS_TEMPFAIL, .text = "reached",
	  .error = "timed out" },
	{ "greeting junk", { .greeting = "SSH-2.0-hello" },
	  .status = XMIT_STATUS_TEMPFAIL, .text = "makes no sense",
	  .error = "Invalid command reply" },
	{ "ehlo 5xx", { .ehlo = "550 5.7.1 not you" },
	  .status = XMIT_STATUS_PERMFAIL, .text = "550 5.7.1 not you" },
	{ "ehlo drop", { .ehlo = SINK_DROP },
	  .status = XMIT_STATUS_TEMPFAIL, .text = "connection" },
	{ "ehlo hang", { .ehlo = SINK_HANG },
	  .status = XMIT_STATUS_TEMPFAIL, .text = "reached",
	  .error = "timed out" },

	{ "mail 4xx", { .mail = "451 4.7.1 greylisted" },
	  .status = XMIT_STATUS_TEMPFAIL,
	  .text = "<a@example.org> refused (451 4.7.1 greylisted)",
	  .kept = TRUE },
	{ "mail 5xx", { .mail = "553 5.7.1 not yours" },
	  .status = XMIT_STATUS_PERMFAIL,
	  .text = "<a@example.org> refused (553 5.7.1 not yours)",
	  .kept = TRUE },
	{ "mail 421", { .mail = "421 4.3.2 bye" },
	  .status = XMIT_STATUS_TEMPFAIL, .text = "421 4.3.2 bye" },
	{ "mail drop", { .mail = SINK_DROP },
	  .status = XMIT_STATUS_TEMPFAIL, .text = "connection" },
	{ "mail hang", { .mail = SINK_HANG },
	  .status = XMIT_STATUS_TEMPFAIL, .text = "in time" },
	{ "mail junk", { .mail = "hm" },
	  .status = XMIT_STATUS_TEMPFAIL, .text = "makes no sense",
	  .error = "Invalid command reply" },
	{ "mail 354", { .mail = "354 go on" },
	  .status = XMIT_STATUS_TEMPFAIL, .text = "354 go on" },

	{ "rcpt 4xx", .rcpts = "450@x.example",
	  .status = XMIT_STATUS_TEMPFAIL, .step = TEST_STEP_RECIPIENTS,
	  .text = "<450@x.example> (450 4.2.0 try later)", .kept = TRUE },
	{ "rcpt 5xx", .rcpts = "550@x.example",
	  .status = XMIT_STATUS_PERMFAIL, .step = TEST_STEP_RECIPIENTS,
	  .text = "<550@x.example> (550 5.1.1 no such user)", .kept = TRUE },
	{ "rcpt some", { .caps = "PIPELINING" },
	  "a@x.example 450@x.example b@x.example 550@y.example c@x.example",
	  .status = XMIT_STATUS_PERMFAIL, .step = TEST_STEP_RECIPIENTS,
	  .text = "Refused: <450@x.example> (450 4.2.0 try later), "
	  "<550@y.example> (550 5.1.1 no such user)", .kept = TRUE },
	{ "rcpt last", .rcpts = "a@x.example 450@x.example",
	  .status = XMIT_STATUS_TEMPFAIL, .step = TEST_STEP_RECIPIENTS,
	  .text = "Refused: <450@x.example>", .kept = TRUE },
	{ "rcpt 421", { .caps = "PIPELINING" }, "a@x.example 421@x.example b@x.example",
	  .status = XMIT_STATUS_TEMPFAIL, .step = TEST_STEP_RECIPIENTS,
	  .text = "421 4.3.2 going down" },
	{ "rcpt drop", .rcpts = "a@x.example drop@x.example",
	  .status = XMIT_STATUS_TEMPFAIL, .step = TEST_STEP_RECIPIENTS,
	  .text = "connection" },
	{ "rcpt hang", .rcpts = "a@x.example hang@x.example",
	  .status = XMIT_STATUS_TEMPFAIL, .step = TEST_STEP_RECIPIENTS,
	  .text = "in time" },
	{ "rcpt junk", .rcpts = "a@x.example junk@x.example",
	  .status = XMIT_STATUS_TEMPFAIL, .step = TEST_STEP_RECIPIENTS,
	  .text = "makes no sense", .error = "Invalid command reply" },

	{ "rcpt 4xx, with data", { .caps = "PIPELINING" }, "450@x.example",
	  .status = XMIT_STATUS_TEMPFAIL, .step = TEST_STEP_DATA,
	  .text = "Refused: <450@x.example> (450 4.2.0 try later)" },
	{ "rcpt 5xx, with data", { .caps = "PIPELINING" }, "550@x.example",
	  .status = XMIT_STATUS_PERMFAIL, .step = TEST_STEP_DATA,
	  .text = "Refused: <550@x.example> (550 5.1.1 no such user)" },
	{ "rcpt 5xx, with data refused",
	  { .caps = "PIPELINING", .data = "503 5.5.1 no recipients" },
	  "550@x.example",
	  .status = XMIT_STATUS_PERMFAIL, .step = TEST_STEP_DATA,
	  .text = "Refused: <550@x.example> (550 5.1.1 no such user)" },
	{ "rcpt 421, with data", { .caps = "PIPELINING" }, "421@x.example",
	  .status = XMIT_STATUS_TEMPFAIL, .step = TEST_STEP_DATA,
	  .text = "421 4.3.2 going down" },
	{ "rcpt drop, with data", { .caps = "PIPELINING" }, "drop@x.example",
	  .status = XMIT_STATUS_TEMPFAIL, .step = TEST_STEP_DATA,
	  .text = "connection" },
	{ "rcpt hang, with data", { .caps = "PIPELINING", .data = SINK_HANG },
	  "hang@x.example",
	  .status = XMIT_STATUS_TEMPFAIL, .step = TEST_STEP_DATA,
	  .text = "in time" },
	{ "rcpt junk, with data", { .caps = "PIPELINING" }, "junk@x.example",
	  .status = XMIT_STATUS_TEMPFAIL, .step = TEST_STEP_DATA,
	  .text = "makes no sense", .error = "Invalid command reply" },

	{ "data 4xx", { .data = "451 4.3.0 no room" },
	  .status = XMIT_STATUS_TEMPFAIL, .step = TEST_STEP_DATA,
	  .text = "Not sent: 451 4.3.0 no room" },
	{ "data 5xx", { .data = "554 5.5.1 no valid recipients" },
	  .status = XMIT_STATUS_PERMFAIL, .step = TEST_STEP_DATA,
	  .text = "Not sent: 554 5.5.1" },
	{ "data 2xx", { .data = "250 2.0.0 all done" },
	  .status = XMIT_STATUS_TEMPFAIL, .step = TEST_STEP_DATA,
	  .text = "makes no sense" },
	{ "data drop", { .data = SINK_DROP },
	  .status = XMIT_STATUS_TEMPFAIL, .step = TEST_STEP_DATA,
	  .text = "Not sent: The connection" },
	{ "data hang", { .data = SINK_HANG },
	  .status = XMIT_STATUS_TEMPFAIL, .step = TEST_STEP_DATA,
	  .text = "in time" },
	{ "data junk", { .data = "hm" },
	  .status = XMIT_STATUS_TEMPFAIL, .step = TEST_STEP_DATA,
	  .text = "makes no sense", .error = "Invalid command reply" },

	{ "dot 4xx", { .dot = "451 4.3.0 try again" },
	  .status = XMIT_STATUS_TEMPFAIL, .step = TEST_STEP_DATA,
	  .text = "Not sent: 451 4.3.0 try again", .kept = TRUE },
	{ "dot 5xx", { .dot = "550 5.7.1 spam" },
	  .status = XMIT_STATUS_PERMFAIL, .step = TEST_STEP_DATA,
	  .text = "Not sent: 550 5.7.1 spam", .kept = TRUE },
	{ "dot 5xx, lines", { .dot = "550-5.7.1 spam\r\n550 5.7.1 really" },
	  .status = XMIT_STATUS_PERMFAIL, .step = TEST_STEP_DATA,
	  .text = "spam", .kept = TRUE },
	{ "dot 421", { .dot = "421 4.3.2 bye" },
	  .status = XMIT_STATUS_TEMPFAIL, .step = TEST_STEP_DATA,
	  .text = "Not sent: 421 4.3.2 bye" },
	{ "dot drop", { .dot = SINK_DROP },
	  .status = XMIT_STATUS_UNKNOWN, .step = TEST_STEP_DATA,
	  .text = "may or may not" },
	{ "dot junk", { .dot = "<html>" },
	  .status = XMIT_STATUS_UNKNOWN, .step = TEST_STEP_DATA,
	  .text = "may or may not", .error = "Invalid command reply" },
	{ "dot 354", { .dot = "354 more" },
	  .status = XMIT_STATUS_UNKNOWN, .step = TEST_STEP_DATA,
	  .text = "may or may not" },
};

static bool stage_hangs(const struct stage *stage)
{
	return strstr(stage->name, "hang") != NULL;
}

/* Whether a second message goes through, over the same connection or not */
static void test_stage_again(struct test_xmit *xmit, const struct stage *stage)
{
	i_zero(&xmit->sink->set);
	xmit->sink->set.caps = stage->script.caps;
	test_xmit_send_ok(xmit);
	test_assert(xmit->sink->connections == (stage->kept ? 1U : 2U));
}

static void test_stage(const struct stage *stage, unsigned int idx)
{
	struct test_xmit xmit;
	const char *rcpts =
		stage->rcpts != NULL ? stage->rcpts : "b@example.org";
	bool whole;

	test_begin(t_strdup_printf("relay: %s", stage->name));
	test_xmit_init(&xmit, &stage->script);
	if (stage_hangs(stage))
		xmit.set.relay_timeout_msecs = HANG_MSECS;
	if (stage->error != NULL)
		test_expect_error_string(stage->error);

	test_assert_idx(test_xmit_send(&xmit, rcpts, NULL) == stage->status,
			idx);
	test_assert_idx(xmit.step == stage->step, idx);
	if (stage->text != NULL &&
	    strstr(xmit.text, stage->text) == NULL)
		test_assert_strcmp_idx(xmit.text, stage->text, idx);
	whole = stage->status == XMIT_STATUS_OK ||
		strncmp(stage->name, "dot ", 4) == 0;
	test_assert_idx(xmit.sink->messages == (whole ? 1U : 0U), idx);
	test_expect_no_more_errors();

	test_stage_again(&xmit, stage);
	test_xmit_deinit(&xmit);
	test_end();
}

static void test_xmit_relay_stages(void)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(stages); i++) T_BEGIN {
		test_stage(&stages[i], i);
	} T_END;
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_xmit_relay_stages,
		NULL
	};
	return test_run(test_functions);
}
