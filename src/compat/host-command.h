#ifndef HOST_COMMAND_H
#define HOST_COMMAND_H

struct client;

/* Does for one line what the host's own loop does: runs the host's command and
   sends its event (2.4). args is "" when there are none. line_offset is where
   the line began in client->input. Returns what the loop judges by: -1 is a
   bad command, 0 and 1 are not. */
int host_command_execute(struct client *client, const char *name,
			 const char *args, uoff_t line_offset);

/* Parent of the events of this session's commands. */
struct event *host_client_event(struct client *client);

/* Did this session come in over TLS, as far as the login process can tell? */
bool host_client_have_tls(const struct client *client);
/* Is the connection safe from eavesdroppers by Dovecot's own rule: over TLS,
   from this machine, or (2.3) from one of login_trusted_networks? The process
   of Dovecot 2.4 does not hear of those networks, but of the TLS between the
   client and a proxy that is in them. */
bool host_client_is_secured(const struct client *client);

#endif
