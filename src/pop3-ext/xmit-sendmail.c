/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Sending by the host's sendmail_path.

   A running sendmail can't be told that the rest of the message will not come:
   it takes what it has got. So the message is stored in an unlinked temporary
   file first, with the line ends that such programs expect, and the program is
   started when its end is there:

     PROGRAM -i -f SENDER -- RECIPIENT...

   Its exit status is taken as in <sysexits.h>. Whether it takes all recipients
   or none is up to the program. */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "istream.h"
#include "istream-crlf.h"
#include "ostream.h"
#include "mail-user.h"
#include "safe-mkstemp.h"
#include "smtp-address.h"
#include "str.h"

#include "xmit-payload.h"
#include "xmit-program.h"
#include "xmit-submit-private.h"

#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define SPOOL_TEMP_PREFIX "/tmp/dovecot.pop3-ext."
/* then others get their turn */
#define SPOOL_MAX_READS 64

struct xmit_sendmail {
	struct xmit_submit submit;

	pool_t pool;
	/* program, its arguments, sender, recipients */
	ARRAY_TYPE(const_string) args;

	int fd;
	struct istream *payload, *input;
	struct ostream *spool;
	struct io *io;
	struct xmit_program *program;

	/* the step's result, until the ioloop runs again */
	struct timeout *to_done;
	enum xmit_status status;
	const char *text;

	bool payload_broken:1;
};

static void sendmail_spool_close(struct xmit_sendmail *sendmail)
{
	io_remove(&sendmail->io);
	if (sendmail->payload != NULL) {
		xmit_payload_detach(sendmail->payload);
		i_stream_unref(&sendmail->payload);
	}
	i_stream_unref(&sendmail->input);
	if (sendmail->spool != NULL) {
		o_stream_abort(sendmail->spool);
		o_stream_destroy(&sendmail->spool);
	}
	i_close_fd(&sendmail->fd);
}

static bool sendmail_abort(struct xmit_submit *submit)
{
	struct xmit_sendmail *sendmail =
		container_of(submit, struct xmit_sendmail, submit);
	bool sent;

	if (sendmail->to_done != NULL)
		sent = sendmail->fd != -1 &&
			sendmail->status != XMIT_STATUS_TEMPFAIL &&
			sendmail->status != XMIT_STATUS_PERMFAIL;
	else
		sent = sendmail->program != NULL;

	timeout_remove(&sendmail->to_done);
	sendmail_spool_close(sendmail);
	xmit_program_free(&sendmail->program);
	return sent;
}

/*
 * Results
 */

static void sendmail_done(struct xmit_sendmail *sendmail)
{
	enum xmit_status status = sendmail->status;
	const char *text = sendmail->text;

	timeout_remove(&sendmail->to_done);
	if (status != XMIT_STATUS_OK || sendmail->fd != -1)
		(void)sendmail_abort(&sendmail->submit);
	xmit_submit_finish(&sendmail->submit, status, text);
}

static void sendmail_done_later(struct xmit_sendmail *sendmail,
				enum xmit_status status, const char *text)
{
	if (sendmail->to_done != NULL)
		return;
	sendmail->status = status;
	sendmail->text = p_strdup(sendmail->pool, text);
	sendmail->to_done = timeout_add_short(0, sendmail_done, sendmail);
}

/*
 * Program
 */

static enum xmit_status sendmail_status(int status)
{
	if (!WIFEXITED(status)) {
		/* it may have got far enough */
		return XMIT_STATUS_UNKNOWN;
	}
	switch (WEXITSTATUS(status)) {
	case EX_OK:
		return XMIT_STATUS_OK;
	case EX_USAGE:
	case EX_DATAERR:
	case EX_NOUSER:
	case EX_NOHOST:
	case EX_UNAVAILABLE:
	case EX_NOPERM:
		return XMIT_STATUS_PERMFAIL;
	default:
		return XMIT_STATUS_TEMPFAIL;
	}
}

static const char *sendmail_status_text(int status)
{
	if (WIFEXITED(status)) {
		return t_strdup_printf("exit status %d", WEXITSTATUS(status));
	}
	return t_strdup_printf("signal %d", WTERMSIG(status));
}

