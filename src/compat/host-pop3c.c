/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "dns-lookup.h"
#include "mail-storage-settings.h"
#include "mail-user.h"

#include "host-pop3c.h"

struct pop3c_client *
host_pop3c_client_init(struct mail_user *user,
		       const struct host_pop3c_settings *set)
{
	const char *base_dir = user->set->base_dir;
	string_t *temp_prefix = t_str_new(128);
	struct pop3c_client_settings client_set;

	mail_user_set_get_temp_prefix(temp_prefix, user->set);
	i_zero(&client_set);
	client_set.host = set->host;
	client_set.port = set->port;
	client_set.username = set->user;
	client_set.master_user = set->master_user;
	client_set.password = set->password;
	client_set.ssl_mode = set->ssl_mode;
	client_set.dns_client_socket_path = *base_dir == '\0' ? "" :
		t_strconcat(base_dir, "/"DNS_CLIENT_SOCKET_NAME, NULL);
	client_set.temp_path_prefix = str_c(temp_prefix);
	client_set.rawlog_dir = "";
	host_pop3c_set_user(&client_set, user);
	return pop3c_client_init(&client_set, user->event);
}
