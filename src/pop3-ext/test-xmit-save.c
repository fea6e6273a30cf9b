/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The copy in the sender's folder, alone and beside a relay. */

#include "lib.h"
#include "ioloop.h"
#include "istream.h"
#include "mail-namespace.h"
#include "mail-storage.h"
#include "mailbox-list-iter.h"
#include "str.h"
#include "test-common.h"
#include "test-mail-storage-common.h"

#include "host-test.h"
#include "test-xmit-common.h"
#include "xmit-save.h"

#include <signal.h>
#include <sys/resource.h>

#define COPY_HEADER "From: a@example.org\r\nBcc: c@example.org\r\n\r\n"
#define COPY COPY_HEADER TEST_BODY
#define SMALL_FILE_SIZE (64 * 1024)

static struct test_mail_storage_ctx *storage;

static void storage_init(const char *driver)
{
	struct test_mail_storage_settings set = { .driver = driver };

	struct ioloop_context *context;

	storage = test_mail_storage_init();
	test_mail_storage_init_user(storage, &set);
	/* the ioloop is going to be run */
	context = io_loop_get_current_context(current_ioloop);
	if (context != NULL)
		io_loop_context_deactivate(context);
}

static void storage_deinit(void)
{
	test_mail_storage_deinit_user(storage);
	test_mail_storage_deinit(&storage);
}

/* Returns how many messages are in folder, -1 if there is no such folder. If
   there are any, *text_r and *flags_r are the last one's. */
static int
folder_read(const char *folder, const char **text_r, enum mail_flags *flags_r)
{
	struct mailbox *box = mailbox_alloc_for_user(storage->user, folder, 0);
	struct mailbox_transaction_context *trans;
	struct mailbox_status status;
	struct istream *input;
	const unsigned char *data;
	string_t *text = t_str_new(1024);
	struct mail *mail;
	size_t size;

	if (mailbox_sync(box, MAILBOX_SYNC_FLAG_FULL_READ) < 0) {
		mailbox_free(&box);
		return -1;
	}
	mailbox_get_open_status(box, STATUS_MESSAGES, &status);
	trans = mailbox_transaction_begin(box, 0, "test");
	mail = mail_alloc(trans, 0, NULL);
	if (status.messages > 0) {
		mail_set_seq(mail, status.messages);
		*flags_r = mail_get_flags(mail) & ENUM_NEGATE(MAIL_RECENT);
		if (mail_get_stream(mail, NULL, NULL, &input) < 0)
			i_fatal("mail_get_stream() failed");
		while (i_stream_read_more(input, &data, &size) > 0) {
			str_append_data(text, data, size);
			i_stream_skip(input, size);
		}
	}
	*text_r = str_c(text);
	mail_free(&mail);
	(void)mailbox_transaction_commit(&trans);
	mailbox_free(&box);
	return status.messages;
}

static bool is_subscribed(const char *folder)
{
	struct mailbox_list_iterate_context *iter;
	bool found;

	iter = mailbox_list_iter_init(storage->user->namespaces->list, folder,
				      MAILBOX_LIST_ITER_SELECT_SUBSCRIBED);
	found = mailbox_list_iter_next(iter) != NULL;
	(void)mailbox_list_iter_deinit(&iter);
	return found;
}

/* Folders have the line ends that they like. */
static const char *without_cr(const char *text)
{
	string_t *str = t_str_new(strlen(text));

	for (; *text != '\0'; text++) {
		if (*text != '\r')
			str_append_c(str, *text);
	}
	return str_c(str);
}

static void folder_has(const char *folder, int count, const char *last)
{
	const char *text;
	enum mail_flags flags = 0;

	test_assert(folder_read(folder, &text, &flags) == count);
	if (last != NULL) {
		test_assert_strcmp(without_cr(text), without_cr(last));
		test_assert(flags == MAIL_SEEN);
	}
}

static struct xmit_save *
save_begin(struct event *event, const char *folder)
{
	string_t *header = t_str_new(64);

	str_append(header, COPY_HEADER);
	return xmit_save_begin(storage->user, event, folder, header);
}

