/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The connection to the relay: kept, lost, secured, logged in. */

#include "lib.h"
#include "istream.h"
#include "net.h"
#include "str.h"
#include "write-full.h"
#include "test-common.h"

#include "host-smtp.h"
#include "test-cert.h"
#include "test-xmit-common.h"

#include <fcntl.h>
#include <unistd.h>

#define HANG_MSECS 500
#define CA_FILE ".test-xmit-ca.pem"

/*
 * Kept
 */

static void test_kept(void)
{
	static const struct {
		struct test_sink_script script;
		const char *rcpts;
		/* of a message */
		unsigned int round_trips;
	} tests[] = {
		/* MAIL, RCPT, DATA, the message */
		{ { .caps = NULL }, "b@example.org", 4 },
		{ { .caps = NULL }, "b@example.org c@example.org", 5 },
		/* MAIL, RCPT and DATA, the message */
		{ { .caps = "PIPELINING" }, "b@example.org", 3 },
		/* MAIL, all RCPT, DATA, the message */
		{ { .caps = "PIPELINING" }, "b@example.org c@example.org", 4 },
	};
	static const unsigned int messages = 5;
	struct test_xmit xmit;
	unsigned int i, j;

	test_begin("relay connection: kept for more messages");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_xmit_init(&xmit, &tests[i].script);
		for (j = 0; j < messages; j++) {
			test_assert_idx(test_xmit_send(&xmit, tests[i].rcpts,
						       NULL) ==
					XMIT_STATUS_OK, i);
			test_assert_strcmp_idx(str_c(xmit.sink->body),
					       TEST_WIRE, i);
		}
		test_assert_idx(xmit.sink->connections == 1, i);
		test_assert_idx(xmit.sink->messages == messages, i);
		/* and EHLO */
		test_assert_idx(xmit.sink->round_trips ==
				1 + messages * tests[i].round_trips, i);
		test_assert_idx(strstr(str_c(xmit.sink->commands), "RSET") ==
				NULL, i);
		test_xmit_deinit(&xmit);
	}
	test_end();
}

static void test_kept_many_recipients(void)
{
	struct test_sink_script script = { .caps = "PIPELINING" };
	struct test_xmit xmit;
	string_t *rcpts = t_str_new(16 * 1024);
	unsigned int i;

	test_begin("relay connection: many recipients");
	for (i = 0; i < 1000; i++)
		str_printfa(rcpts, "user%u@example.org ", i);
	test_xmit_init(&xmit, &script);
	test_assert(test_xmit_send(&xmit, str_c(rcpts), NULL) ==
		    XMIT_STATUS_OK);
	/* they come in a few packets, not one by one */
	test_assert(xmit.sink->round_trips < 50);
	str_append(rcpts, "550@example.org ");
	for (i = 0; i < 1000; i++)
		str_printfa(rcpts, "more%u@example.org ", i);
	test_assert(test_xmit_send(&xmit, str_c(rcpts), NULL) ==
		    XMIT_STATUS_PERMFAIL);
	test_assert(xmit.sink->messages == 1);
	test_xmit_send_ok(&xmit);
	test_assert(xmit.sink->connections == 1);
	test_xmit_deinit(&xmit);
	test_end();
}

/* A refused transaction is reset before the next one. */
static void test_kept_reset(void)
{
	struct test_sink_script script = { .caps = "PIPELINING" };
	struct test_xmit xmit;

	test_begin("relay connection: reset after a refusal");
	test_xmit_init(&xmit, &script);
	test_assert(test_xmit_send(&xmit, "a@example.org 550@example.org",
				   NULL) == XMIT_STATUS_PERMFAIL);
	test_xmit_send_ok(&xmit);
	test_assert_strcmp(str_c(xmit.sink->commands),
		"EHLO pop3.example\n"
		"MAIL FROM:<a@example.org>\n"
		"RCPT TO:<a@example.org>\n"
		"RCPT TO:<550@example.org>\n"
		"RSET\n"
		"MAIL FROM:<a@example.org>\n"
		"RCPT TO:<b@example.org>\n"
		"DATA\n");
	test_xmit_deinit(&xmit);
	test_end();
}

