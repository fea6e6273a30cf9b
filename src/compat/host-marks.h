#ifndef HOST_MARKS_H
#define HOST_MARKS_H

struct client;

/* The marks that DELE leaves on messages. msgnum counts from 0, as in struct
   client. */
bool host_client_is_deleted(const struct client *client, uint32_t msgnum);
/* Does what DELE does, without its reply. No-op for a marked message. */
void host_client_mark_deleted(struct client *client, uint32_t msgnum);

/* Will the session's end make the message \Seen, because RETR has sent it? */
bool host_client_is_retrieved(const struct client *client, uint32_t msgnum);

/* Are there any marks, as the host sees it? From 2.4.4 on only the bitmask
   tells, and setting does nothing. */
bool host_client_have_marks(const struct client *client);
void host_client_set_marks(struct client *client, bool have);

#endif