static void read_slowly(struct istream *input, size_t max)
{
	const unsigned char *data;
	size_t size;

	while (max > 0 && i_stream_read_more(input, &data, &size) > 0) {
		i_stream_skip(input, 1);
		max--;
	}
	if (max > 0)
		test_assert(input->eof && input->stream_errno == 0);
}

static void test_save_driver(const char *driver)
{
	struct event *event = event_create(NULL);
	struct istream *body, *tap;
	struct xmit_save *save;
	unsigned int i;

	test_begin(t_strdup_printf("save: %s", driver));
	storage_init(driver);
	folder_has("Sent", -1, NULL);
	for (i = 1; i <= 2; i++) {
		save = save_begin(event, "Sent");
		test_assert(save != NULL);
		body = i_stream_create_from_data(TEST_BODY, strlen(TEST_BODY));
		tap = xmit_save_tap(save, body);
		read_slowly(tap, SIZE_MAX);
		/* not there before it is wanted; but an mbox is locked */
		if (strcmp(driver, "mbox") != 0)
			folder_has("Sent", i - 1, NULL);
		xmit_save_commit(&save);
		test_assert(save == NULL);
		folder_has("Sent", i, COPY);
		i_stream_unref(&tap);
		i_stream_unref(&body);
	}
	test_assert(is_subscribed("Sent"));
	storage_deinit();
	event_unref(&event);
	test_end();
}

static void test_save(void)
{
	test_save_driver("maildir");
	test_save_driver("sdbox");
	test_save_driver("mdbox");
	test_save_driver("mbox");
}

static void test_save_abort(void)
{
	struct event *event = event_create(NULL);
	struct istream *body, *tap;
	struct xmit_save *save;
	unsigned int size;

	test_begin("save: abort");
	storage_init("maildir");
	for (size = 0; size <= strlen(TEST_BODY); size++) {
		save = save_begin(event, "Sent");
		body = i_stream_create_from_data(TEST_BODY, strlen(TEST_BODY));
		tap = xmit_save_tap(save, body);
		read_slowly(tap, size);
		xmit_save_abort(&save);
		test_assert_idx(save == NULL, size);
		/* the relay may go on reading */
		read_slowly(tap, SIZE_MAX);
		i_stream_unref(&tap);
		i_stream_unref(&body);
	}
	xmit_save_abort(&save);
	xmit_save_commit(&save);
	/* never tapped */
	save = save_begin(event, "Sent");
	xmit_save_abort(&save);
	folder_has("Sent", 0, NULL);

	/* and one that is not whole is not kept */
	save = save_begin(event, "Sent");
	body = i_stream_create_from_data(TEST_BODY, strlen(TEST_BODY));
	tap = xmit_save_tap(save, body);
	read_slowly(tap, 3);
	i_stream_unref(&tap);
	i_stream_unref(&body);
	test_expect_error_string("copied to Sent: It was not read to its end");
	xmit_save_commit(&save);
	test_expect_no_more_errors();
	folder_has("Sent", 0, NULL);
	storage_deinit();
	event_unref(&event);
	test_end();
}

static void test_save_bad_folder(void)
{
	static const char *const folders[] = {
		"..", "/etc/passwd", "a//b", "\xff\xfe", "~root", "a/",
	};
	struct event *event = event_create(NULL);
	unsigned int i;

	test_begin("save: folder that can't be");
	storage_init("maildir");
	for (i = 0; i < N_ELEMENTS(folders); i++)
		test_assert_idx(save_begin(event, folders[i]) == NULL, i);
	storage_deinit();
	event_unref(&event);
	test_end();
}

static void set_file_limit(rlim_t size)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) < 0)
		i_fatal("getrlimit() failed: %m");
	limit.rlim_cur = size;
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		i_fatal("setrlimit() failed: %m");
}

static unsigned int copy_errors;

static void ATTR_FORMAT(2, 0)
count_errors(const struct failure_context *ctx ATTR_UNUSED, const char *format,
	     va_list args)
{
	/* the host has its own lines for this, too */
	if (strstr(t_strdup_vprintf(format, args), "copied to Sent") != NULL)
		copy_errors++;
}

