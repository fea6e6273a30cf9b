/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Messages that the index knows no serial of: recognised by GUID, all of them
   first, then by content, and what remains is new. In pieces, and what a piece
   has found out is saved at its end: a session that ends in the middle leaves
   less to do for the next one.

   They are those of the whole mailbox, whatever the session shows of it: UIDLs
   are given once, and by any session. */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "str.h"
#include "mail-storage.h"

#include "pop3-ext-limits.h"
#include "uidl-assign-private.h"

#ifdef __GLIBC__
#  include <malloc.h>
#else
#  define malloc_trim(pad) (pad)
#endif

/* messages that are read between two turns of the ioloop, unless that are more
   than POP3_EXT_UIDL_MAX_READ_STEP octets */
#define READS_AT_ONCE 32

static void assign_collect(struct uidl_assign *assign)
{
	struct pop3_uidl_mailbox *ubox = assign->ubox;
	uint32_t seq, count;

	count = mail_index_view_get_messages_count(ubox->box->view);
	for (seq = 1; seq <= count; seq++) {
		if (pop3_uidl_mailbox_serial(ubox, seq) == 0 &&
		    !assign->owner->is_unwanted(assign->context, assign->mail,
						seq))
			array_push_back(&assign->seqs, &seq);
	}
	assign->count = array_count(&assign->seqs);
}

struct uidl_assign *
uidl_assign_init(struct pop3_uidl_mailbox *ubox,
		 const struct uidl_assign_owner *owner, void *context)
{
	struct uidl_assign *assign;

	assign = i_new(struct uidl_assign, 1);
	assign->owner = owner;
	assign->context = context;
	assign->ubox = ubox;
	assign->store = ubox->store;
	/* from now on it is looked for under the lock */
	uidl_finder_deinit(&ubox->finder);
	assign->trans = mailbox_transaction_begin(ubox->box, 0, __func__);
	assign->mail = mail_alloc(assign->trans, 0, NULL);
	assign->str = str_new(default_pool, 128);
	i_array_init(&assign->seqs, 16);
	i_array_init(&assign->piece, 16);
	assign_collect(assign);
	if (assign->count == 0)
		uidl_assign_deinit(&assign);
	else if (!uidl_assign_can_match(assign))
		assign->phase = PHASE_READ;
	return assign;
}

void uidl_assign_deinit(struct uidl_assign **_assign)
{
	struct uidl_assign *assign = *_assign;

	if (assign == NULL)
		return;
	*_assign = NULL;
	uidl_finder_deinit(&assign->finder);
	mail_free(&assign->mail);
	(void)mailbox_transaction_commit(&assign->trans);
	str_free(&assign->str);
	array_free(&assign->piece);
	array_free(&assign->seqs);
	if (assign->owner->deinit != NULL)
		assign->owner->deinit(assign->context);
	/* all messages were to be found out: the session that goes on needs
	   little of what that took */
	if (assign->count > ASSIGN_MIN_PIECE)
		(void)malloc_trim(0);
	i_free(assign);
}

static int
mail_error(struct mail *mail, const char *what, const char **error_r)
{
	*error_r = t_strdup_printf("pop3_uidl: Can't read the %s of UID %u: %s",
		what, mail->uid,
		mailbox_get_last_internal_error(mail->box, NULL));
	return -1;
}

static int
assign_guid(struct uidl_assign *assign, struct unknown_msg *msg,
	    const char **error_r)
{
	/* a message that is gone has no GUID any more; it gets its UIDL all the
	   same, as from the host */
	if (pop3_uidl_mailbox_has_guids(assign->ubox) &&
	    pop3_uidl_mail_guid(assign->mail, msg->guid) < 0 &&
	    !assign->mail->expunged)
		return mail_error(assign->mail, "GUID", error_r);
	return 0;
}

static unsigned int assign_piece_size(const struct uidl_assign *assign)
{
	return I_MAX(assign->count / ASSIGN_MAX_PIECES, ASSIGN_MIN_PIECE);
}

/* The next messages; known are their GUIDs, unless a serial was found by it. */
static int assign_piece_begin(struct uidl_assign *assign, const char **error_r)
{
	const uint32_t *seqs;
	struct unknown_msg *msg;
	unsigned int i, count, end;

	seqs = array_get(&assign->seqs, &count);
	end = I_MIN(assign->next + assign_piece_size(assign), count);
	array_clear(&assign->piece);
	assign->read = 0;
	for (i = assign->next; i < end; i++) {
		msg = array_append_space(&assign->piece);
		msg->seq = seqs[i];
		mail_set_seq(assign->mail, msg->seq);
		msg->uid = assign->mail->uid;
		if ((assign->phase == PHASE_READ ||
		     pop3_uidl_mailbox_found(assign->ubox, msg->seq) == 0) &&
		    assign_guid(assign, msg, error_r) < 0)
			return -1;
	}
	return 0;
}

