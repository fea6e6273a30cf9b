#ifndef HOST_H
#define HOST_H

struct client;
struct mail_user;

/* We use private members of the host's struct client. TRUE when this one, which
   the host has just created for user, looks like the struct that we were built
   with; else FALSE and a sentence, and no member may be used. */
bool host_client_is_known(const struct client *client,
			  const struct mail_user *user, const char **reason_r);

#endif
