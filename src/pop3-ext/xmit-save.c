/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The copy of a sent message in one of the user's folders.

   There is one reader of the message, the relay; the copy is written from what
   that reader takes, by a stream in between. Two readers (the children of a
   tee) would both need an io on the client's connection, which the host allows
   only once, and the faster one would spin while it waits for the slower. */

#include "lib.h"
#include "buffer.h"
#include "istream-chain.h"
#include "istream-compat.h"
#include "mail-namespace.h"
#include "mail-storage.h"
#include "mail-user.h"
#include "str-sanitize.h"
#include "unichar.h"

#include "xmit-save.h"

/* for headers that are split over our pieces */
#define SAVE_INPUT_BUFFER_SIZE (64 * 1024)
#define SAVE_LOG_MAX_LEN 128

struct tap_istream {
	struct istream_private istream;
	/* NULL when the copy has ended */
	struct xmit_save *save;
};

struct xmit_save {
	struct event *event;
	char *folder;

	struct mailbox *box;
	struct mailbox_transaction_context *trans;
	/* NULL when the copy has failed */
	struct mail_save_context *save_ctx;

	/* what the mailbox reads, and what we put there */
	struct istream *input;
	struct istream_chain *chain;
	struct tap_istream *tap;

	bool complete:1;
};

static void xmit_save_log(struct xmit_save *save, const char *error,
			  enum mail_error code)
{
	error = t_strdup_printf("Sent message could not be copied to %s: %s",
				str_sanitize(save->folder, SAVE_LOG_MAX_LEN),
				error);
	if (code == MAIL_ERROR_TEMP)
		e_error(save->event, "%s", error);
	else {
		/* over quota, no such place: the user's business */
		e_info(save->event, "%s", error);
	}
}

static void xmit_save_fail(struct xmit_save *save)
{
	enum mail_error code;
	const char *error;

	error = mailbox_get_last_internal_error(save->box, &code);
	xmit_save_log(save, error, code);
	if (save->save_ctx != NULL)
		mailbox_save_cancel(&save->save_ctx);
}

static void
xmit_save_feed(struct xmit_save *save, const void *data, size_t size)
{
	struct istream *piece;

	if (save->save_ctx == NULL || size == 0)
		return;
	piece = i_stream_create_copy_from_data(data, size);
	i_stream_chain_append(save->chain, piece);
	i_stream_unref(&piece);
	if (mailbox_save_continue(save->save_ctx) < 0)
		xmit_save_fail(save);
}

static void xmit_save_free(struct xmit_save **_save)
{
	struct xmit_save *save = *_save;

	*_save = NULL;
	if (save->tap != NULL)
		save->tap->save = NULL;
	if (save->save_ctx != NULL)
		mailbox_save_cancel(&save->save_ctx);
	if (save->trans != NULL)
		mailbox_transaction_rollback(&save->trans);
	mailbox_free(&save->box);
	i_stream_unref(&save->input);
	event_unref(&save->event);
	i_free(save->folder);
	i_free(save);
}

/* Not by flags of mailbox_alloc(): Dovecot 2.4.5 and the fixed 2.3.19 have
   none for that. */
static int xmit_save_open_box(struct mailbox *box)
{
	enum mail_error code;

	if (mailbox_open(box) == 0)
		return 0;
	(void)mailbox_get_last_internal_error(box, &code);
	if (code != MAIL_ERROR_NOTFOUND)
		return -1;
	if (mailbox_create(box, NULL, FALSE) < 0) {
		(void)mailbox_get_last_internal_error(box, &code);
		if (code != MAIL_ERROR_EXISTS)
			return -1;
	} else {
		/* a folder that isn't subscribed is good enough */
		(void)mailbox_set_subscribed(box, TRUE);
	}
	return mailbox_open(box);
}

