/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Views through a proxy

   The proxy takes the name to pieces and checks the password of the plain user.
   It logs in behind as "pop3-ext-view.USER", and sends what was in the name in
   fields that its host forwards by XCLIENT:

     forward_pop3_ext_view_account=fred, and so on

   A server without this module knows no such user, and one that has lost the
   fields on their way refuses the name: so there is no way by which the user gets
   in and the view does not. Anybody in login_trusted_networks can send such
   fields; they are believed from pop3_ext_names_proxies only. */

#include "lib.h"
#include "host-auth.h"
#include "array.h"
#include "net.h"

#include "auth-names-resolve.h"
#include "auth-names-forward.h"

#define FORWARD_PREFIX "forward_"
/* Dovecot's default auth_username_chars allows all of these characters. */
#define NOBODY_PREFIX "pop3-ext-view."

static const char *const forward_fields[] = {
	LOGIN_NAME_FIELDS
};

/* The address of who has connected, whatever he has said by XCLIENT */
static bool
is_from_proxy(const struct auth_names *names, struct auth_request *request)
{
	const struct auth_names_network *network;
	struct ip_addr ip = request->fields.real_remote_ip;

	if (ip.family == 0 || !array_is_created(&names->proxies))
		return FALSE;
	(void)net_ipv6_mapped_ipv4_convert(&ip, &ip);
	array_foreach(&names->proxies, network) {
		if (net_is_in_network(&ip, &network->ip, network->bits))
			return TRUE;
	}
	return FALSE;
}

static const char *
forward_find(struct auth_request *request, const char *field)
{
	return auth_fields_find(request->fields.extra_fields,
				t_strconcat(FORWARD_PREFIX, field, NULL));
}

bool auth_names_forward_has_view(struct auth_request *request)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(forward_fields); i++) {
		if (forward_find(request, forward_fields[i]) != NULL)
			return TRUE;
	}
	return FALSE;
}

static bool has_nobody_prefix(const char *name)
{
	return strncasecmp(name, NOBODY_PREFIX, strlen(NOBODY_PREFIX)) == 0;
}

const char *auth_names_forward_nobody(const char *typed)
{
	return has_nobody_prefix(typed) ? typed :
		t_strconcat(NOBODY_PREFIX, typed, NULL);
}

static const char *
forward_read_field(struct auth_request *request, const char *field)
{
	return p_strdup(request->pool, forward_find(request, field));
}

static int
forward_read_view(struct auth_request *request, const char *typed,
		  struct login_name *name_r, const char **error_r)
{
	const char *days;

	i_zero(name_r);
	name_r->user = p_strdup(request->pool, typed + strlen(NOBODY_PREFIX));
	name_r->account = forward_read_field(request, LOGIN_NAME_FIELD_ACCOUNT);
	name_r->host = forward_read_field(request, LOGIN_NAME_FIELD_HOST);
	name_r->folder = forward_read_field(request, LOGIN_NAME_FIELD_FOLDER);
	name_r->no_mime =
		forward_find(request, LOGIN_NAME_FIELD_NO_MIME) != NULL;
	days = forward_find(request, LOGIN_NAME_FIELD_DAYS);
	name_r->recent = days != NULL;
	if (*name_r->user == '\0' || !login_name_is_valid(name_r) ||
	    (days != NULL && (str_to_uint(days, &name_r->days) < 0 ||
			      name_r->days < 1 ||
			      name_r->days > AUTH_NAMES_MAX_RECENT_DAYS))) {
		*error_r = "the proxy has sent a view that can't be one";
		return -1;
	}
	return 0;
}

enum auth_names_forward
auth_names_forward_read(const struct auth_names *names,
			struct auth_request *request, const char *typed,
			struct login_name *name_r, const char **error_r)
{
	bool has_prefix = has_nobody_prefix(typed);
	bool has_view = auth_names_forward_has_view(request);

	if (!is_from_proxy(names, request)) {
		if (!has_prefix && !has_view)
			return AUTH_NAMES_FORWARD_NONE;
		*error_r = t_strdup_printf("%s sends a view, but is not in "
			"pop3_ext_names_proxies",
			net_ip2addr(&request->fields.real_remote_ip));
		return AUTH_NAMES_FORWARD_REFUSED;
	}
	if (!has_prefix && !has_view)
		return AUTH_NAMES_FORWARD_PLAIN;
	if (!has_view) {
		*error_r = "the view has not come with it: add the proxy to "
			"login_trusted_networks; when it is there, the proxy "
			"has not sent it, because it has no pop3_ext_names or "
			"its passdb returns proxy_not_trusted";
		return AUTH_NAMES_FORWARD_REFUSED;
	}
	if (!has_prefix) {
		*error_r = "a view has come with it, but a passdb of the proxy "
			"returns destuser: name pop3_ext_names there once more, "
			"as the last passdb";
		return AUTH_NAMES_FORWARD_REFUSED;
	}
	return forward_read_view(request, typed, name_r, error_r) < 0 ?
		AUTH_NAMES_FORWARD_REFUSED : AUTH_NAMES_FORWARD_VIEW;
}

static void
forward_write_field(struct auth_request *request, const char *field,
		    const char *value)
{
	if (value != NULL) {
		auth_request_set_field(request, t_strconcat(
			FORWARD_PREFIX, field, NULL), value, NULL);
	}
}

/* Who logs in here, or whom a master user wants to be */
static const char *forward_user(struct auth_request *request)
{
	const char *user = request->fields.requested_login_user;

	return user != NULL ? user : request->fields.user;
}

void auth_names_forward_write(struct auth_request *request,
			      const struct login_name *name)
{
	forward_write_field(request, LOGIN_NAME_FIELD_ACCOUNT, name->account);
	forward_write_field(request, LOGIN_NAME_FIELD_HOST, name->host);
	forward_write_field(request, LOGIN_NAME_FIELD_DAYS,
			    name->days > 0 ? dec2str(name->days) : NULL);
	forward_write_field(request, LOGIN_NAME_FIELD_FOLDER, name->folder);
	forward_write_field(request, LOGIN_NAME_FIELD_NO_MIME,
			    name->no_mime ? "yes" : NULL);
	auth_request_set_field(request, "destuser", auth_names_forward_nobody(
		forward_user(request)), NULL);
}

void auth_names_forward_rewrite(struct auth_request *request)
{
	const char *user = auth_fields_find(request->fields.extra_fields,
					    "destuser");

	auth_request_set_field(request, "destuser", auth_names_forward_nobody(
		user != NULL ? user : forward_user(request)), NULL);
}
