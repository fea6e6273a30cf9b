#ifndef MAILDROP_ENVELOPE_H
#define MAILDROP_ENVELOPE_H

struct mail;
struct mailbox_header_lookup_ctx;
struct smtp_address;
struct pop3_ext_client;

/* Names of the header fields that hold a message's envelope, from the settings;
   on the data stack. */
const char *const *
maildrop_envelope_recipient_headers(struct pop3_ext_client *eclient);
const char *const *
maildrop_envelope_sender_headers(struct pop3_ext_client *eclient);

/* The address in the topmost field of those with these names. fields are what
   mail was allocated with, and have at least these. Returns 1, or 0 when there
   is none or the topmost has none or says "<>", and -1 when the storage fails or
   the message has gone. *address_r comes from pool (not the data stack's).
   default_domain completes bare names. */
int maildrop_envelope_read(struct mail *mail,
			   struct mailbox_header_lookup_ctx *fields,
			   const char *const *names, pool_t pool,
			   const char *default_domain,
			   struct smtp_address **address_r);

/* The domain of the mail that is for this maildrop; from the data stack. */
const char *maildrop_envelope_domain(struct pop3_ext_client *eclient);

#endif