static void sendmail_exited(int exit_status, const char *output,
			    struct xmit_sendmail *sendmail)
{
	enum xmit_status status = sendmail_status(exit_status);
	const char *text;

	if (status == XMIT_STATUS_OK)
		text = output[0] != '\0' ? output : "sendmail has taken it";
	else {
		text = t_strdup_printf("%s: sendmail failed (%s)%s%s",
			status == XMIT_STATUS_UNKNOWN ?
			"The message may or may not have been sent" :
			"Not sent", sendmail_status_text(exit_status),
			output[0] == '\0' ? "" : ": ", output);
		e_error(sendmail->submit.event, "%s failed: %s",
			sendmail->submit.set.sendmail_path,
			sendmail_status_text(exit_status));
	}
	sendmail_done_later(sendmail, status, text);
}

static void sendmail_run(struct xmit_sendmail *sendmail)
{
	array_append_zero(&sendmail->args);
	sendmail->program = xmit_program_run(
		sendmail->submit.event, array_front(&sendmail->args),
		sendmail->fd, sendmail_exited, sendmail);
	if (sendmail->program == NULL) {
		sendmail_done_later(sendmail, XMIT_STATUS_TEMPFAIL,
				    "sendmail could not be started");
	}
}

/*
 * Message
 */

static void
sendmail_payload_callback(enum xmit_payload_event event,
			  struct xmit_sendmail *sendmail)
{
	if (event == XMIT_PAYLOAD_BROKEN)
		sendmail->payload_broken = TRUE;
}

static void
sendmail_spool_failed(struct xmit_sendmail *sendmail, const char *error)
{
	io_remove(&sendmail->io);
	e_error(sendmail->submit.event, "temporary file: %s", error);
	sendmail_done_later(sendmail, XMIT_STATUS_TEMPFAIL,
			    "The message could not be stored");
}

static void sendmail_spool_end(struct xmit_sendmail *sendmail)
{
	io_remove(&sendmail->io);
	if (sendmail->payload_broken) {
		sendmail_done_later(sendmail, XMIT_STATUS_TEMPFAIL,
				    "The message did not arrive completely");
	} else if (o_stream_finish(sendmail->spool) < 0) {
		sendmail_spool_failed(sendmail,
				      o_stream_get_error(sendmail->spool));
	} else {
		sendmail_run(sendmail);
	}
}

static void sendmail_spool_input(struct xmit_sendmail *sendmail)
{
	const unsigned char *data;
	size_t size;
	unsigned int reads;
	int ret = 1;

	for (reads = 0; reads < SPOOL_MAX_READS; reads++) {
		ret = i_stream_read_more(sendmail->input, &data, &size);
		if (ret <= 0)
			break;
		if (o_stream_send(sendmail->spool, data, size) < 0) {
			sendmail_spool_failed(sendmail,
				o_stream_get_error(sendmail->spool));
			return;
		}
		i_stream_skip(sendmail->input, size);
	}
	if (ret < 0 || sendmail->payload_broken)
		sendmail_spool_end(sendmail);
	else if (ret > 0)
		i_stream_set_input_pending(sendmail->input, TRUE);
}

static void sendmail_data(struct xmit_submit *submit, const string_t *header,
			  struct istream *body)
{
	struct xmit_sendmail *sendmail =
		container_of(submit, struct xmit_sendmail, submit);
	string_t *path = t_str_new(128);

	if (submit->set.user != NULL)
		mail_user_set_get_temp_prefix(path, submit->set.user->set);
	else
		str_append(path, SPOOL_TEMP_PREFIX);
	sendmail->fd = safe_mkstemp_hostpid(path, 0600, (uid_t)-1, (gid_t)-1);
	if (sendmail->fd == -1) {
		sendmail_spool_failed(sendmail, t_strdup_printf(
			"safe_mkstemp(%s) failed: %m", str_c(path)));
		return;
	}
	i_unlink(str_c(path));
	fd_close_on_exec(sendmail->fd, TRUE);

