/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Dovecot 2.3.19 to 2.4.1: mech.h */

#include "auth-common.h"
#include "mech.h"
#include "auth-fields.h"
#include "auth-request.h"
#include "auth-request-handler.h"
#include "auth-settings.h"
#include "dovecot-compat.h"

#include "host-mech-private.h"

struct host_mech_request {
	struct auth_request auth;
	void *req;
	host_mech_lookup_callback_t *callback;
};

static const struct host_mech *host_mech;
static struct mech_module host_mech_module;

static struct auth_request *host_mech_auth_new(void)
{
	struct host_mech_request *hreq;
	pool_t pool;

	pool = pool_alloconly_create(MEMPOOL_GROWING"host mech request", 2048);
	hreq = p_new(pool, struct host_mech_request, 1);
	hreq->auth.pool = pool;
	return &hreq->auth;
}

static struct host_mech_request *host_mech_request(struct auth_request *auth)
{
	return container_of(auth, struct host_mech_request, auth);
}

static void
host_mech_auth_continue(struct auth_request *auth,
			const unsigned char *data, size_t size)
{
	host_mech->input(host_mech_request(auth)->req, data, size);
}

static void
host_mech_auth_initial(struct auth_request *auth,
		       const unsigned char *data, size_t size)
{
	struct host_mech_request *hreq = host_mech_request(auth);

	hreq->req = host_mech->alloc(hreq, auth->pool);
	host_mech_auth_continue(auth, data, size);
}

static void host_mech_auth_free(struct auth_request *auth)
{
	pool_unref(&auth->pool);
}

void host_mech_register(const struct host_mech *mech)
{
	mech->init(global_auth_settings);
	host_mech = mech;
	host_mech_module = (struct mech_module) {
		.mech_name = mech->name,
		.flags = MECH_SEC_PRIVATE | MECH_SEC_ALLOW_NULS,
		.passdb_need = MECH_PASSDB_NEED_NOTHING,
		.auth_new = host_mech_auth_new,
		.auth_initial = host_mech_auth_initial,
		.auth_continue = host_mech_auth_continue,
		.auth_free = host_mech_auth_free,
	};
	mech_register_module(&host_mech_module);
}

void host_mech_unregister(void)
{
	mech_unregister_module(&host_mech_module);
}

void host_mech_output(struct host_mech_request *hreq,
		      const void *data, size_t size)
{
	auth_request_handler_reply_continue(&hreq->auth, data, size);
}

void host_mech_success(struct host_mech_request *hreq)
{
	/* no passdb is needed, as lib-sasl sees it, too */
	hreq->auth.passdb_success = TRUE;
	auth_request_success(&hreq->auth, "", 0);
}

void host_mech_failure(struct host_mech_request *hreq)
{
	auth_request_fail(&hreq->auth);
}

void host_mech_internal_failure(struct host_mech_request *hreq)
{
	auth_request_internal_failure(&hreq->auth);
}

bool host_mech_set_user(struct host_mech_request *hreq, const char *user)
{
	const char *error;

	if (!auth_request_set_username(&hreq->auth, user, &error)) {
		e_info(host_mech_get_event(hreq), "%s", error);
		return FALSE;
	}
	if (hreq->auth.fields.requested_login_user != NULL) {
		e_info(host_mech_get_event(hreq),
		       "master users can't log in this way");
		return FALSE;
	}
	return TRUE;
}

const char *host_mech_get_user(struct host_mech_request *hreq)
{
	return hreq->auth.fields.user;
}

static void
host_mech_lookup_callback(enum passdb_result result,
			  const unsigned char *credentials ATTR_UNUSED,
			  size_t size ATTR_UNUSED, struct auth_request *auth)
{
	struct host_mech_request *hreq = host_mech_request(auth);

	switch (result) {
	case PASSDB_RESULT_INTERNAL_FAILURE:
		host_mech_internal_failure(hreq);
		return;
	case PASSDB_RESULT_USER_DISABLED:
	case PASSDB_RESULT_PASS_EXPIRED:
		host_mech_failure(hreq);
		return;
	case PASSDB_RESULT_NEXT:
	case PASSDB_RESULT_SCHEME_NOT_AVAILABLE:
	case PASSDB_RESULT_USER_UNKNOWN:
	case PASSDB_RESULT_PASSWORD_MISMATCH:
	case PASSDB_RESULT_OK:
		break;
	}
	if (host_mech_passdb_refuses(auth))
		host_mech_failure(hreq);
	else
		hreq->callback(hreq->req);
}

void host_mech_lookup(struct host_mech_request *hreq,
		      host_mech_lookup_callback_t *callback)
{
	hreq->callback = callback;
	auth_request_lookup_credentials(&hreq->auth, "",
					host_mech_lookup_callback);
}

const char *
host_mech_get_field(struct host_mech_request *hreq, const char *name)
{
	return auth_fields_find(hreq->auth.fields.extra_fields, name);
}

const char *host_mech_get_session_id(struct host_mech_request *hreq)
{
	const char *id = hreq->auth.fields.session_id;

	return id == NULL ? "" : id;
}

struct event *host_mech_get_event(struct host_mech_request *hreq)
{
	return hreq->auth.mech_event;
}
