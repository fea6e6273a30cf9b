#ifndef TEST_XMIT_COMMON_H
#define TEST_XMIT_COMMON_H

#include "xmit-submit.h"
#include "test-smtp-sink.h"

#define TEST_HEADER "From: a@example.org\r\nTo: b@example.org\r\n\r\n"
#define TEST_BODY "Hello\r\n.dot\r\n"
/* the message as it has to come out of the wire */
#define TEST_WIRE TEST_HEADER "Hello\r\n..dot\r\n.\r\n"

enum test_step {
	TEST_STEP_START = 0,
	TEST_STEP_RECIPIENTS,
	TEST_STEP_DATA,
	TEST_STEP_SENT,
};

/* One submission, step by step or as a whole. */
struct test_xmit {
	/* the one that is there already, or its own */
	struct ioloop *ioloop;
	bool own_ioloop;
	struct event *event;
	struct xmit_submit_settings set;
	struct xmit_submit *submit;
	struct test_sink *sink;

	string_t *header;
	/* of the last step */
	bool done;
	enum xmit_status status;
	char *text;
	/* how far test_xmit_send() has come */
	enum test_step step;
	bool utf8;
};

/* script may be NULL: no relay, but sendmail_path. */
void test_xmit_init(struct test_xmit *xmit,
		    const struct test_sink_script *script);
void test_xmit_deinit(struct test_xmit *xmit);

/* Begins a step. rcpts are addresses separated by blanks. */
void test_xmit_start(struct test_xmit *xmit);
void test_xmit_recipients(struct test_xmit *xmit, const char *rcpts);
void test_xmit_data(struct test_xmit *xmit, struct istream *body);
/* Runs the ioloop once. */
void test_xmit_run(struct test_xmit *xmit);
/* Runs the ioloop until the step has ended. */
enum xmit_status test_xmit_wait(struct test_xmit *xmit);
/* Runs the ioloop until the sink has seen text in a command, or so much of a
   message. */
void test_xmit_wait_command(struct test_xmit *xmit, const char *text);
void test_xmit_wait_body(struct test_xmit *xmit, uoff_t size);
/* Runs the ioloop for so long, whatever happens. */
void test_xmit_wait_msecs(struct test_xmit *xmit, unsigned int msecs);

/* Sender and recipients are accepted. */
void test_xmit_accepted(struct test_xmit *xmit);

/* All steps until one fails. body NULL is TEST_BODY. */
enum xmit_status test_xmit_send(struct test_xmit *xmit, const char *rcpts,
				struct istream *body);
/* A message that must go through, and come out whole. */
void test_xmit_send_ok(struct test_xmit *xmit);

/* A message that has to be waited for: a connection to write it into */
struct test_slow_body {
	int fd[2];
	struct istream *input;
};

void test_slow_body_init(struct test_slow_body *body);
void test_slow_body_write(struct test_slow_body *body, const char *data);
void test_slow_body_end(struct test_slow_body *body);
void test_slow_body_deinit(struct test_slow_body *body);

#endif
