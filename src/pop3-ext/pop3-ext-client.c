/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The plugin's part of a session, from its creation by the host to its end:
   settings, refusal of the login, and the watch that ends a session whose
   connection is gone. */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "istream.h"
#include "llist.h"
#include "ostream.h"
#include "ostream-null.h"
#include "mail-user.h"

#include "host.h"
#include "host-command.h"
#include "maildrop.h"
#include "maildrop-view.h"
#include "pop3-ext-client.h"
#include "pop3-ext-commands.h"
#include "pop3-ext-settings.h"
#include "xmit-session.h"

#include <poll.h>

/* A gone connection is seen at the next look, and at the one after it when a
   command is in a state that should come to its end. Together below the 60
   seconds that doc/DESIGN.md promises for the release of the session lock. */
#define WATCH_INTERVAL_MSECS (20 * 1000)
#define WATCH_LINGER_COUNT 2

struct pop3_ext_client_module pop3_ext_client_module =
	MODULE_CONTEXT_INIT(&pop3_module_register);

static ARRAY(pop3_ext_login_check_t *) login_checks = ARRAY_INIT;
static struct pop3_ext_client *pop3_ext_clients;

void pop3_ext_login_check_register(pop3_ext_login_check_t *check)
{
	if (!array_is_created(&login_checks))
		i_array_init(&login_checks, 4);
	array_push_back(&login_checks, &check);
}

void pop3_ext_login_check_unregister(pop3_ext_login_check_t *check)
{
	pop3_ext_login_check_t *const *checkp;
	unsigned int idx;

	array_foreach(&login_checks, checkp) {
		if (*checkp == check) {
			idx = array_foreach_idx(&login_checks, checkp);
			array_delete(&login_checks, idx, 1);
			break;
		}
	}
	if (array_count(&login_checks) == 0)
		array_free(&login_checks);
}

static void pop3_ext_client_destroy(struct client *client, const char *reason)
{
	struct pop3_ext_client *eclient =
		POP3_EXT_CLIENT_CONTEXT_REQUIRE(client);
	pool_t set_pool = eclient->set->pool;

	timeout_remove(&eclient->to_watch);
	timeout_remove(&eclient->to_refused);
	if (eclient->refused_output != NULL) {
		/* give the host back what it has to close */
		o_stream_unref(&client->output);
		client->output = eclient->refused_output;
		reason = eclient->refused_reason;
	}
	pop3_ext_command_abort(eclient);
	xmit_session_free(&eclient->xmit);
	maildrop_session_ended(eclient);
	DLLIST_REMOVE(&pop3_ext_clients, eclient);
	eclient->module_ctx.super.destroy(client, reason);
	/* the client and its pool are gone */
	pool_unref(&set_pool);
}

/* The host notices a client that has vanished only by reading, which it does
   not do while its output is full, or by an error in its flush callback, which
   it misses when the error comes while uncorking. */
static bool pop3_ext_client_is_gone(struct client *client)
{
	struct pollfd pfd = { .fd = client->fd_out };

	if (client->output->closed)
		return TRUE;
	/* without POLLIN: a half-closed client may still want its answers */
	return poll(&pfd, 1, 0) > 0 &&
		(pfd.revents & (POLLERR | POLLHUP)) != 0;
}

static void pop3_ext_client_watch(struct client *client)
{
	struct pop3_ext_client *eclient =
		POP3_EXT_CLIENT_CONTEXT_REQUIRE(client);
	unsigned int limit;

	if (!pop3_ext_client_is_gone(client)) {
		eclient->gone_count = 0;
		return;
	}
	limit = pop3_ext_command_is_lingering(eclient) ? WATCH_LINGER_COUNT : 1;
	if (++eclient->gone_count >= limit)
		client_destroy(client, NULL);
}

void pop3_ext_client_watch_update(struct pop3_ext_client *eclient)
{
	struct client *client = eclient->client;
	/* otherwise the host reads, and notices by itself */
	bool needed = client->cmd != NULL || client->io == NULL;

	if (needed == (eclient->to_watch != NULL))
		return;
	if (needed) {
		eclient->gone_count = 0;
		eclient->to_watch = timeout_add(WATCH_INTERVAL_MSECS,
						pop3_ext_client_watch, client);
	} else {
		timeout_remove(&eclient->to_watch);
	}
}

static void pop3_ext_client_refused(struct client *client)
{
	client_destroy(client, NULL);
}

/* The host goes on with this client after the hook, so it can be neither
   destroyed nor closed yet. The refusal is sent, and what the host says from
   now on goes nowhere. */
void pop3_ext_client_refuse(struct pop3_ext_client *eclient, const char *reply)
{
	struct client *client = eclient->client;

	client_send_line(client, "-ERR %s", reply);
	(void)o_stream_flush(client->output);
	(void)shutdown(client->fd_out, SHUT_RDWR);
	o_stream_unset_flush_callback(client->output);

	eclient->refused_reason = p_strdup_printf(
		client->pool, "Login refused: %s", reply);
	eclient->refused_output = client->output;
	client->output = o_stream_create_null();
	eclient->to_refused = timeout_add_short(0, pop3_ext_client_refused,
						client);
}

static void pop3_ext_client_check_login(struct pop3_ext_client *eclient)
{
	pop3_ext_login_check_t *const *checkp;
	const char *reply;

	if (!array_is_created(&login_checks))
		return;
	array_foreach(&login_checks, checkp) {
		if ((*checkp)(eclient->client, &reply) < 0) {
			pop3_ext_client_refuse(eclient, reply);
			return;
		}
	}
}

void pop3_ext_client_create(struct client *client, struct mail_user *user)
{
	struct pop3_ext_client *eclient;
	const char *reason;

	if (!host_client_is_known(client, user, &reason)) {
		i_error("pop3_ext: Not used: %s. Install the dovecot-pop3-ext "
			"that was built for this Dovecot", reason);
		return;
	}

	eclient = p_new(client->pool, struct pop3_ext_client, 1);
	eclient->client = client;
	eclient->module_ctx.super = client->v;
	client->v.destroy = pop3_ext_client_destroy;
	MODULE_CONTEXT_SET(client, pop3_ext_client_module, eclient);
	DLLIST_PREPEND(&pop3_ext_clients, eclient);

	eclient->set = pop3_ext_settings_get(user,
					     host_client_event(client));
	pop3_ext_client_check_login(eclient);
}

struct pop3_ext_client *pop3_ext_client_get(struct client *client)
{
	return POP3_EXT_CLIENT_CONTEXT(client);
}

struct client *pop3_ext_client_find(const struct mail_user *user)
{
	/* not among the host's own, which we may not know */
	struct pop3_ext_client *eclient = pop3_ext_clients;

	while (eclient != NULL && eclient->client->user != user)
		eclient = eclient->next;
	return eclient == NULL ? NULL : eclient->client;
}

bool pop3_ext_client_is_refused(struct client *client)
{
	struct pop3_ext_client *eclient = POP3_EXT_CLIENT_CONTEXT(client);

	return eclient != NULL && eclient->refused_output != NULL;
}

int pop3_ext_client_begin(struct pop3_ext_client *eclient)
{
	struct client *client = eclient->client;
	const char *error;

	i_assert(!eclient->begun);
	eclient->begun = TRUE;
	if (maildrop_view_apply(eclient, &error) == 0)
		return 0;
	/* as the host does when it can't read the mailbox */
	e_error(host_client_event(client),
		"pop3_ext: Couldn't make the view of the maildrop: %s", error);
	client_send_storage_error(client);
	client_destroy(client, "Couldn't make the view of the maildrop");
	return -1;
}
