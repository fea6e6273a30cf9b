/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "istream.h"
#include "istream-failure-at.h"
#include "lib-signals.h"
#include "smtp-address.h"
#include "str.h"
#include "write-full.h"
#include "test-common.h"

#include "test-xmit-common.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PROGRAM ".test-xmit-sendmail.sh"
#define OUTPUT ".test-xmit-sendmail.out"
#define STARTED ".test-xmit-sendmail.pid"

/* Dovecot's paths are absolute, and so are ours. */
static const char *path(const char *name)
{
	char cwd[PATH_MAX];

	if (getcwd(cwd, sizeof(cwd)) == NULL)
		i_fatal("getcwd() failed: %m");
	return t_strconcat(cwd, "/", name, NULL);
}

static void program_write(const char *script)
{
	const char *text = t_strdup_printf(
		"#!/bin/sh\ncd '%s' || exit 75\n%s\n", path("."), script);
	int fd = open(PROGRAM, O_CREAT | O_TRUNC | O_WRONLY, 0700);

	if (fd < 0 || write_full(fd, text, strlen(text)) < 0)
		i_fatal("%s: %m", PROGRAM);
	i_close_fd(&fd);
}

static const char *output_read(void)
{
	struct istream *input = i_stream_create_file(OUTPUT, 64 * 1024);
	string_t *text = t_str_new(256);
	const unsigned char *data;
	size_t size;

	while (i_stream_read_more(input, &data, &size) > 0) {
		str_append_data(text, data, size);
		i_stream_skip(input, size);
	}
	i_stream_unref(&input);
	return str_c(text);
}

static void sendmail_test_init(struct test_xmit *xmit, const char *script,
			       const char *args)
{
	program_write(script);
	i_unlink_if_exists(OUTPUT);
	i_unlink_if_exists(STARTED);
	test_xmit_init(xmit, NULL);
	xmit->set.sendmail_path = t_strconcat(path(PROGRAM), args, NULL);
}

static void sendmail_test_deinit(struct test_xmit *xmit)
{
	test_xmit_deinit(xmit);
	i_unlink_if_exists(OUTPUT);
	i_unlink_if_exists(STARTED);
	i_unlink(PROGRAM);
}

/* Arguments and message arrive as they are, with LF line ends. */
static void test_sendmail_message(void)
{
	struct test_xmit xmit;

	test_begin("sendmail: message");
	sendmail_test_init(&xmit, "{ for i in \"$@\"; do echo \"<$i>\"; done; cat; } "
		  "> " OUTPUT, " -x  $HOME;");
	test_assert(test_xmit_send(&xmit, "b@example.org -c@example.org "
				   "$(id)@example.org", NULL) ==
		    XMIT_STATUS_OK);
	test_assert_strcmp(output_read(),
		"<-x>\n<$HOME;>\n<-i>\n<-f>\n<a@example.org>\n<-->\n"
		"<b@example.org>\n<-c@example.org>\n"
		"<\"$(id)\"@example.org>\n"
		"From: a@example.org\nTo: b@example.org\n\n"
		"Hello\n.dot\n");
	test_assert(xmit_submit_have_8bitmime(xmit.submit));
	test_assert(!xmit_submit_have_utf8(xmit.submit));
	test_assert(xmit_submit_get_max_size(xmit.submit) == 0);
	/* and another one */
	test_assert(test_xmit_send(&xmit, "b@example.org", NULL) ==
		    XMIT_STATUS_OK);
	sendmail_test_deinit(&xmit);
	test_end();
}

static void test_sendmail_large_message(void)
{
	static const char line[] = "0123456789 0123456789 0123456789\r\n";
	struct test_xmit xmit;
	struct istream *body;
	string_t *text = str_new(default_pool, 6 * 1024 * 1024);

	test_begin("sendmail: large message");
	while (str_len(text) < 5 * 1024 * 1024)
		str_append(text, line);
	sendmail_test_init(&xmit, "wc -c > " OUTPUT, "");
	body = i_stream_create_from_data(str_data(text), str_len(text));
	test_assert(test_xmit_send(&xmit, "b@example.org", body) ==
		    XMIT_STATUS_OK);
	test_assert(atoi(output_read()) ==
		    (int)(strlen(TEST_HEADER) - 3 + str_len(text) /
			  strlen(line) * (strlen(line) - 1)));
	i_stream_unref(&body);
	str_free(&text);
	sendmail_test_deinit(&xmit);
	test_end();
}

