#ifndef HOST_POP3C_H
#define HOST_POP3C_H

#include "pop3c-client.h"

/* The host's client for POP3 servers, which its storage "pop3c" uses. */

struct mail_user;

struct host_pop3c_settings {
	const char *host;
	in_port_t port;
	const char *user, *password;
	/* NULL: the user logs in */
	const char *master_user;
	enum pop3c_client_ssl_mode ssl_mode;
};

/* With the user's settings for TLS, DNS and temporary files. It is freed by
   pop3c_client_deinit(). */
struct pop3c_client *
host_pop3c_client_init(struct mail_user *user,
		       const struct host_pop3c_settings *set);

/* Of the compat files only */
void host_pop3c_set_user(struct pop3c_client_settings *client_set,
			 struct mail_user *user);

#endif
