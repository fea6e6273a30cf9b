/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Another folder in place of INBOX.

   client_init_mailbox() of the host does all that a selection needs, but for
   "INBOX" alone. So the wanted folder is opened by us, and the host is let
   believe that it has opened INBOX: when it calls mailbox_open() our mailbox is
   put into client->mailbox instead. What was there before is kept aside until
   all has gone well. */

#include "lib.h"
#include "ostream.h"
#include "ostream-null.h"
#include "mail-storage-private.h"
#include "mail-namespace.h"
#include "mail-user.h"
#include "pop3-common.h"

#include "host-command.h"
#include "host-maildrop.h"
#include "maildrop.h"
#include "maildrop-state.h"
#include "maildrop-view.h"
#include "pop4-message.h"
#include "pop4-target.h"
#include "pop3-ext-client.h"

static void
maildrop_error_set(struct maildrop_error *error_r, struct mailbox *box)
{
	i_zero(error_r);
	error_r->text = t_strdup(mailbox_get_last_error(box, &error_r->error));
	if (error_r->error == MAIL_ERROR_NONE)
		error_r->error = MAIL_ERROR_TEMP;
}

/* The INBOX that the host believes to have opened is closed, and can't be freed
   as long as the host is in mailbox_open(). */
static void maildrop_redirect_free(struct pop3_ext_client *eclient)
{
	if (eclient->redirect_from != NULL)
		mailbox_free(&eclient->redirect_from);
	if (eclient->redirect_to != NULL)
		mailbox_free(&eclient->redirect_to);
}

static int maildrop_redirect_open(struct mailbox *box)
{
	struct client *client = pop3_ext_client_find(box->storage->user);
	struct pop3_ext_client *eclient =
		POP3_EXT_CLIENT_CONTEXT_REQUIRE(client);

	i_assert(client->mailbox == box);

	eclient->redirect_from = box;
	client->mailbox = eclient->redirect_to;
	eclient->redirect_to = NULL;
	return 0;
}

void maildrop_mailbox_allocated(struct client *client, struct mailbox *box)
{
	struct pop3_ext_client *eclient = POP3_EXT_CLIENT_CONTEXT(client);
	struct mailbox_vfuncs *v = box->vlast, *super;

	if (eclient == NULL || eclient->redirect_to == NULL ||
	    !box->inbox_user || (box->flags & MAILBOX_FLAG_POP3_SESSION) == 0)
		return;
	super = p_new(box->pool, struct mailbox_vfuncs, 1);
	*super = *v;
	box->vlast = super;
	v->open = maildrop_redirect_open;
}

int maildrop_preselect(struct client *client, struct mail_namespace *ns,
		       const char *vname, struct maildrop_error *error_r)
{
	struct pop3_ext_client *eclient =
		POP3_EXT_CLIENT_CONTEXT_REQUIRE(client);
	enum mailbox_flags flags = MAILBOX_FLAG_POP3_SESSION;
	struct mailbox *box;

	/* as the host opens INBOX */
	if (!client->set->pop3_no_flag_updates)
		flags |= MAILBOX_FLAG_DROP_RECENT;
	maildrop_redirect_free(eclient);
	eclient->deletable = NULL;
	box = mailbox_alloc(ns->list, vname, flags);
	if (mailbox_open(box) < 0) {
		maildrop_error_set(error_r, box);
		mailbox_free(&box);
		return -1;
	}
	eclient->redirect_to = box;
	return 0;
}

static int maildrop_init(struct client *client, struct maildrop_error *error_r)
{
	struct ostream *output = client->output;
	const char *error;
	int ret;

	/* the host would tell the client itself what went wrong */
	client->output = o_stream_create_null();
	ret = client_init_mailbox(client, &error);
	o_stream_unref(&client->output);
	client->output = output;

	if (ret < 0)
		maildrop_error_set(error_r, client->mailbox);
	return ret;
}

static int
maildrop_view(struct pop3_ext_client *eclient, struct maildrop_error *error_r)
{
	const char *error;

	if (maildrop_view_apply(eclient, &error) == 0)
		return 0;
	e_error(host_client_event(eclient->client),
		"pop3_ext: Couldn't make the view of the folder %s: %s",
		mailbox_get_vname(eclient->client->mailbox), error);
	i_zero(error_r);
	error_r->error = MAIL_ERROR_TEMP;
	error_r->text = "The folder can't be read";
	return -1;
}

/* Lets the host read what was opened, in a client without a mailbox, which it
   still is on failure. */