/*
 * Lost
 */

static void test_lost(void)
{
	static const struct {
		const char *mail;
		const char *error;
	} tests[] = {
		{ "421 4.7.0 too many messages", NULL },
		{ SINK_DROP, NULL },
		{ SINK_HANG, NULL },
		{ "hm", "Invalid command reply" },
	};
	struct test_sink_script script;
	struct test_xmit xmit;
	unsigned int i;

	test_begin("relay connection: lost at the next message");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		i_zero(&script);
		script.mail2 = tests[i].mail;
		test_xmit_init(&xmit, &script);
		xmit.set.relay_timeout_msecs = HANG_MSECS * 4;
		test_xmit_send_ok(&xmit);
		if (tests[i].error != NULL)
			test_expect_error_string(tests[i].error);
		test_xmit_send_ok(&xmit);
		test_expect_no_more_errors();
		test_assert_idx(xmit.sink->connections == 2, i);
		test_xmit_deinit(&xmit);
	}
	test_end();
}

/* It is tried again once, not for ever. */
static void test_lost_for_good(void)
{
	struct test_sink_script script = { .mail2 = SINK_DROP };
	struct test_xmit xmit;

	test_begin("relay connection: lost and not to be had again");
	test_xmit_init(&xmit, &script);
	test_xmit_send_ok(&xmit);
	xmit.sink->set.mail = SINK_DROP;
	test_assert(test_xmit_send(&xmit, "b@example.org", NULL) ==
		    XMIT_STATUS_TEMPFAIL);
	test_assert(xmit.sink->connections == 2);
	test_xmit_deinit(&xmit);
	test_end();
}

static void test_lost_between(void)
{
	struct test_sink_script script = { .drop_after_message = TRUE };
	struct test_xmit xmit;

	test_begin("relay connection: closed between messages");
	test_xmit_init(&xmit, &script);
	test_xmit_send_ok(&xmit);
	test_xmit_send_ok(&xmit);
	/* and with time to notice it */
	test_xmit_wait_msecs(&xmit, 1);
	test_xmit_send_ok(&xmit);
	test_assert(xmit.sink->connections == 3);
	test_xmit_deinit(&xmit);
	test_end();
}

/* The relay goes away while the client has the word. */
static void test_lost_between_steps(void)
{
	struct test_sink_script script = { .caps = "PIPELINING" };
	struct test_xmit xmit;
	struct istream *body;

	test_begin("relay connection: lost between the steps");
	test_xmit_init(&xmit, &script);
	test_xmit_start(&xmit);
	test_assert(test_xmit_wait(&xmit) == XMIT_STATUS_OK);
	test_sink_drop(xmit.sink);
	test_xmit_wait_msecs(&xmit, 1);
	test_xmit_recipients(&xmit, "b@example.org c@example.org");
	test_assert(test_xmit_wait(&xmit) == XMIT_STATUS_TEMPFAIL);

	test_xmit_start(&xmit);
	test_assert(test_xmit_wait(&xmit) == XMIT_STATUS_OK);
	test_xmit_recipients(&xmit, "b@example.org c@example.org");
	test_assert(test_xmit_wait(&xmit) == XMIT_STATUS_OK);
	test_sink_drop(xmit.sink);
	test_xmit_wait_msecs(&xmit, 1);
	body = i_stream_create_from_data(TEST_BODY, strlen(TEST_BODY));
	test_xmit_data(&xmit, body);
	test_assert(test_xmit_wait(&xmit) == XMIT_STATUS_TEMPFAIL);
	i_stream_unref(&body);
	test_xmit_send_ok(&xmit);
	test_assert(xmit.sink->connections == 3);
	test_xmit_deinit(&xmit);
	test_end();
}

static void test_refused(void)
{
	struct test_sink_script script = { .caps = NULL };
	struct test_xmit xmit;

	test_begin("relay connection: refused");
	test_xmit_init(&xmit, &script);
	test_sink_deinit(&xmit.sink);
	test_expect_error_string("Connection refused");
	test_assert(test_xmit_send(&xmit, "b@example.org", NULL) ==
		    XMIT_STATUS_TEMPFAIL);
	test_expect_no_more_errors();
	test_assert(strstr(xmit.text, "can't be reached") != NULL);
	test_xmit_deinit(&xmit);
	test_end();
}

