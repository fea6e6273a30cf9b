#ifndef MAILDROP_ENVELOPE_H
#define MAILDROP_ENVELOPE_H

struct mail;
struct smtp_address;
struct pop3_ext_client;

/* Names of the header fields that hold a message's envelope, from the settings;
   on the data stack. */
const char *const *
maildrop_envelope_recipient_headers(struct pop3_ext_client *eclient);
const char *const *
maildrop_envelope_sender_headers(struct pop3_ext_client *eclient);

/* The address in the first of these fields that has one. Returns 1, or 0 when
   no field has one, or the first that does says "<>", and -1 when the storage
   fails or the message has gone. *address_r comes from pool (not the data
   stack's). default_domain completes bare names. */
int maildrop_envelope_read(struct mail *mail, const char *const *headers,
			   pool_t pool, const char *default_domain,
			   struct smtp_address **address_r);

/* The domain of the mail that is for this maildrop; from the data stack. */
const char *maildrop_envelope_domain(struct pop3_ext_client *eclient);

#endif
