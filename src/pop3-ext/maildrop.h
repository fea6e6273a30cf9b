#ifndef MAILDROP_H
#define MAILDROP_H

/* The mailbox that a session works on. The host opens INBOX at the login and
   keeps what it knows of it in struct client; here another folder is put in its
   place, by the host's own code, and its commands go on to work. A view
   (maildrop-view.h) is applied to each. */

#include "mail-error.h"

struct client;
struct mailbox;
struct mail_namespace;
struct pop3_ext_client;

/* Why a folder could not be selected. The text is from the data stack. */
struct maildrop_error {
	enum mail_error error;
	const char *text;
	/* it was the commit of the old selection that failed */
	bool commit_failed;
};

/* Closes the selection, carrying out what is marked (as QUIT does), and selects
   this folder: new numbers, no marks. All or nothing: on failure returns -1,
   and the old selection is as it was. To be called from a command of ours, so
   that none of the host's is running. */
int maildrop_select(struct client *client, struct mail_namespace *ns,
		    const char *vname, struct maildrop_error *error_r);

/* The same for a session that begins: in place of INBOX the host will open this
   folder. To be called when namespaces have been created. On failure returns
   -1, and the session would begin with INBOX. */
int maildrop_preselect(struct client *client, struct mail_namespace *ns,
		       const char *vname, struct maildrop_error *error_r);

/* Is this the selection, by whatever name? */
bool maildrop_is_selected(struct client *client, struct mailbox *box);
/* Is something else than the user's INBOX selected? */
bool maildrop_is_folder(const struct client *client);
/* FALSE when it is known that nothing can be deleted from the selection. */
bool maildrop_can_delete(struct client *client);
/* Has a folder become read-only since messages were marked as deleted? The host
   ignores such marks and says that it has carried them out. */
bool maildrop_marks_are_void(const struct client *client);

#define MAILDROP_NO_DELETE "nothing can be deleted from this folder"

/* From the plugin's own hooks: for each mailbox that is allocated, and at the
   end of the session. */
void maildrop_mailbox_allocated(struct client *client, struct mailbox *box);
void maildrop_session_ended(struct pop3_ext_client *eclient);

#endif
