/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Connections to the listener called kpop begin with the exchange of KPOP. Then
   they are POP3 as ever, by the host's own code, but for the log in: USER names
   the user, PASS asks for a decision whatever it says, and there is no other
   way in.

       C: USER alice
       S: +OK
       C: PASS krb_ticket
       S: +OK Logged in. */

#include "login-common.h"
#include "base64.h"
#include "buffer.h"
#include "ioloop.h"
#include "istream.h"
#include "module-context.h"
#include "str.h"
#include "auth-client.h"
#include "client-common.h"
#include "master-service.h"

#include "host-login.h"
#include "host-process-settings.h"
#include "kpop-auth.h"
#include "kpop-handshake.h"
#include "kpop-settings.h"
#include "login-kpop-plugin.h"
#include "pop3-args.h"

#define KPOP_LISTENER_NAME "kpop"

#define KPOP_CLIENT_CONTEXT(obj) \
	MODULE_CONTEXT_REQUIRE(obj, kpop_client_module)

struct kpop_client {
	union login_client_module_context module_ctx;

	/* NULL when it is finished */
	struct kpop_handshake *handshake;
	/* of the auth process, after the exchange */
	char *token;
	/* of the last USER */
	char *user;
	/* a client who can't be served goes as soon as it may */
	struct timeout *to_refuse;
};

/* There is no pop3_ext_kpop_plugin_version: the loader would end every POP3
   login after an update of Dovecot that came without one of ours. Nor is there a
   pop3_ext_kpop_plugin_binary_dependency: where login_plugins is global, it
   would end the logins of all other services. */

static MODULE_CONTEXT_DEFINE_INIT(kpop_client_module, &login_module_register);
/* NULL when they are wrong */
static const struct kpop_settings *kpop_set;
static bool kpop_hooked;

static void kpop_client_destroy(struct client *client)
{
	struct kpop_client *kclient = KPOP_CLIENT_CONTEXT(client);

	kpop_handshake_deinit(&kclient->handshake);
	timeout_remove(&kclient->to_refuse);
	i_free(kclient->token);
	i_free(kclient->user);
	kclient->module_ctx.super.destroy(client);
}

/* The host's own handler. Dovecot 2.4 calls it while the auth process isn't there
   yet, and would fill its buffer and end the connection: what comes early waits
   in the socket. */
static void kpop_client_input(struct client *client)
{
	struct kpop_client *kclient = KPOP_CLIENT_CONTEXT(client);

	if (kclient->token == NULL)
		io_remove(&client->io);
	else
		kclient->module_ctx.super.input(client);
}

static bool kpop_cmd_user(struct client *client, const char *user)
{
	struct kpop_client *kclient = KPOP_CLIENT_CONTEXT(client);

	i_free(kclient->user);
	if (*user == '\0') {
		client_send_raw(client, "-ERR No username given.\r\n");
		return TRUE;
	}
	kclient->user = i_strdup(user);
	client_send_raw(client, "+OK\r\n");
	return TRUE;
}

/* The host answers, and may destroy the client. */
static bool kpop_cmd_pass(struct client *client)
{
	struct kpop_client *kclient = KPOP_CLIENT_CONTEXT(client);
	buffer_t *request = t_buffer_create(256);
	string_t *base64;

	if (kclient->user == NULL) {
		client_send_raw(client, "-ERR No username given.\r\n");
		return TRUE;
	}
	kpop_request_append_login(request, kclient->token, kclient->user);
	i_free(kclient->user);

	base64 = t_str_new(MAX_BASE64_ENCODED_SIZE(request->used));
	base64_encode(request->data, request->used, base64);
	(void)client_auth_begin_private(client, KPOP_MECH_NAME, str_c(base64));
	return TRUE;
}

/* USER is a way to log in here whatever the host thinks of passwords without
   TLS, so CAPA has to say so. */
static bool kpop_cmd_capa(struct client *client)
{
	struct kpop_client *kclient = KPOP_CLIENT_CONTEXT(client);
	bool secured = client->connection_secured, ret;

	client->connection_secured = TRUE;
	ret = kclient->module_ctx.super.input_next_cmd(client);
	client->connection_secured = secured;
	return ret;
}

/* The next line without its end, still unread; NULL when it is not complete. */
static const char *kpop_client_peek_line(struct client *client, size_t *size_r)
{
	const unsigned char *data, *p;
	size_t size;

	data = i_stream_get_data(client->input, &size);
	p = memchr(data, '\n', size);
	if (p == NULL)
		return NULL;
	*size_r = p + 1 - data;
	if (p > data && p[-1] == '\r')
		p--;
	return t_strdup_until(data, p);
}