static void test_sendmail_exit(void)
{
	static const struct {
		const char *script;
		enum xmit_status status;
		const char *text;
	} tests[] = {
		{ "exit 0", XMIT_STATUS_OK, "taken" },
		{ "echo queued as 1; echo more", XMIT_STATUS_OK,
		  "queued as 1" },
		{ "exit 75", XMIT_STATUS_TEMPFAIL, "(exit status 75)" },
		{ "echo no such user >&2; echo more; exit 67",
		  XMIT_STATUS_PERMFAIL,
		  "Not sent: sendmail failed (exit status 67): no such user" },
		{ "exit 65", XMIT_STATUS_PERMFAIL, "(exit status 65)" },
		{ "exit 1", XMIT_STATUS_TEMPFAIL, "(exit status 1)" },
		{ "kill -9 $$", XMIT_STATUS_UNKNOWN, "may or may not" },
		/* much output, without a line end */
		{ "head -c 200000 /dev/zero | tr '\\0' x; exit 75",
		  XMIT_STATUS_TEMPFAIL, "(exit status 75)" },
		/* leaves somebody behind who holds our pipe */
		{ "exec 0<&-; sleep 1 & exit 0", XMIT_STATUS_OK, "taken" },
	};
	struct test_xmit xmit;
	unsigned int i;

	test_begin("sendmail: exit status");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		sendmail_test_init(&xmit, tests[i].script, "");
		if (tests[i].status != XMIT_STATUS_OK)
			test_expect_error_string("failed");
		test_assert_idx(test_xmit_send(&xmit, "b@example.org", NULL) ==
				tests[i].status, i);
		test_expect_no_more_errors();
		if (strstr(xmit.text, tests[i].text) == NULL)
			test_assert_strcmp_idx(xmit.text, tests[i].text, i);
		sendmail_test_deinit(&xmit);
	}
	test_end();
}

static void test_sendmail_missing(void)
{
	struct test_xmit xmit;

	test_begin("sendmail: no program");
	test_xmit_init(&xmit, NULL);
	xmit.set.sendmail_path = "/nonexistent/sendmail -t";
	test_expect_error_string("No such file");
	test_assert(test_xmit_send(&xmit, "b@example.org", NULL) ==
		    XMIT_STATUS_TEMPFAIL);
	test_expect_no_more_errors();
	test_assert(xmit.step == TEST_STEP_START);
	test_xmit_deinit(&xmit);
	test_end();
}

/* The program does not even start. */
static void test_sendmail_broken(void)
{
	struct test_xmit xmit;
	struct istream *input, *body;
	unsigned int size;

	test_begin("sendmail: message that breaks");
	sendmail_test_init(&xmit, "cat > " OUTPUT, "");
	for (size = 0; size < strlen(TEST_BODY); size++) {
		input = i_stream_create_from_data(TEST_BODY,
						  strlen(TEST_BODY));
		body = i_stream_create_failure_at(input, size, EPIPE, "gone");
		i_stream_unref(&input);
		test_assert_idx(test_xmit_send(&xmit, "b@example.org", body) ==
				XMIT_STATUS_TEMPFAIL, size);
		i_stream_unref(&body);
		test_assert_idx(access(OUTPUT, F_OK) < 0, size);
	}
	sendmail_test_deinit(&xmit);
	test_end();
}

static void test_sendmail_abort(void)
{
	struct test_xmit xmit;
	struct istream *body;
	pid_t pid;

	test_begin("sendmail: abort");
	sendmail_test_init(&xmit, "echo $$ > " OUTPUT "; mv " OUTPUT " " STARTED
		  "; exec sleep 60", "");
	test_xmit_start(&xmit);
	test_assert(!xmit_submit_abort(xmit.submit));
	test_xmit_start(&xmit);
	(void)test_xmit_wait(&xmit);
	test_assert(!xmit_submit_abort(xmit.submit));
	test_xmit_start(&xmit);
	(void)test_xmit_wait(&xmit);
	test_xmit_recipients(&xmit, "b@example.org");
	(void)test_xmit_wait(&xmit);
	body = i_stream_create_from_data(TEST_BODY, strlen(TEST_BODY));
	test_xmit_data(&xmit, body);
	test_assert(!xmit_submit_abort(xmit.submit));
	test_assert(access(STARTED, F_OK) < 0);
	i_stream_unref(&body);

	/* once it runs, who knows what it does */
	test_xmit_start(&xmit);
	(void)test_xmit_wait(&xmit);
	test_xmit_recipients(&xmit, "b@example.org");
	(void)test_xmit_wait(&xmit);
	body = i_stream_create_from_data(TEST_BODY, strlen(TEST_BODY));
	test_xmit_data(&xmit, body);
	while (access(STARTED, F_OK) < 0)
		test_xmit_wait_msecs(&xmit, 1);
	if (rename(STARTED, OUTPUT) < 0)
		i_fatal("rename() failed: %m");
	pid = atoi(output_read());
	test_assert(pid > 1 && kill(pid, 0) == 0);
	test_assert(xmit_submit_abort(xmit.submit));
	test_assert(kill(pid, 0) < 0);
	i_stream_unref(&body);
	sendmail_test_deinit(&xmit);
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_sendmail_message,
		test_sendmail_large_message,
		test_sendmail_exit,
		test_sendmail_missing,
		test_sendmail_broken,
		test_sendmail_abort,
		NULL
	};
	int ret;

	lib_init();
	lib_signals_init();
	ret = test_run(test_functions);
	lib_signals_deinit();
	lib_deinit();
	return ret;
}