static int xmit_save_open(struct xmit_save *save)
{
	struct mail_save_context *save_ctx;

	if (xmit_save_open_box(save->box) < 0)
		return -1;
	save->trans = mailbox_transaction_begin(
		save->box, MAILBOX_TRANSACTION_FLAG_EXTERNAL, "XTND XMIT copy");
	save_ctx = mailbox_save_alloc(save->trans);
	mailbox_save_set_flags(save_ctx, MAIL_SEEN, NULL);
	if (mailbox_save_begin(&save_ctx, save->input) < 0)
		return -1;
	save->save_ctx = save_ctx;
	return 0;
}

struct xmit_save *
xmit_save_begin(struct mail_user *user, struct event *event,
		const char *folder, const string_t *header)
{
	struct xmit_save *save;

	save = i_new(struct xmit_save, 1);
	save->event = event;
	event_ref(event);
	save->folder = i_strdup(folder);
	if (!uni_utf8_str_is_valid(folder)) {
		xmit_save_log(save, "Folder name is not valid UTF-8",
			      MAIL_ERROR_PARAMS);
		event_unref(&save->event);
		i_free(save->folder);
		i_free(save);
		return NULL;
	}
	save->box = mailbox_alloc_for_user(user, folder,
					   MAILBOX_FLAG_SAVEONLY);
	save->input = i_stream_create_chain(&save->chain,
					    SAVE_INPUT_BUFFER_SIZE);
	if (xmit_save_open(save) < 0)
		xmit_save_fail(save);
	else
		xmit_save_feed(save, header->data, header->used);
	if (save->save_ctx == NULL)
		xmit_save_free(&save);
	return save;
}

/*
 * Tap
 */

static ssize_t tap_read(struct istream_private *stream)
{
	struct tap_istream *tap =
		container_of(stream, struct tap_istream, istream);
	ssize_t ret;

	/* what our reader has taken is taken from the parent, too */
	i_stream_seek(stream->parent, stream->parent_start_offset +
		      stream->istream.v_offset);
	ret = i_stream_read_copy_from_parent(&stream->istream);
	if (tap->save == NULL)
		return ret;
	if (ret > 0) {
		xmit_save_feed(tap->save, stream->buffer + stream->pos - ret,
			       ret);
	} else if (ret == -1 && stream->istream.stream_errno == 0) {
		tap->save->complete = TRUE;
	}
	return ret;
}

static void tap_destroy(struct iostream_private *stream)
{
	struct tap_istream *tap =
		container_of(stream, struct tap_istream, istream.iostream);

	if (tap->save != NULL)
		tap->save->tap = NULL;
	i_stream_unref(&tap->istream.parent);
}

struct istream *xmit_save_tap(struct xmit_save *save, struct istream *body)
{
	struct tap_istream *tap;

	i_assert(save->tap == NULL);

	tap = i_new(struct tap_istream, 1);
	tap->save = save;
	save->tap = tap;
	tap->istream.max_buffer_size = i_stream_get_max_buffer_size(body);
	tap->istream.read = tap_read;
	tap->istream.iostream.destroy = tap_destroy;
	tap->istream.istream.readable_fd = FALSE;
	tap->istream.istream.blocking = body->blocking;
	tap->istream.istream.seekable = FALSE;
	/* the mailbox reads its own streams meanwhile */
	return i_stream_create(&tap->istream, body, i_stream_get_fd(body),
			       ISTREAM_HIDDEN_INPUTS_UNCHECKED, 0);
}

/*
 * End
 */

void xmit_save_commit(struct xmit_save **_save)
{
	struct xmit_save *save = *_save;

	if (save == NULL)
		return;
	if (save->save_ctx != NULL) {
		if (!save->complete) {
			xmit_save_log(save, "It was not read to its end",
				      MAIL_ERROR_TEMP);
		} else {
			i_stream_chain_append_eof(save->chain);
			if (mailbox_save_finish(&save->save_ctx) < 0 ||
			    mailbox_transaction_commit(&save->trans) < 0)
				xmit_save_fail(save);
		}
	}
	xmit_save_free(_save);
}

void xmit_save_abort(struct xmit_save **save)
{
	if (*save != NULL)
		xmit_save_free(save);
}
