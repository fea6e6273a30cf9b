/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The connection to the relay: kept, lost, secured, logged in. */

#include "lib.h"
#include "ioloop.h"
#include "istream.h"
#include "net.h"
#include "ostream.h"
#include "str.h"
#include "write-full.h"
#include "test-common.h"

#include "host-smtp.h"
#include "host-test.h"
#include "test-cert.h"
#include "test-xmit-common.h"

#include <fcntl.h>
#include <unistd.h>

/* longer than a busy machine keeps a process waiting */
#define HANG_MSECS 1000
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
		xmit.set.relay_timeout_msecs = HANG_MSECS * 2;
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
 * Names
 */

/* The host's dns-client service: answers each question with answer, or not at
   all when that is NULL. */
struct test_dns {
	const char *answer;
	int fd;
	struct io *io, *conn_io;
	struct istream *input;
	struct ostream *output;
	bool asked;
};

static void test_dns_input(struct test_dns *dns)
{
	const char *line;

	while ((line = i_stream_read_next_line(dns->input)) != NULL) {
		if (strncmp(line, "IP\t", 3) != 0)
			continue;
		dns->asked = TRUE;
		if (dns->answer != NULL)
			o_stream_nsend_str(dns->output, dns->answer);
	}
	if (dns->input->eof)
		io_remove(&dns->conn_io);
}

static void test_dns_close(struct test_dns *dns)
{
	io_remove(&dns->conn_io);
	i_stream_unref(&dns->input);
	o_stream_destroy(&dns->output);
}

static void test_dns_accept(struct test_dns *dns)
{
	int fd = net_accept(dns->fd, NULL, NULL);

	if (fd < 0)
		return;
	test_dns_close(dns);
	net_set_nonblock(fd, TRUE);
	dns->input = i_stream_create_fd_autoclose(&fd, 1024);
	dns->output = o_stream_create_fd(i_stream_get_fd(dns->input), 1024);
	o_stream_set_no_error_handling(dns->output, TRUE);
	dns->conn_io = io_add_istream(dns->input, test_dns_input, dns);
	o_stream_nsend_str(dns->output, "VERSION\tdns\t1\t0\n");
}

static void test_dns_init(struct test_dns *dns, const char *answer)
{
	i_zero(dns);
	dns->answer = answer;
	dns->fd = net_listen_unix_unlink_stale(HOST_TEST_DNS_SOCKET, 8);
	if (dns->fd < 0)
		i_fatal("listen(%s) failed: %m", HOST_TEST_DNS_SOCKET);
	net_set_nonblock(dns->fd, TRUE);
	dns->io = io_add(dns->fd, IO_READ, test_dns_accept, dns);
}

static void test_dns_deinit(struct test_dns *dns)
{
	test_dns_close(dns);
	io_remove(&dns->io);
	i_close_fd(&dns->fd);
	i_unlink(HOST_TEST_DNS_SOCKET);
}

static void ignore_error(const struct failure_context *ctx ATTR_UNUSED,
			 const char *format ATTR_UNUSED,
			 va_list args ATTR_UNUSED)
{
}

