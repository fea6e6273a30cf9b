#ifndef HOST_H
#define HOST_H

struct client;

/* The running Dovecot must be the one whose headers we were built with: we use
   private parts of its pop3 process. Returns FALSE and a sentence when it is
   not. Call it once, from plugin_init(); then nothing else may be called. */
bool host_is_known(const char **reason_r);

/* The same for the layout of struct client: TRUE when what we rely on looks
   like a client that the host has just created. */
bool host_client_is_known(const struct client *client, const char **reason_r);

#endif
