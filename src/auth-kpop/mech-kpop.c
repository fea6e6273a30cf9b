/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The mechanism KPOP: what the login process asks about a client of the KPOP
   listener. In a first request it hands on the ticket:

       t PART ...  T PAD LAST-PART  ->  a TOKEN AP-REP  or  r KRB-ERROR

   and gives the request up. Nothing is remembered here: the token says who the
   client is. The pad hides it in the debug log. When the client names a user,
   the login process comes back with both:

       L TOKEN USER             ->  success or failure */

#include "auth-common.h"
#include "buffer.h"
#include "ioloop.h"
#include "randgen.h"
#include "auth-settings.h"

#include "host-mech.h"
#include "host-process-settings.h"
#include "kpop-auth.h"
#include "kpop-krb5.h"
#include "kpop-principal.h"
#include "kpop-settings.h"
#include "mech-kpop.h"
#include "pop3-ext-limits.h"
#include "reply-text.h"

#define KPOP_KEY_SIZE 32
/* Of a name in a log line */
#define KPOP_MAX_NAME 200

struct mech_kpop_request {
	struct host_mech_request *host;
	pool_t pool;
	/* the ticket as far as it has come */
	buffer_t *ticket;
	/* who wants to log in */
	const char *principal;
};

const char *mech_kpop_version = DOVECOT_ABI_VERSION;

/* NULL when they are wrong */
static const struct kpop_settings *kpop_set;
static struct kpop_krb5_settings kpop_krb5_set;
/* of this process: a token is good for nobody else */
static buffer_t *kpop_key;

static const char *printable(const char *name)
{
	return reply_text_sanitize(name, KPOP_MAX_NAME);
}

static void kpop_settings_free(void)
{
	pool_t pool;

	if (kpop_set == NULL)
		return;
	pool = kpop_set->pool;
	kpop_set = NULL;
	pool_unref(&pool);
}

static void mech_kpop_start(const struct auth_settings *set)
{
	const void *kset;
	const char *error;

	kpop_settings_free();
	kpop_settings_check_names(host_process_settings_get_names());
	if (host_process_settings_get("pop3", &kpop_setting_parser_info,
				      &kset, &error) < 0) {
		i_error("KPOP: %s", error);
		return;
	}
	kpop_set = kset;
	kpop_krb5_set.services = kpop_set->pop3_ext_kpop_services;
	kpop_krb5_set.keytab = set->krb5_keytab;
}

static void *mech_kpop_alloc(struct host_mech_request *host, pool_t pool)
{
	struct mech_kpop_request *req = p_new(pool, struct mech_kpop_request, 1);

	req->host = host;
	req->pool = pool;
	return req;
}

static void
mech_kpop_answer(struct mech_kpop_request *req,
		 const struct kpop_answer *answer)
{
	buffer_t *reply = t_buffer_create(256);

	kpop_answer_append(reply, answer);
	host_mech_output(req->host, reply->data, reply->used);
}

static const char *
mech_kpop_token(struct mech_kpop_request *req,
		const struct kpop_krb5_ticket *ticket, const unsigned char *pad)
{
	const char *token;

	token = kpop_token_create(kpop_key,
				  host_mech_get_session_id(req->host),
				  ticket->principal,
				  ioloop_time + POP3_EXT_MAX_KPOP_TOKEN_SECS);
	return kpop_token_mask(token, pad);
}

static void
mech_kpop_ticket(struct mech_kpop_request *req, const unsigned char *pad)
{
	struct event *event = host_mech_get_event(req->host);
	struct kpop_krb5_ticket ticket;
	struct kpop_answer answer = { .type = KPOP_ANSWER_REFUSED };

	if (kpop_krb5_accept(&kpop_krb5_set, event, req->ticket, &ticket)) {
		e_debug(event, "ticket of %s accepted",
			printable(ticket.principal));
		answer.type = KPOP_ANSWER_ACCEPTED;
		answer.token = mech_kpop_token(req, &ticket, pad);
	}
	answer.data = ticket.reply->data;
	answer.size = ticket.reply->used;
	mech_kpop_answer(req, &answer);
}