static int maildrop_read(struct client *client, struct maildrop_error *error_r)
{
	struct pop3_ext_client *eclient =
		POP3_EXT_CLIENT_CONTEXT_REQUIRE(client);
	struct host_anvil_session session;
	struct maildrop_state failed;
	int ret;

	host_anvil_session_save(client, &session);
	ret = maildrop_init(client, error_r);
	if (ret == 0) {
		host_anvil_session_restore(client, &session);
		ret = maildrop_view(eclient, error_r);
	}
	if (ret < 0) {
		maildrop_state_take(client, &failed);
		maildrop_state_free(&failed);
	}
	maildrop_redirect_free(eclient);
	return ret;
}

static int
maildrop_commit(struct client *client, struct maildrop_error *error_r)
{
	if (maildrop_marks_are_void(client)) {
		i_zero(error_r);
		error_r->error = MAIL_ERROR_PERM;
		error_r->text = MAILDROP_NO_DELETE;
		error_r->commit_failed = TRUE;
		return -1;
	}
	if (maildrop_state_commit(client) == 0)
		return 0;
	maildrop_error_set(error_r, client->mailbox);
	/* somebody has deleted the folder, and with it what was marked */
	if (error_r->error == MAIL_ERROR_NOTFOUND)
		return 0;
	error_r->commit_failed = TRUE;
	return -1;
}

/* The same mailbox again: its marks first, or what they are about would be
   among the new numbers. */
static int
maildrop_reselect(struct client *client, struct maildrop_error *error_r)
{
	struct maildrop_state old;

	if (maildrop_commit(client, error_r) < 0) {
		maildrop_redirect_free(POP3_EXT_CLIENT_CONTEXT_REQUIRE(client));
		return -1;
	}
	maildrop_state_take(client, &old);
	if (maildrop_read(client, error_r) < 0) {
		maildrop_state_put(client, &old);
		return -1;
	}
	maildrop_state_free(&old);
	return 0;
}

int maildrop_select(struct client *client, struct mail_namespace *ns,
		    const char *vname, struct maildrop_error *error_r)
{
	struct pop3_ext_client *eclient =
		POP3_EXT_CLIENT_CONTEXT_REQUIRE(client);
	struct maildrop_state old, new;

	i_assert(client->cmd == NULL);

	pop4_target_forget(eclient);
	if (maildrop_preselect(client, ns, vname, error_r) < 0)
		return -1;
	if (maildrop_is_selected(client, eclient->redirect_to))
		return maildrop_reselect(client, error_r);

	maildrop_state_take(client, &old);
	if (maildrop_read(client, error_r) < 0) {
		maildrop_state_put(client, &old);
		return -1;
	}
	maildrop_state_take(client, &new);
	maildrop_state_put(client, &old);
	if (maildrop_commit(client, error_r) < 0) {
		maildrop_state_free(&new);
		return -1;
	}
	maildrop_state_take(client, &old);
	maildrop_state_free(&old);
	maildrop_state_put(client, &new);
	return 0;
}

static bool
mailbox_get_guid(struct mailbox *box, guid_128_t guid_r)
{
	struct mailbox_metadata metadata;

	if (mailbox_get_metadata(box, MAILBOX_METADATA_GUID, &metadata) < 0)
		return FALSE;
	guid_128_copy(guid_r, metadata.guid);
	return TRUE;
}

bool maildrop_is_selected(struct client *client, struct mailbox *box)
{
	guid_128_t guid, selected_guid;

	if (mailbox_backends_equal(box, client->mailbox))
		return TRUE;
	/* two namespaces may lead to it */
	return mailbox_get_guid(box, guid) &&
		mailbox_get_guid(client->mailbox, selected_guid) &&
		guid_128_equals(guid, selected_guid);
}

bool maildrop_is_folder(const struct client *client)
{
	return !client->mailbox->inbox_user;
}

bool maildrop_can_delete(struct client *client)
{
	struct pop3_ext_client *eclient =
		POP3_EXT_CLIENT_CONTEXT_REQUIRE(client);

	/* it is not cheap to find out */
	if (eclient->deletable != client->mailbox &&
	    pop4_mailbox_can_delete(client))
		eclient->deletable = client->mailbox;
	return eclient->deletable == client->mailbox;
}

bool maildrop_marks_are_void(const struct client *client)
{
	return client->deleted_count > 0 && maildrop_is_folder(client) &&
		mailbox_is_readonly(client->mailbox);
}

void maildrop_session_ended(struct pop3_ext_client *eclient)
{
	pop4_target_forget(eclient);
	maildrop_redirect_free(eclient);
}
