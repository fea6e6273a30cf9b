#ifndef MAILDROP_FOLDER_H
#define MAILDROP_FOLDER_H

struct client;

/* Has the host open the folder that the login asks for (pop3_ext_view_folder)
   in place of INBOX. To be called when the namespaces have been created. No-op
   without one. Returns -1 if that folder can't be opened: then *reply_r is the
   text after "-ERR ", and the session must not go on, or it would show INBOX. */
int maildrop_folder_begin(struct client *client, const char **reply_r);

#endif