/*
 * What the relay can do
 */

static void test_capabilities(void)
{
	struct test_sink_script script = {
		.caps = "8BITMIME SIZE=12345 SMTPUTF8",
	};
	struct test_xmit xmit;
	bool utf8 = SMTP_CAPABILITY_SMTPUTF8 != 0;

	test_begin("relay connection: what the relay can do");
	test_xmit_init(&xmit, &script);
	test_xmit_start(&xmit);
	test_assert(test_xmit_wait(&xmit) == XMIT_STATUS_OK);
	test_assert(xmit_submit_have_8bitmime(xmit.submit));
	test_assert(xmit_submit_get_max_size(xmit.submit) == 12345);
	test_assert(xmit_submit_have_utf8(xmit.submit) == utf8);
	test_xmit_wait_command(&xmit,
			       "MAIL FROM:<a@example.org> BODY=8BITMIME\n");
	if (utf8) {
		xmit.utf8 = TRUE;
		test_xmit_recipients(&xmit, "b\xC3\xA4r@example.org");
		test_assert(test_xmit_wait(&xmit) == XMIT_STATUS_OK);
		test_assert(strstr(str_c(xmit.sink->commands),
				   "RSET\nMAIL FROM:<a@example.org> "
				   "BODY=8BITMIME SMTPUTF8\n"
				   "RCPT TO:<b\xC3\xA4r@example.org>\n") !=
			    NULL);
	}
	test_xmit_deinit(&xmit);

	i_zero(&script);
	test_xmit_init(&xmit, &script);
	test_xmit_start(&xmit);
	test_assert(test_xmit_wait(&xmit) == XMIT_STATUS_OK);
	test_assert(!xmit_submit_have_8bitmime(xmit.submit));
	test_assert(!xmit_submit_have_utf8(xmit.submit));
	test_assert(xmit_submit_get_max_size(xmit.submit) == 0);
	test_xmit_wait_command(&xmit, "MAIL FROM:<a@example.org>\n");
	test_xmit_deinit(&xmit);
	test_end();
}

/*
 * Login
 */

static void test_login(void)
{
	static const struct {
		struct test_sink_script script;
		enum xmit_status status;
		const char *text, *error;
	} tests[] = {
		{ { .caps = "AUTH=PLAIN" }, XMIT_STATUS_OK, "", NULL },
		{ { .caps = "AUTH=PLAIN", .auth = "535 5.7.8 wrong" },
		  XMIT_STATUS_PERMFAIL, "535 5.7.8 wrong",
		  "Authentication failed: 535 5.7.8 wrong" },
		{ { .caps = "AUTH=PLAIN", .auth = "454 4.7.0 later" },
		  XMIT_STATUS_TEMPFAIL, "454 4.7.0 later",
		  "Authentication failed: 454 4.7.0 later" },
		{ { .caps = "AUTH=PLAIN", .auth = "334 AAAA" },
		  XMIT_STATUS_TEMPFAIL, "log in", "Authentication failed" },
		{ { .caps = "AUTH=LOGIN" }, XMIT_STATUS_TEMPFAIL, "log in",
		  "Authentication failed" },
		{ { .caps = "PIPELINING" }, XMIT_STATUS_TEMPFAIL, "log in",
		  NULL },
		/* lib-smtp logs it twice */
		{ { .caps = "AUTH=PLAIN", .auth = SINK_HANG },
		  XMIT_STATUS_TEMPFAIL, "log in", "" },
	};
	struct test_xmit xmit;
	unsigned int i;

	test_begin("relay connection: login");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_xmit_init(&xmit, &tests[i].script);
		xmit.set.relay_user = "user";
		xmit.set.relay_password = "secret";
		if (tests[i].script.auth != NULL)
			xmit.set.relay_timeout_msecs = HANG_MSECS;
		if (tests[i].error != NULL && tests[i].error[0] == '\0')
			test_expect_errors(2);
		else if (tests[i].error != NULL)
			test_expect_error_string(tests[i].error);
		test_assert_idx(test_xmit_send(&xmit, "b@example.org", NULL) ==
				tests[i].status, i);
		test_expect_no_more_errors();
		test_assert_idx(strstr(xmit.text, tests[i].text) != NULL, i);
		if (tests[i].status == XMIT_STATUS_OK) {
			/* again: the password is remembered */
			test_sink_drop(xmit.sink);
			test_xmit_send_ok(&xmit);
			test_assert_idx(xmit.sink->connections == 2, i);
		}
		test_xmit_deinit(&xmit);
	}
	test_end();
}

