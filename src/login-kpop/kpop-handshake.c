/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* KPOP (doc/spec/kpop.txt) between connect and greeting:

       C: length, KRB5_SENDAUTH_V1.0, length, KPOPV1.0
       S: status
       C: length, ticket
       S: length 0, and length, AP-REP if the client wants one;
       S: or length, KRB-ERROR

   The ticket is judged by the auth process. Here are lengths only. */

#include "login-common.h"
#include "base64.h"
#include "buffer.h"
#include "ioloop.h"
#include "istream.h"
#include "randgen.h"
#include "str.h"
#include "auth-client.h"
#include "client-common.h"

#include "host-login.h"
#include "kpop-auth.h"
#include "kpop-frame.h"
#include "kpop-handshake.h"

#define KPOP_USUAL_VERSION "KPOPV1.0"

struct kpop_handshake {
	struct client *client;
	kpop_handshake_callback_t *callback;

	struct kpop_frame_parser *parser;
	struct auth_client_request *request;
	struct timeout *to;
	unsigned int timeout_secs;
	/* how much of the ticket the auth process has */
	size_t ticket_pos;
	/* hides the token in the auth process's debug log */
	unsigned char pad[KPOP_PAD_SIZE];
};

static void kpop_handshake_input(struct kpop_handshake *handshake);

static void
kpop_handshake_fail(struct kpop_handshake *handshake, const char *reason)
{
	client_destroy(handshake->client, t_strconcat("KPOP: ", reason, NULL));
}

static void kpop_handshake_timeout(struct kpop_handshake *handshake)
{
	kpop_handshake_fail(handshake, t_strdup_printf(
		"the exchange was not finished in %u seconds",
		handshake->timeout_secs));
}

static void
kpop_handshake_accepted(struct kpop_handshake *handshake,
			const struct kpop_answer *answer)
{
	struct client *client = handshake->client;
	buffer_t *reply = t_buffer_create(answer->size + 8);
	const char *token = kpop_token_mask(answer->token, handshake->pad);

	if (token == NULL) {
		kpop_handshake_fail(handshake,
				    "invalid answer of the auth process");
		return;
	}
	kpop_frame_append(reply, NULL, 0);
	if (answer->size > 0)
		kpop_frame_append(reply, answer->data, answer->size);
	client_send_raw_data(client, reply->data, reply->used);
	if (client->input->closed) {
		/* it has gone meanwhile, and nothing would wake us up */
		client_destroy_iostream_error(client);
		return;
	}
	timeout_remove(&handshake->to);
	handshake->callback(client, token);
}

static void
kpop_handshake_refused(struct kpop_handshake *handshake,
		       const struct kpop_answer *answer)
{
	buffer_t *reply = t_buffer_create(answer->size + 4);

	if (answer->size > 0) {
		kpop_frame_append(reply, answer->data, answer->size);
		client_send_raw_data(handshake->client,
				     reply->data, reply->used);
	}
	kpop_handshake_fail(handshake, "the ticket was refused");
}

static const char *base64(const buffer_t *data)
{
	string_t *str = t_str_new(MAX_BASE64_ENCODED_SIZE(data->used));

	base64_encode(data->data, data->used, str);
	return str_c(str);
}

static const char *kpop_handshake_next_part(struct kpop_handshake *handshake)
{
	const buffer_t *ticket = kpop_frame_get_ticket(handshake->parser);
	buffer_t *part = t_buffer_create(1024);

	kpop_request_append_ticket(part, ticket, &handshake->ticket_pos,
				   handshake->pad);
	return base64(part);
}

static void
kpop_handshake_handle_answer(struct kpop_handshake *handshake,
			     const struct kpop_answer *answer)
{
	size_t size = kpop_frame_get_ticket(handshake->parser)->used;

	if (answer->type == KPOP_ANSWER_NEXT_PART &&
	    handshake->ticket_pos < size) {
		auth_client_request_continue(handshake->request,
			kpop_handshake_next_part(handshake));
		return;
	}
	/* the auth process knows all that it has to */
	auth_client_request_abort(&handshake->request, "KPOP");
	if (answer->type == KPOP_ANSWER_ACCEPTED)
		kpop_handshake_accepted(handshake, answer);
	else
		kpop_handshake_refused(handshake, answer);
}

static void HOST_AUTH_CALLBACK(kpop_handshake_auth_callback)
{
	struct kpop_handshake *handshake = context;
	struct kpop_answer answer;
	buffer_t *data;

	if (status == AUTH_REQUEST_STATUS_ABORT)
		return;
	if (status != AUTH_REQUEST_STATUS_CONTINUE) {
		/* the request ends by itself */
		handshake->request = NULL;
		kpop_handshake_fail(handshake,
				    "the auth process did not take the ticket");
		return;
	}
	data = t_base64_decode_str(data_base64);
	if (kpop_answer_parse(data->data, data->used, &answer) < 0) {
		kpop_handshake_fail(handshake,
				    "invalid answer of the auth process");
		return;
	}
	kpop_handshake_handle_answer(handshake, &answer);
}