/* The disk gets full: the relay still gets everything. */
static void test_save_fails(void)
{
	static const char line[] = "0123456789 0123456789 0123456789\r\n";
	struct event *event = event_create(NULL);
	struct istream *body, *tap;
	struct xmit_save *save;
	string_t *text = str_new(default_pool, SMALL_FILE_SIZE * 4);
	failure_callback_t *fatal_cb, *error_cb, *info_cb, *debug_cb;

	test_begin("save: fails on the way");
	storage_init("maildir");
	while (str_len(text) < SMALL_FILE_SIZE * 3)
		str_append(text, line);
	(void)signal(SIGXFSZ, SIG_IGN);
	save = save_begin(event, "Sent");
	body = i_stream_create_from_data(str_data(text), str_len(text));
	tap = xmit_save_tap(save, body);
	set_file_limit(SMALL_FILE_SIZE);
	i_get_failure_handlers(&fatal_cb, &error_cb, &info_cb, &debug_cb);
	i_set_error_handler(count_errors);
	read_slowly(tap, SIZE_MAX);
	test_assert(tap->v_offset == str_len(text));
	set_file_limit(RLIM_INFINITY);
	xmit_save_commit(&save);
	i_set_error_handler(error_cb);
	test_assert(copy_errors == 1);
	folder_has("Sent", 0, NULL);
	i_stream_unref(&tap);
	i_stream_unref(&body);
	str_free(&text);
	storage_deinit();
	event_unref(&event);
	test_end();
}

/* In pieces, with a relay that stops for a while: the copy does not hold it
   up, nor the other way round. */
static void test_save_beside_relay(void)
{
	struct test_sink_script script = { .caps = "PIPELINING" };
	struct test_xmit xmit;
	struct test_slow_body body;
	struct xmit_save *save;
	struct istream *tap;
	string_t *line = t_str_new(2048), *copy = t_str_new(256 * 1024);
	unsigned int i;

	test_begin("save: beside the relay");
	storage_init("maildir");
	script.pause_size = 16 * 1024;
	test_xmit_init(&xmit, &script);
	test_xmit_accepted(&xmit);
	test_slow_body_init(&body);
	save = save_begin(xmit.event, "Sent");
	tap = xmit_save_tap(save, body.input);
	test_xmit_data(&xmit, tap);
	i_stream_unref(&tap);

	for (i = 0; i < 900; i++)
		str_append_c(line, 'a' + i % 26);
	str_append(line, "\r\n");
	str_append(copy, COPY_HEADER);
	for (i = 0; i < 100; i++) {
		test_slow_body_write(&body, str_c(line));
		str_append_str(copy, line);
		test_xmit_wait_msecs(&xmit, 1);
		if (i == 80)
			test_sink_resume(xmit.sink);
	}
	test_slow_body_end(&body);
	test_assert(test_xmit_wait(&xmit) == XMIT_STATUS_OK);
	folder_has("Sent", 0, NULL);
	xmit_save_commit(&save);
	folder_has("Sent", 1, str_c(copy));
	test_slow_body_deinit(&body);

	/* not for a refused message */
	xmit.sink->set.dot = "550 5.7.1 spam";
	test_xmit_accepted(&xmit);
	test_slow_body_init(&body);
	save = save_begin(xmit.event, "Sent");
	tap = xmit_save_tap(save, body.input);
	test_xmit_data(&xmit, tap);
	i_stream_unref(&tap);
	test_slow_body_write(&body, TEST_BODY);
	test_slow_body_end(&body);
	test_assert(test_xmit_wait(&xmit) == XMIT_STATUS_PERMFAIL);
	xmit_save_abort(&save);
	folder_has("Sent", 1, NULL);
	test_slow_body_deinit(&body);

	test_xmit_deinit(&xmit);
	storage_deinit();
	test_end();
}

int main(int argc, char *argv[])
{
	static void (*const test_functions[])(void) = {
		test_save,
		test_save_abort,
		test_save_bad_folder,
		test_save_fails,
		test_save_beside_relay,
		NULL
	};
	int ret;

	host_test_service_init("test-xmit-save", &argc, &argv);
	ret = test_run(test_functions);
	host_test_service_deinit();
	return ret;
}