static void test_xclient(void)
{
	struct test_sink_script script = {
		.caps = "XCLIENT=LOGIN=ADDR=PORT",
	};
	struct test_xmit xmit;

	test_begin("relay connection: XCLIENT");
	test_xmit_init(&xmit, &script);
	xmit.set.proxy_login = "alice";
	xmit.set.proxy_port = 1234;
	if (net_addr2ip("192.0.2.1", &xmit.set.proxy_ip) < 0)
		i_unreached();
	test_xmit_send_ok(&xmit);
	test_assert(strstr(str_c(xmit.sink->commands),
			   "XCLIENT LOGIN=alice PORT=1234 ADDR=192.0.2.1\n"
			   "EHLO pop3.example\nMAIL ") != NULL);
	test_xmit_deinit(&xmit);

	/* only to those who know it */
	script.caps = NULL;
	test_xmit_init(&xmit, &script);
	xmit.set.proxy_login = "alice";
	test_xmit_send_ok(&xmit);
	test_assert(strstr(str_c(xmit.sink->commands), "XCLIENT") == NULL);
	test_xmit_deinit(&xmit);
	test_end();
}

/*
 * TLS
 */

struct tls_test {
	enum xmit_relay_ssl mode;
	struct test_sink_script script;
	/* the name in the certificate, NULL for the relay's address */
	const char *name;
	bool unknown_ca, no_verify;
	enum xmit_status status;
	const char *text, *error;
};

static const struct tls_test tls_tests[] = {
	{ .mode = XMIT_RELAY_SSL_STARTTLS, .script = { .caps = "STARTTLS" },
	  .status = XMIT_STATUS_OK, .text = "queued" },
	{ .mode = XMIT_RELAY_SSL_SMTPS, .script = { .smtps = TRUE },
	  .status = XMIT_STATUS_OK, .text = "queued" },
	/* not offered, refused */
	{ .mode = XMIT_RELAY_SSL_STARTTLS, .script = { .caps = "PIPELINING" },
	  .status = XMIT_STATUS_TEMPFAIL, .text = "STARTTLS not supported",
	  .error = "doesn't support it" },
	{ .mode = XMIT_RELAY_SSL_STARTTLS,
	  .script = { .caps = "STARTTLS", .starttls = "454 4.7.0 no TLS" },
	  .status = XMIT_STATUS_TEMPFAIL, .text = "454 4.7.0 no TLS" },
	{ .mode = XMIT_RELAY_SSL_STARTTLS,
	  .script = { .caps = "STARTTLS", .starttls = "502 5.5.1 no" },
	  .status = XMIT_STATUS_PERMFAIL, .text = "502 5.5.1 no" },
	{ .mode = XMIT_RELAY_SSL_STARTTLS,
	  .script = { .caps = "STARTTLS", .starttls = "220 2.0.0 then not" },
	  .status = XMIT_STATUS_TEMPFAIL, .text = "reached",
	  .error = "SSL" },
	{ .mode = XMIT_RELAY_SSL_STARTTLS,
	  .script = { .caps = "STARTTLS", .starttls = SINK_DROP },
	  .status = XMIT_STATUS_TEMPFAIL, .text = "connection" },
	/* bad certificates */
	{ .mode = XMIT_RELAY_SSL_STARTTLS, .script = { .caps = "STARTTLS" },
	  .unknown_ca = TRUE, .status = XMIT_STATUS_TEMPFAIL,
	  .text = "reached", .error = "certificate" },
	{ .mode = XMIT_RELAY_SSL_SMTPS, .script = { .smtps = TRUE },
	  .unknown_ca = TRUE, .status = XMIT_STATUS_TEMPFAIL,
	  .text = "reached", .error = "certificate" },
	{ .mode = XMIT_RELAY_SSL_SMTPS, .script = { .smtps = TRUE },
	  .name = "other.example", .status = XMIT_STATUS_TEMPFAIL,
	  .text = "reached", .error = "match" },
	/* not looked at */
	{ .mode = XMIT_RELAY_SSL_SMTPS, .script = { .smtps = TRUE },
	  .name = "other.example", .unknown_ca = TRUE, .no_verify = TRUE,
	  .status = XMIT_STATUS_OK, .text = "queued" },
	/* no TLS there at all */
	{ .mode = XMIT_RELAY_SSL_SMTPS, .script = { .caps = "STARTTLS" },
	  .status = XMIT_STATUS_TEMPFAIL, .text = "reached",
	  .error = "SSL" },
};

