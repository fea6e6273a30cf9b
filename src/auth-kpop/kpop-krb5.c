/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "buffer.h"

#include "kpop-krb5.h"
#include "kpop-principal.h"
#include "reply-text.h"

#include <krb5.h>

/* Of the library's text in a log line */
#define KPOP_MAX_ERROR 200
/* Codes up to here are those of errno. */
#define KPOP_ERRNO_MAX 4095
/* RFC 4120, section 7.5.9 */
#define KRB_ERROR_CODES 128

struct kpop_krb5 {
	krb5_context ctx;
	krb5_auth_context auth;
	krb5_keytab keytab;
	krb5_ticket *ticket;

	const struct kpop_krb5_settings *set;
	struct event *event;
};

static const char *kpop_krb5_error(krb5_context ctx, krb5_error_code code)
{
	const char *text = krb5_get_error_message(ctx, code);
	const char *error = t_strdup(text);

	krb5_free_error_message(ctx, text);
	return error;
}

/* Everything else has come from the client. */
static bool kpop_krb5_is_our_fault(krb5_error_code code)
{
	return (code > 0 && code <= KPOP_ERRNO_MAX) ||
		(code >= KRB5_RC_IO && code <= KRB5_RC_IO_SPACE);
}

static void
kpop_krb5_deinit(struct kpop_krb5 *krb5)
{
	if (krb5->ticket != NULL)
		krb5_free_ticket(krb5->ctx, krb5->ticket);
	if (krb5->auth != NULL)
		krb5_auth_con_free(krb5->ctx, krb5->auth);
	if (krb5->keytab != NULL)
		krb5_kt_close(krb5->ctx, krb5->keytab);
	if (krb5->ctx != NULL)
		krb5_free_context(krb5->ctx);
}

/* Opens the keytab. A library that finds none tells the client that the ticket
   isn't for us; the administrator is to be told the truth. */
static bool kpop_krb5_init(struct kpop_krb5 *krb5)
{
	const char *name = krb5->set->keytab;
	krb5_error_code code;

	code = krb5_init_context(&krb5->ctx);
	if (code != 0) {
		e_error(krb5->event, "krb5_init_context() failed: %d",
			(int)code);
		krb5->ctx = NULL;
		return FALSE;
	}
	code = *name == '\0' ? krb5_kt_default(krb5->ctx, &krb5->keytab) :
		krb5_kt_resolve(krb5->ctx, name, &krb5->keytab);
	if (code == 0)
		code = krb5_kt_have_content(krb5->ctx, krb5->keytab);
	if (code == 0)
		return TRUE;
	e_error(krb5->event, "keytab %s: %s", *name == '\0' ? "(default)" : name,
		kpop_krb5_error(krb5->ctx, code));
	return FALSE;
}

static const char *
kpop_krb5_unparse(struct kpop_krb5 *krb5, krb5_const_principal princ)
{
	const char *principal;
	char *name;

	if (krb5_unparse_name(krb5->ctx, princ, &name) != 0)
		return NULL;
	principal = t_strdup(name);
	krb5_free_unparsed_name(krb5->ctx, name);
	return principal;
}

/* The reply keeps what the library has allocated only as a copy. */
static void
kpop_krb5_set_reply(struct kpop_krb5 *krb5, struct kpop_krb5_ticket *ticket,
		    krb5_data *data)
{
	buffer_t *reply = t_buffer_create(data->length);

	buffer_append(reply, data->data, data->length);
	krb5_free_data_contents(krb5->ctx, data);
	ticket->reply = reply;
}

/* Makes the KRB-ERROR that tells a client why its ticket was refused. */
static krb5_error_code
kpop_krb5_mk_error(struct kpop_krb5 *krb5, krb5_error_code code,
		   krb5_principal server, krb5_data *reply_r)
{
	const char *text = kpop_krb5_error(krb5->ctx, code);
	krb5_error error;

	i_zero(&error);
	if (code < ERROR_TABLE_BASE_krb5 ||
	    code >= ERROR_TABLE_BASE_krb5 + KRB_ERROR_CODES)
		code = KRB5KRB_ERR_GENERIC;
	error.error = code - ERROR_TABLE_BASE_krb5;
	error.server = server;
	/* The NUL is sent, as krb5_recvauth() does. */
	error.text.length = strlen(text) + 1;
	error.text.data = t_strdup_noconst(text);
	(void)krb5_us_timeofday(krb5->ctx, &error.stime, &error.susec);
	return krb5_mk_error(krb5->ctx, &error, reply_r);
}

/* Logs why, and makes the KRB-ERROR. The client gets the text of the code
   alone, without names of our files. */
static bool
kpop_krb5_refuse(struct kpop_krb5 *krb5, krb5_error_code code,
		 struct kpop_krb5_ticket *ticket)
{
	krb5_principal server;
	krb5_data data;