static void test_name(void)
{
	static const struct {
		const char *name, *answer;
		struct test_sink_script script;
		enum xmit_relay_ssl ssl;
		unsigned int msecs;

		enum xmit_status status;
		const char *text;
		/* errors UINT_MAX: as many as the host likes */
		unsigned int connections, errors;
	} tests[] = {
		{ "one address", "0\t127.0.0.1\n",
		  { .caps = NULL }, XMIT_RELAY_SSL_NO, 0,
		  XMIT_STATUS_OK, "queued", 1, 0 },
		{ "first address dead", "0\t127.0.0.2\t127.0.0.1\n",
		  { .caps = NULL }, XMIT_RELAY_SSL_NO, 0,
		  XMIT_STATUS_OK, "queued", 1, 1 },
		{ "no STARTTLS", "0\t127.0.0.2\t127.0.0.1\n",
		  { .two_addresses = TRUE }, XMIT_RELAY_SSL_STARTTLS, 0,
		  XMIT_STATUS_TEMPFAIL, "STARTTLS not supported", 2, 2 },
		{ "too busy", "0\t127.0.0.2\t127.0.0.1\n",
		  { .two_addresses = TRUE, .greeting = "421 4.3.2 busy" },
		  XMIT_RELAY_SSL_NO, 0,
		  XMIT_STATUS_TEMPFAIL, "421 4.3.2 busy", 2, 0 },
		{ "not wanted", "0\t127.0.0.2\t127.0.0.1\n",
		  { .two_addresses = TRUE, .greeting = "554 5.7.1 no" },
		  XMIT_RELAY_SSL_NO, 0,
		  XMIT_STATUS_PERMFAIL, "554 5.7.1 no", 1, 0 },
		{ "no EHLO reply", "0\t127.0.0.2\t127.0.0.1\n",
		  { .two_addresses = TRUE, .ehlo = SINK_HANG },
		  XMIT_RELAY_SSL_NO, HANG_MSECS,
		  XMIT_STATUS_TEMPFAIL, "", 2, UINT_MAX },
		{ "unknown name", "-2\tName or service not known\n",
		  { .caps = NULL }, XMIT_RELAY_SSL_NO, 0,
		  XMIT_STATUS_TEMPFAIL, "name is not known", 0, 1 },
		{ "no answer", NULL,
		  { .caps = NULL }, XMIT_RELAY_SSL_NO, HANG_MSECS,
		  XMIT_STATUS_TEMPFAIL, "", 0, UINT_MAX },
	};
	failure_callback_t *fatal_cb, *error_cb, *info_cb, *debug_cb;
	struct test_xmit xmit;
	struct test_dns dns;
	unsigned int i;

	i_get_failure_handlers(&fatal_cb, &error_cb, &info_cb, &debug_cb);
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_begin(t_strdup_printf("relay connection: name, %s",
					   tests[i].name));
		test_xmit_init(&xmit, &tests[i].script);
		test_dns_init(&dns, tests[i].answer);
		xmit.set.relay_host = "relay.example";
		xmit.set.relay_ssl = tests[i].ssl;
		if (tests[i].msecs > 0)
			xmit.set.relay_timeout_msecs = tests[i].msecs;
		if (tests[i].errors == UINT_MAX)
			i_set_error_handler(ignore_error);
		else
			test_expect_errors(tests[i].errors);
		test_assert_idx(test_xmit_send(&xmit, "b@example.org", NULL) ==
				tests[i].status, i);
		i_set_error_handler(error_cb);
		test_expect_no_more_errors();
		if (strstr(xmit.text, tests[i].text) == NULL)
			test_assert_strcmp_idx(xmit.text, tests[i].text, i);
		test_assert_idx(xmit.sink->connections ==
				tests[i].connections, i);
		test_dns_deinit(&dns);
		test_xmit_deinit(&xmit);
		test_end();
	}
}

static void test_name_abort(void)
{
	struct test_sink_script script = { .caps = NULL };
	struct test_xmit xmit;
	struct test_dns dns;

	test_begin("relay connection: name, abort");
	test_xmit_init(&xmit, &script);
	test_dns_init(&dns, NULL);
	xmit.set.relay_host = "relay.example";
	test_xmit_start(&xmit);
	while (!dns.asked)
		test_xmit_run(&xmit);
	test_assert(!xmit_submit_abort(xmit.submit));
	/* and the end of the session */
	dns.asked = FALSE;
	test_xmit_start(&xmit);
	while (!dns.asked)
		test_xmit_run(&xmit);
	xmit_submit_deinit(&xmit.submit);
	test_dns_deinit(&dns);
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
		if (null_strcmp(tests[i].script.auth, SINK_HANG) == 0)
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
		xmit.set.relay_timeout_msecs = HANG_MSECS * 2;
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
		test_name,
		test_name_abort,
		test_capabilities,
		test_login,
		test_xclient,
		test_tls,
		test_tls_no_ca_file,
		NULL
	};
	return test_run(test_functions);
}