static void write_ca_file(const char *cert)
{
	int fd = open(CA_FILE, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	if (fd < 0 || write_full(fd, cert, strlen(cert)) < 0)
		i_fatal("%s: %m", CA_FILE);
	i_close_fd(&fd);
}

static void test_tls_one(const struct tls_test *test, unsigned int i)
{
	struct test_sink_script script = test->script;
	struct test_xmit xmit;
	const char *ca, *key;

	test_cert_create(test->name, &script.cert, &script.key);
	ca = script.cert;
	if (test->unknown_ca)
		test_cert_create(test->name, &ca, &key);
	write_ca_file(ca);
	test_xmit_init(&xmit, &script);
	xmit.set.relay_ssl = test->mode;
	xmit.set.relay_ssl_verify = !test->no_verify;
	xmit.set.relay_ssl_ca_file = CA_FILE;
	if (test->error != NULL) {
		xmit.set.relay_timeout_msecs = HANG_MSECS * 4;
		test_expect_error_string(test->error);
	}
	test_assert_idx(test_xmit_send(&xmit, "b@example.org", NULL) ==
			test->status, i);
	test_expect_no_more_errors();
	if (strstr(xmit.text, test->text) == NULL)
		test_assert_strcmp_idx(xmit.text, test->text, i);
	if (test->status == XMIT_STATUS_OK) {
		/* kept, and made anew */
		test_xmit_send_ok(&xmit);
		test_assert_idx(xmit.sink->connections == 1, i);
		test_sink_drop(xmit.sink);
		test_xmit_send_ok(&xmit);
		test_assert_idx(xmit.sink->connections == 2, i);
	} else {
		/* not in clear either */
		test_assert_idx(strstr(str_c(xmit.sink->commands), "MAIL") ==
				NULL, i);
	}
	test_xmit_deinit(&xmit);
	i_unlink(CA_FILE);
}

static void test_tls(void)
{
	unsigned int i;

	test_begin("relay connection: TLS");
	for (i = 0; i < N_ELEMENTS(tls_tests); i++) T_BEGIN {
		test_tls_one(&tls_tests[i], i);
	} T_END;
	test_end();
}

static void test_tls_no_ca_file(void)
{
	struct test_sink_script script = { .caps = "STARTTLS" };
	struct test_xmit xmit;

	test_begin("relay connection: TLS without its CA file");
	test_xmit_init(&xmit, &script);
	xmit.set.relay_ssl = XMIT_RELAY_SSL_STARTTLS;
	xmit.set.relay_ssl_ca_file = CA_FILE ".none";
	test_expect_error_string(CA_FILE);
	test_assert(test_xmit_send(&xmit, "b@example.org", NULL) ==
		    XMIT_STATUS_TEMPFAIL);
	test_expect_no_more_errors();
	test_assert(strstr(str_c(xmit.sink->commands), "MAIL") == NULL);
	test_xmit_deinit(&xmit);
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_kept,
		test_kept_many_recipients,
		test_kept_reset,
		test_lost,
		test_lost_for_good,
		test_lost_between,
		test_lost_between_steps,
		test_refused,
		test_capabilities,
		test_login,
		test_xclient,
		test_tls,
		test_tls_no_ca_file,
		NULL
	};
	return test_run(test_functions);
}