/* What was not recognised stays. Returns TRUE when all were looked at. */
static bool assign_piece_end(struct uidl_assign *assign)
{
	const struct unknown_msg *msg;

	array_foreach(&assign->piece, msg) {
		if (msg->serial == 0)
			array_idx_set(&assign->seqs, assign->kept++, &msg->seq);
	}
	assign->next += array_count(&assign->piece);
	array_clear(&assign->piece);
	return assign->next == array_count(&assign->seqs);
}

static int
mail_read(struct mail *mail, unsigned char content[UIDL_DIGEST_SIZE],
	  uoff_t *octets_r, const char **error_r)
{
	struct uidl_digest *digest = pop3_uidl_mailbox_digest(
		POP3_UIDL_MAILBOX_CONTEXT_REQUIRE(mail->box));
	const unsigned char *data;
	struct istream *input;
	size_t size;
	int ret;

	*octets_r = 0;
	pop3_uidl_mail_find_file(mail);
	if (mail_get_stream_because(mail, NULL, NULL, "pop3_uidl",
				    &input) < 0)
		return mail->expunged ? 0 : mail_error(mail, "text", error_r);
	uidl_digest_begin(digest);
	while ((ret = i_stream_read_more(input, &data, &size)) > 0) {
		if (!uidl_digest_more(digest, data, size))
			break;
		i_stream_skip(input, size);
	}
	if (ret < 0 && input->stream_errno != 0 && !mail->expunged) {
		*error_r = t_strdup_printf("pop3_uidl: read(%s) failed: %s",
			i_stream_get_name(input), i_stream_get_error(input));
		return -1;
	}
	uidl_digest_end(digest, content);
	*octets_r = input->v_offset;
	return 0;
}

int uidl_assign_read_mail(struct mail *mail,
			  unsigned char content[UIDL_DIGEST_SIZE],
			  const char **error_r)
{
	uoff_t octets;

	return mail_read(mail, content, &octets, error_r);
}

static int
assign_read_one(struct uidl_assign *assign, struct unknown_msg *msg,
		uoff_t *octets, const char **error_r)
{
	uoff_t size;

	mail_set_seq(assign->mail, msg->seq);
	if (mail_read(assign->mail, msg->content, &size, error_r) < 0)
		return -1;
	*octets += size;
	return 0;
}

/* Returns 1 when the piece has been read. */
static int assign_read(struct uidl_assign *assign, const char **error_r)
{
	struct unknown_msg *msgs;
	unsigned int i, count;
	uoff_t octets = 0;
	int ret = 0;

	msgs = array_get_modifiable(&assign->piece, &count);
	for (i = 0; i < READS_AT_ONCE && octets < POP3_EXT_UIDL_MAX_READ_STEP &&
	     assign->read < count && ret == 0; i++) T_BEGIN {
		ret = assign_read_one(assign, &msgs[assign->read++], &octets,
				      error_r);
	} T_END_PASS_STR_IF(ret < 0, error_r);
	if (ret < 0)
		return -1;
	return assign->read == count ? 1 : 0;
}

/* Returns 1 when there is nothing left to do. */
static int assign_guids_more(struct uidl_assign *assign, const char **error_r)
{
	if (assign_piece_begin(assign, error_r) < 0 ||
	    uidl_assign_match_guids(assign, error_r) < 0)
		return -1;
	if (!assign_piece_end(assign))
		return 0;
	array_delete(&assign->seqs, assign->kept,
		     array_count(&assign->seqs) - assign->kept);
	assign->next = assign->kept = 0;
	assign->phase = PHASE_READ;
	if (array_count(&assign->seqs) > 0)
		return 0;
	if (assign->owner->dry_run || assign->owner->partial)
		return 1;
	return uidl_assign_complete(assign->ubox, error_r) < 0 ? -1 : 1;
}

static int assign_read_more(struct uidl_assign *assign, const char **error_r)
{
	unsigned int count;
	int ret;

	if (array_count(&assign->piece) == 0 &&
	    assign_piece_begin(assign, error_r) < 0)
		return -1;
	ret = assign_read(assign, error_r);
	if (ret <= 0)
		return ret;
	count = assign->next + array_count(&assign->piece);
	if (uidl_assign_save(assign, count == array_count(&assign->seqs),
			     error_r) < 0)
		return -1;
	if (!assign_piece_end(assign))
		return 0;
	uidl_assign_compact(assign);
	return 1;
}

int uidl_assign_more(struct uidl_assign *assign, const char **error_r)
{
	return assign->phase == PHASE_GUIDS ?
		assign_guids_more(assign, error_r) :
		assign_read_more(assign, error_r);
}

void uidl_assign_progress(const struct uidl_assign *assign,
			  unsigned int *done_r, unsigned int *count_r)
{
	/* to ask for GUIDs costs little: those that were not recognised by
	   theirs count when they have been read */
	*count_r = assign->count;
	*done_r = assign->phase == PHASE_GUIDS ? assign->next - assign->kept :
		assign->count - array_count(&assign->seqs) + assign->next +
		assign->read;
}