	if (kpop_krb5_is_our_fault(code)) {
		e_error(krb5->event, "can't judge a ticket: %s",
			kpop_krb5_error(krb5->ctx, code));
	} else {
		e_info(krb5->event, "ticket refused: %s",
		       reply_text_sanitize(kpop_krb5_error(krb5->ctx, code),
					   KPOP_MAX_ERROR));
	}
	krb5_clear_error_message(krb5->ctx);
	/* The protocol wants a server's name: that of any of our services */
	if (krb5_parse_name(krb5->ctx, t_strsplit_spaces(krb5->set->services,
							 ", ")[0],
			    &server) != 0)
		return FALSE;
	if (kpop_krb5_mk_error(krb5, code, server, &data) == 0)
		kpop_krb5_set_reply(krb5, ticket, &data);
	krb5_free_principal(krb5->ctx, server);
	return FALSE;
}

static bool
kpop_krb5_accepted(struct kpop_krb5 *krb5, krb5_flags options,
		   struct kpop_krb5_ticket *ticket)
{
	const char *server;
	krb5_error_code code;
	krb5_data data;

	server = kpop_krb5_unparse(krb5, krb5->ticket->server);
	if (server == NULL ||
	    !kpop_list_has(krb5->set->services,
			   kpop_principal_get_service(server)))
		return kpop_krb5_refuse(krb5, KRB5KRB_AP_ERR_NOT_US, ticket);
	ticket->principal = kpop_krb5_unparse(
		krb5, krb5->ticket->enc_part2->client);
	if (ticket->principal == NULL)
		return kpop_krb5_refuse(krb5, KRB5KRB_ERR_GENERIC, ticket);

	if ((options & AP_OPTS_MUTUAL_REQUIRED) == 0)
		return TRUE;
	code = krb5_mk_rep(krb5->ctx, krb5->auth, &data);
	if (code != 0)
		return kpop_krb5_refuse(krb5, code, ticket);
	kpop_krb5_set_reply(krb5, ticket, &data);
	return TRUE;
}

static bool
kpop_krb5_read_request(struct kpop_krb5 *krb5, const buffer_t *ap_req,
		       struct kpop_krb5_ticket *ticket)
{
	krb5_error_code code;
	krb5_flags options = 0;
	krb5_data data;

	i_zero(&data);
	data.length = ap_req->used;
	data.data = p_memdup(pool_datastack_create(), ap_req->data,
			     ap_req->used);
	/* any key of the keytab: a host may have several names */
	code = krb5_rd_req(krb5->ctx, &krb5->auth, &data, NULL, krb5->keytab,
			   &options, &krb5->ticket);
	if (code != 0)
		return kpop_krb5_refuse(krb5, code, ticket);
	return kpop_krb5_accepted(krb5, options, ticket);
}

bool kpop_krb5_accept(const struct kpop_krb5_settings *set,
		      struct event *event, const buffer_t *ap_req,
		      struct kpop_krb5_ticket *ticket_r)
{
	struct kpop_krb5 krb5 = { .set = set, .event = event };
	bool ret;

	i_zero(ticket_r);
	ticket_r->reply = t_buffer_create(1);
	ret = kpop_krb5_init(&krb5) &&
		kpop_krb5_read_request(&krb5, ap_req, ticket_r);
	kpop_krb5_deinit(&krb5);
	return ret;
}

/* As the host's GSSAPI, which compares the two as principals */
static bool
kpop_krb5_is_same_name(krb5_context ctx, krb5_const_principal princ,
		       const char *user)
{
	krb5_principal user_princ;
	bool same;

	if (krb5_parse_name(ctx, user, &user_princ) != 0)
		return FALSE;
	same = krb5_principal_compare(ctx, princ, user_princ);
	krb5_free_principal(ctx, user_princ);
	return same;
}

static bool
kpop_krb5_principal_may_login(krb5_context ctx, krb5_principal princ,
			      const char *user)
{
	return kpop_krb5_is_same_name(ctx, princ, user) ||
		krb5_kuserok(ctx, princ, user);
}

bool kpop_krb5_may_login(struct event *event, const char *principal,
			 const char *k5principals, const char *user)
{
	krb5_context ctx;
	krb5_principal princ;
	bool ret = FALSE;

	if (k5principals != NULL &&
	    str_array_find(t_strsplit_spaces(k5principals, ","), principal))
		return TRUE;
	if (krb5_init_context(&ctx) != 0) {
		e_error(event, "krb5_init_context() failed");
		return FALSE;
	}
	if (krb5_parse_name(ctx, principal, &princ) == 0) {
		ret = kpop_krb5_principal_may_login(ctx, princ, user);
		krb5_free_principal(ctx, princ);
	}
	krb5_free_context(ctx);
	return ret;
}