static bool kpop_client_input_next_cmd(struct client *client)
{
	struct kpop_client *kclient = KPOP_CLIENT_CONTEXT(client);
	const char *args, *cmd;
	size_t size;

	args = kpop_client_peek_line(client, &size);
	if (args == NULL)
		return FALSE;
	cmd = pop3_args_next(&args);
	if (strcasecmp(cmd, "CAPA") == 0)
		return kpop_cmd_capa(client);
	if (strcasecmp(cmd, "USER") != 0 && strcasecmp(cmd, "PASS") != 0)
		return kclient->module_ctx.super.input_next_cmd(client);

	i_stream_skip(client->input, size);
	client->bad_counter = 0;
	return strcasecmp(cmd, "USER") == 0 ?
		kpop_cmd_user(client, args) : kpop_cmd_pass(client);
}

/* The mechanism of the exchange is the only one there is. */
static bool
kpop_client_sasl_filter_mech(struct client *client ATTR_UNUSED,
			     struct auth_mech_desc *mech)
{
	return strcasecmp(mech->name, KPOP_MECH_NAME) == 0;
}

static void kpop_client_accepted(struct client *client, const char *token)
{
	struct kpop_client *kclient = KPOP_CLIENT_CONTEXT(client);

	kclient->token = i_strdup(token);
	kpop_handshake_deinit(&kclient->handshake);
	/* the greeting, and the host's own input handler */
	kclient->module_ctx.super.notify_auth_ready(client);
	if (i_stream_get_data_size(client->input) > 0)
		i_stream_set_input_pending(client->input, TRUE);
}

static void kpop_client_refuse(struct client *client)
{
	client_destroy(client, "KPOP: its settings are wrong");
}

static void kpop_client_notify_auth_ready(struct client *client)
{
	struct kpop_client *kclient = KPOP_CLIENT_CONTEXT(client);

	if (kpop_set == NULL) {
		/* the caller still needs the client */
		kclient->to_refuse =
			timeout_add_short(0, kpop_client_refuse, client);
		return;
	}
	kclient->handshake =
		kpop_handshake_init(client, kpop_set->pop3_ext_kpop_timeout,
				    kpop_client_accepted);
}

static void kpop_client_allocated(struct client *client)
{
	struct client_vfuncs *v = client->vlast;
	struct kpop_client *kclient;

	if (client->listener_name == NULL ||
	    strcmp(client->listener_name, KPOP_LISTENER_NAME) != 0)
		return;

	kclient = p_new(client->pool, struct kpop_client, 1);
	kclient->module_ctx.super = *v;
	client->vlast = &kclient->module_ctx.super;
	v->destroy = kpop_client_destroy;
	v->notify_auth_ready = kpop_client_notify_auth_ready;
	v->input = kpop_client_input;
	v->input_next_cmd = kpop_client_input_next_cmd;
	v->sasl_filter_mech = kpop_client_sasl_filter_mech;
	MODULE_CONTEXT_SET(client, kpop_client_module, kclient);
}

static const struct login_client_hooks kpop_client_hooks = {
	.client_allocated = kpop_client_allocated,
};

static void kpop_settings_read(void)
{
	const void *set;
	const char *error;

	kpop_settings_check_names(host_process_settings_get_names());
	if (host_process_settings_get(login_binary->protocol,
				      &kpop_setting_parser_info,
				      &set, &error) < 0)
		i_error("pop3_ext_kpop: %s", error);
	else
		kpop_set = set;
}

void pop3_ext_kpop_plugin_init(struct module *module)
{
	const char *reason;

	if (strcmp(master_service_get_name(master_service), "pop3-login") != 0)
		return;
	kpop_hooked = host_login_is_known(&reason);
	if (!kpop_hooked) {
		i_error("pop3_ext_kpop: %s", reason);
		return;
	}
	kpop_settings_read();
	login_client_hooks_add(module, &kpop_client_hooks);
}

void pop3_ext_kpop_plugin_deinit(void)
{
	pool_t pool;

	if (!kpop_hooked)
		return;
	login_client_hooks_remove(&kpop_client_hooks);
	kpop_settings_names_deinit();
	if (kpop_set != NULL) {
		pool = kpop_set->pool;
		kpop_set = NULL;
		pool_unref(&pool);
	}
}
