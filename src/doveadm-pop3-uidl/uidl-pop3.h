#ifndef UIDL_POP3_H
#define UIDL_POP3_H

#include "uidl-source.h"

/* The UIDLs of a running POP3 server: doveadm pop3-uidl import --from pop://...
   The client is that of the program pop4. */

struct mail_user;
struct uidl_pop3;

struct uidl_pop3_settings {
	/* pop://[USER@]HOST[:PORT], or pops:// */
	const char *url;
	/* who logs in for USER, by SASL. NULL: USER does */
	const char *master_user;
	/* NULL: it is asked for at the terminal */
	const char *password_file;
	/* auto, require or never: see pop4(1). NULL: auto */
	const char *tls;
	/* NULL: the system's */
	const char *ca_file;
	bool no_verify;
	/* Has a signal come? */
	bool (*is_ended)(void);
};

/* Is this --from a server? */
bool uidl_pop3_is_url(const char *from);

/* Judges the settings and gets the password, with the rights that the process
   has now. Returns 0, or -1 and a sentence. */
int uidl_pop3_init(const struct uidl_pop3_settings *set,
		   struct uidl_pop3 **pop3_r, const char **error_r);
void uidl_pop3_deinit(struct uidl_pop3 **pop3);

/* Called now and then. FALSE: that shall be all. */
typedef bool
uidl_pop3_progress_t(void *context, unsigned int done, unsigned int count);

/* Calls back for each message, with UIDL, size, order and the digest of its
   content. USER is the mail user when the URL has none. The digests are kept
   in the user's home meanwhile (uidl-pop3-state.h). Returns 0, or -1 and a
   sentence; the callback may have been called before. */
int uidl_pop3_read(struct uidl_pop3 *pop3, struct mail_user *user,
		   uidl_source_callback_t *callback,
		   uidl_pop3_progress_t *progress, void *context,
		   const char **error_r);

#endif