	sendmail->payload = xmit_payload_create(header, body,
						sendmail_payload_callback,
						sendmail);
	sendmail->input = i_stream_create_lf(sendmail->payload);
	sendmail->spool = o_stream_create_fd_file(sendmail->fd, 0, FALSE);
	sendmail->io = io_add_istream(sendmail->input, sendmail_spool_input,
				      sendmail);
	i_stream_set_input_pending(sendmail->input, TRUE);
}

/*
 * Sender and recipients
 */

static void sendmail_add_arg(struct xmit_sendmail *sendmail, const char *arg)
{
	arg = p_strdup(sendmail->pool, arg);
	array_push_back(&sendmail->args, &arg);
}

static void
sendmail_start(struct xmit_submit *submit, const struct smtp_address *sender)
{
	struct xmit_sendmail *sendmail =
		container_of(submit, struct xmit_sendmail, submit);
	const char *const *args;

	i_assert(sendmail->fd == -1 && sendmail->program == NULL);

	p_clear(sendmail->pool);
	p_array_init(&sendmail->args, sendmail->pool, 16);
	sendmail->payload_broken = FALSE;
	args = t_strsplit_spaces(submit->set.sendmail_path, " ");
	if (args[0] == NULL || access(args[0], X_OK) < 0) {
		e_error(submit->event, "sendmail program \"%s\": %m",
			submit->set.sendmail_path);
		sendmail_done_later(sendmail, XMIT_STATUS_TEMPFAIL,
				    "There is no sendmail program");
		return;
	}
	for (; *args != NULL; args++)
		sendmail_add_arg(sendmail, *args);
	sendmail_add_arg(sendmail, "-i");
	sendmail_add_arg(sendmail, "-f");
	sendmail_add_arg(sendmail, smtp_address_isnull(sender) ? "<>" :
			 smtp_address_encode(sender));
	sendmail_add_arg(sendmail, "--");
	sendmail_done_later(sendmail, XMIT_STATUS_OK, "sendmail");
}

static void
sendmail_recipients(struct xmit_submit *submit,
		    const struct smtp_address *const *rcpts,
		    unsigned int count, bool utf8 ATTR_UNUSED)
{
	struct xmit_sendmail *sendmail =
		container_of(submit, struct xmit_sendmail, submit);
	unsigned int i;

	for (i = 0; i < count; i++)
		sendmail_add_arg(sendmail, smtp_address_encode(rcpts[i]));
	sendmail_done_later(sendmail, XMIT_STATUS_OK, "recipients accepted");
}

/*
 * The rest
 */

static bool sendmail_have_8bitmime(struct xmit_submit *submit ATTR_UNUSED)
{
	return TRUE;
}

static bool sendmail_have_utf8(struct xmit_submit *submit ATTR_UNUSED)
{
	/* its command line can't ask */
	return FALSE;
}

static uoff_t sendmail_get_max_size(struct xmit_submit *submit ATTR_UNUSED)
{
	return 0;
}

static void sendmail_deinit(struct xmit_submit *submit)
{
	struct xmit_sendmail *sendmail =
		container_of(submit, struct xmit_sendmail, submit);

	pool_unref(&sendmail->pool);
	i_free(sendmail);
}

static const struct xmit_submit_vfuncs sendmail_vfuncs = {
	.deinit = sendmail_deinit,
	.start = sendmail_start,
	.recipients = sendmail_recipients,
	.data = sendmail_data,
	.abort = sendmail_abort,
	.have_8bitmime = sendmail_have_8bitmime,
	.have_utf8 = sendmail_have_utf8,
	.get_max_size = sendmail_get_max_size,
};

struct xmit_submit *xmit_sendmail_alloc(void)
{
	struct xmit_sendmail *sendmail;

	sendmail = i_new(struct xmit_sendmail, 1);
	sendmail->submit.v = &sendmail_vfuncs;
	sendmail->pool = pool_alloconly_create("xmit sendmail", 1024);
	sendmail->fd = -1;
	return &sendmail->submit;
}
