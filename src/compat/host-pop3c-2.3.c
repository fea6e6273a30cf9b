/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "mail-user.h"

#include "host-pop3c.h"

void host_pop3c_set_user(struct pop3c_client_settings *client_set,
			 struct mail_user *user)
{
	client_set->debug = user->mail_debug;
	mail_user_init_ssl_client_settings(user, &client_set->ssl_set);
}