static void
mech_kpop_ticket_part(struct mech_kpop_request *req,
		      const struct kpop_request *part)
{
	static const struct kpop_answer next = {
		.type = KPOP_ANSWER_NEXT_PART
	};

	if (req->ticket == NULL)
		req->ticket = buffer_create_dynamic(req->pool, 1024);
	if (req->ticket->used + part->ticket_size > POP3_EXT_MAX_KPOP_TICKET) {
		e_info(host_mech_get_event(req->host), "ticket too large");
		host_mech_failure(req->host);
		return;
	}
	buffer_append(req->ticket, part->ticket, part->ticket_size);
	if (part->type == KPOP_REQUEST_TICKET_END)
		mech_kpop_ticket(req, part->pad);
	else
		mech_kpop_answer(req, &next);
}

/* The passdbs have been asked: now there may be a field k5principals. */
static void mech_kpop_user_known(void *_req)
{
	struct mech_kpop_request *req = _req;
	struct event *event = host_mech_get_event(req->host);

	if (kpop_krb5_may_login(event, req->principal,
				host_mech_get_field(req->host, "k5principals"),
				host_mech_get_user(req->host))) {
		host_mech_success(req->host);
		return;
	}
	e_info(event, "%s may not log in as this user",
	       printable(req->principal));
	host_mech_failure(req->host);
}

static bool
mech_kpop_realm_is_allowed(struct mech_kpop_request *req)
{
	const char *realms = kpop_set->pop3_ext_kpop_realms;

	if (*realms == '\0' ||
	    kpop_list_has(realms, kpop_principal_get_realm(req->principal)))
		return TRUE;
	e_info(host_mech_get_event(req->host),
	       "%s: realm isn't in pop3_ext_kpop_realms",
	       printable(req->principal));
	return FALSE;
}

/* Kerberos reads a backslash as an escape: "al\ice" would be alice's mailbox
   to it, and another one to Dovecot. */
static bool
mech_kpop_user_is_plain(struct mech_kpop_request *req, const char *user)
{
	if (strchr(user, '\\') == NULL)
		return TRUE;
	e_info(host_mech_get_event(req->host),
	       "%s: KPOP takes no user names with a backslash",
	       printable(user));
	return FALSE;
}

/* Answers the request when the token is not good. */
static bool
mech_kpop_token_is_good(struct mech_kpop_request *req, const char *token)
{
	struct event *event = host_mech_get_event(req->host);
	const char *principal;

	switch (kpop_token_check(kpop_key,
				 host_mech_get_session_id(req->host),
				 token, ioloop_time, &principal)) {
	case KPOP_TOKEN_OK:
		req->principal = p_strdup(req->pool, principal);
		return TRUE;
	case KPOP_TOKEN_STALE:
		e_info(event, "the ticket was shown too long ago, or to an "
		       "auth process that has been restarted since: "
		       "the client has to connect again");
		host_mech_internal_failure(req->host);
		break;
	case KPOP_TOKEN_FORGED:
		e_info(event, "no ticket was accepted in this session");
		host_mech_failure(req->host);
		break;
	}
	return FALSE;
}

static void
mech_kpop_login(struct mech_kpop_request *req,
		const struct kpop_request *login)
{
	if (!mech_kpop_token_is_good(req, login->token))
		return;
	if (!mech_kpop_realm_is_allowed(req) ||
	    !mech_kpop_user_is_plain(req, login->user) ||
	    !host_mech_set_user(req->host, login->user))
		host_mech_failure(req->host);
	else
		host_mech_lookup(req->host, mech_kpop_user_known);
}

static void
mech_kpop_input(void *_req, const unsigned char *data, size_t size)
{
	struct mech_kpop_request *req = _req;
	struct kpop_request request;

	if (kpop_set == NULL) {
		host_mech_internal_failure(req->host);
	} else if (kpop_request_parse(data, size, &request) < 0) {
		e_info(host_mech_get_event(req->host), "invalid request");
		host_mech_failure(req->host);
	} else if (request.type == KPOP_REQUEST_LOGIN) {
		mech_kpop_login(req, &request);
	} else {
		mech_kpop_ticket_part(req, &request);
	}
}

static const struct host_mech mech_kpop = {
	.name = KPOP_MECH_NAME,
	.init = mech_kpop_start,
	.alloc = mech_kpop_alloc,
	.input = mech_kpop_input,
};

void mech_kpop_init(void)
{
	kpop_key = buffer_create_dynamic(default_pool, KPOP_KEY_SIZE);
	random_fill(buffer_append_space_unsafe(kpop_key, KPOP_KEY_SIZE),
		    KPOP_KEY_SIZE);
	host_mech_register(&mech_kpop);
}

void mech_kpop_deinit(void)
{
	host_mech_unregister();
	kpop_settings_free();
	kpop_settings_names_deinit();
	buffer_free(&kpop_key);
}
