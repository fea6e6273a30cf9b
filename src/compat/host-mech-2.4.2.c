/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Dovecot 2.4.2 and later: lib-sasl */

#include "auth-common.h"
#include "sasl-server-protected.h"
#include "auth-fields.h"
#include "auth-request.h"
#include "auth-sasl.h"
#include "auth-settings.h"

#include "host-mech-private.h"

struct host_mech_request {
	struct sasl_server_mech_request mreq;
	void *req;
	host_mech_lookup_callback_t *callback;
};

static const struct host_mech *host_mech;
static struct sasl_server_mech_def host_mech_def;
static struct auth_sasl_mech_module host_mech_module;

static struct host_mech_request *
host_mech_request(struct sasl_server_mech_request *mreq)
{
	return container_of(mreq, struct host_mech_request, mreq);
}

static struct auth_request *host_mech_auth(struct host_mech_request *hreq)
{
	return container_of(sasl_server_request_get_req_ctx(&hreq->mreq),
			    struct auth_request, sasl.req);
}

static struct sasl_server_mech_request *
host_mech_auth_new(const struct sasl_server_mech *mech ATTR_UNUSED, pool_t pool)
{
	return &p_new(pool, struct host_mech_request, 1)->mreq;
}

static void
host_mech_auth_continue(struct sasl_server_mech_request *mreq,
			const unsigned char *data, size_t size)
{
	host_mech->input(host_mech_request(mreq)->req, data, size);
}

static void
host_mech_auth_initial(struct sasl_server_mech_request *mreq,
		       const unsigned char *data, size_t size)
{
	struct host_mech_request *hreq = host_mech_request(mreq);

	hreq->req = host_mech->alloc(hreq, mreq->pool);
	host_mech_auth_continue(mreq, data, size);
}

static const struct sasl_server_mech_funcs host_mech_funcs = {
	.auth_new = host_mech_auth_new,
	.auth_initial = host_mech_auth_initial,
	.auth_continue = host_mech_auth_continue,
};

static bool
host_mech_mech_register(struct sasl_server_instance *sinst,
			const struct auth_settings *set)
{
	host_mech->init(set);
	sasl_server_mech_register(sinst, &host_mech_def, NULL);
	return TRUE;
}

static void host_mech_mech_unregister(struct sasl_server_instance *sinst)
{
	sasl_server_mech_unregister(sinst, &host_mech_def);
}

void host_mech_register(const struct host_mech *mech)
{
	host_mech = mech;
	host_mech_def = (struct sasl_server_mech_def) {
		.name = mech->name,
		.flags = SASL_MECH_SEC_PRIVATE | SASL_MECH_SEC_ALLOW_NULS,
		.passdb_need = SASL_MECH_PASSDB_NEED_NOTHING,
		.funcs = &host_mech_funcs,
	};
	host_mech_module = (struct auth_sasl_mech_module) {
		.mech_name = mech->name,
		.mech_register = host_mech_mech_register,
		.mech_unregister = host_mech_mech_unregister,
	};
	auth_sasl_mech_register_module(&host_mech_module);
}

void host_mech_unregister(void)
{
	auth_sasl_mech_unregister_module(&host_mech_module);
}

void host_mech_output(struct host_mech_request *hreq,
		      const void *data, size_t size)
{
	sasl_server_request_output(&hreq->mreq, data, size);
}

void host_mech_success(struct host_mech_request *hreq)
{
	sasl_server_request_success(&hreq->mreq, "", 0);
}

void host_mech_failure(struct host_mech_request *hreq)
{
	sasl_server_request_failure(&hreq->mreq);
}

void host_mech_internal_failure(struct host_mech_request *hreq)
{
	sasl_server_request_internal_failure(&hreq->mreq);
}

bool host_mech_set_user(struct host_mech_request *hreq, const char *user)
{
	if (!sasl_server_request_set_authid(
		&hreq->mreq, SASL_SERVER_AUTHID_TYPE_USERNAME, user))
		return FALSE;
	if (host_mech_auth(hreq)->fields.requested_login_user != NULL) {
		e_info(host_mech_get_event(hreq),
		       "master users can't log in this way");
		return FALSE;
	}
	return TRUE;
}

const char *host_mech_get_user(struct host_mech_request *hreq)
{
	return host_mech_auth(hreq)->fields.user;
}

static void
host_mech_lookup_callback(struct sasl_server_mech_request *mreq,
			  const struct sasl_passdb_result *result)
{
	struct host_mech_request *hreq = host_mech_request(mreq);

	switch (result->status) {
	case SASL_PASSDB_RESULT_INTERNAL_FAILURE:
		host_mech_internal_failure(hreq);
		return;
	case SASL_PASSDB_RESULT_USER_DISABLED:
	case SASL_PASSDB_RESULT_PASS_EXPIRED:
		host_mech_failure(hreq);
		return;
	case SASL_PASSDB_RESULT_SCHEME_NOT_AVAILABLE:
	case SASL_PASSDB_RESULT_USER_UNKNOWN:
	case SASL_PASSDB_RESULT_PASSWORD_MISMATCH:
	case SASL_PASSDB_RESULT_OK:
		break;
	}
	if (host_mech_passdb_refuses(host_mech_auth(hreq)))
		host_mech_failure(hreq);
	else
		hreq->callback(hreq->req);
}

void host_mech_lookup(struct host_mech_request *hreq,
		      host_mech_lookup_callback_t *callback)
{
	hreq->callback = callback;
	sasl_server_request_lookup_credentials(&hreq->mreq, "",
					       host_mech_lookup_callback);
}

const char *
host_mech_get_field(struct host_mech_request *hreq, const char *name)
{
	const char *value;

	return sasl_server_request_get_extra_field(&hreq->mreq, name, &value) ?
		value : NULL;
}

const char *host_mech_get_session_id(struct host_mech_request *hreq)
{
	const char *id = host_mech_auth(hreq)->fields.session_id;

	return id == NULL ? "" : id;
}

struct event *host_mech_get_event(struct host_mech_request *hreq)
{
	return hreq->mreq.event;
}