static void kpop_handshake_ask(struct kpop_handshake *handshake)
{
	struct client *client = handshake->client;
	struct auth_request_info info;

	/* until the answer is there */
	io_remove(&client->io);
	if (!auth_client_is_connected(auth_client)) {
		kpop_handshake_fail(handshake, "the auth process is not there");
		return;
	}
	if (auth_client_find_mech(auth_client, KPOP_MECH_NAME) == NULL) {
		e_error(client->event,
			"KPOP: auth_mechanisms must have kpop for the listener");
		kpop_handshake_fail(handshake, "no mechanism");
		return;
	}
	i_zero(&info);
	info.mech = KPOP_MECH_NAME;
	info.protocol_of_info = login_binary->protocol;
	info.session_id = client_get_session_id(client);
	if (client->connection_secured)
		info.flags |= AUTH_REQUEST_FLAG_CONN_SECURED;
	info.local_ip = client->local_ip;
	info.remote_ip = client->ip;
	info.local_port = client->local_port;
	info.remote_port = client->remote_port;
	info.real_local_ip = client->real_local_ip;
	info.real_remote_ip = client->real_remote_ip;
	info.real_local_port = client->real_local_port;
	info.real_remote_port = client->real_remote_port;
	info.initial_resp_base64 = kpop_handshake_next_part(handshake);
	handshake->request =
		auth_client_request_new(auth_client, &info,
					kpop_handshake_auth_callback,
					handshake);
}

static void
kpop_handshake_send_status(struct kpop_handshake *handshake,
			   unsigned char status)
{
	client_send_raw_data(handshake->client, &status, 1);
}

static void kpop_handshake_versions(struct kpop_handshake *handshake)
{
	const char *version = kpop_frame_get_version(handshake->parser);
	struct event *event = handshake->client->event;

	if (strcmp(version, KPOP_USUAL_VERSION) == 0)
		e_debug(event, "KPOP: client speaks %s", version);
	else
		e_info(event, "KPOP: client speaks %s", version);
	kpop_handshake_send_status(handshake, KPOP_STATUS_OK);
}

/* Returns TRUE to go on with what there is. The client may be gone otherwise. */
static bool
kpop_handshake_event(struct kpop_handshake *handshake,
		     enum kpop_frame_event event, const char *error)
{
	switch (event) {
	case KPOP_FRAME_MORE:
		break;
	case KPOP_FRAME_VERSIONS:
		kpop_handshake_versions(handshake);
		return TRUE;
	case KPOP_FRAME_TICKET:
		kpop_handshake_ask(handshake);
		break;
	case KPOP_FRAME_BAD_SENDAUTH:
		kpop_handshake_send_status(handshake,
					   KPOP_STATUS_BAD_SENDAUTH);
		/* fall through */
	case KPOP_FRAME_REFUSED:
		kpop_handshake_fail(handshake, error);
		break;
	}
	return FALSE;
}

static void kpop_handshake_input(struct kpop_handshake *handshake)
{
	struct client *client = handshake->client;
	enum kpop_frame_event event;
	const unsigned char *data, *start;
	const char *error = NULL;
	size_t size;

	if (i_stream_read(client->input) < 0) {
		client_destroy_iostream_error(client);
		return;
	}
	do {
		data = start = i_stream_get_data(client->input, &size);
		event = kpop_frame_parse(handshake->parser, &data, &size,
					 &error);
		i_stream_skip(client->input, data - start);
	} while (kpop_handshake_event(handshake, event, error));
}

struct kpop_handshake *
kpop_handshake_init(struct client *client, unsigned int timeout_secs,
		    kpop_handshake_callback_t *callback)
{
	struct kpop_handshake *handshake;

	handshake = i_new(struct kpop_handshake, 1);
	handshake->client = client;
	handshake->callback = callback;
	handshake->timeout_secs = timeout_secs;
	handshake->parser = kpop_frame_parser_init();
	random_fill(handshake->pad, sizeof(handshake->pad));
	handshake->to = timeout_add(timeout_secs * 1000,
				    kpop_handshake_timeout, handshake);
	i_assert(client->io == NULL);
	client->io = io_add_istream(client->input, kpop_handshake_input,
				    handshake);
	/* what came before the auth process was there */
	i_stream_set_input_pending(client->input, TRUE);
	return handshake;
}

void kpop_handshake_deinit(struct kpop_handshake **_handshake)
{
	struct kpop_handshake *handshake = *_handshake;

	if (handshake == NULL)
		return;
	*_handshake = NULL;
	if (handshake->request != NULL)
		auth_client_request_abort(&handshake->request, "KPOP");
	timeout_remove(&handshake->to);
	kpop_frame_parser_deinit(&handshake->parser);
	i_free(handshake);
}
