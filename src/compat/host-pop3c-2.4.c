/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "mail-user.h"

#include "host-pop3c.h"

void host_pop3c_set_user(struct pop3c_client_settings *client_set,
			 struct mail_user *user)
{
	/* TLS: the client finds its settings by the event */
	client_set->debug = event_want_debug(user->event);
}
