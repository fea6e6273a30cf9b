#ifndef XMIT_HEADER_H
#define XMIT_HEADER_H

#include "net.h"
#include "smtp-address.h"

struct istream;


struct xmit_header_settings {
	/* completes addresses without a domain, also those of the header */
	const char *default_domain;
	/* these all have to be set, see pop3-ext-limits.h */
	size_t max_size;
	unsigned int max_recipients;
	unsigned int max_received;
};

/* A line (with its continuations) that is not always passed on */
enum xmit_header_cut_type {
	/* Bcc and Resent-Bcc: kept for the sender's own copy only */
	XMIT_HEADER_CUT_BCC,
	/* Return-Path: never passed on */
	XMIT_HEADER_CUT_RETURN_PATH,
	/* Sender, and the newest Resent-Sender: that of them which counts is
	   left out when it is replaced */
	XMIT_HEADER_CUT_SENDER,
	XMIT_HEADER_CUT_RESENT_SENDER,
};

struct xmit_header_cut {
	enum xmit_header_cut_type type;
	size_t offset, size;
};

/* What a header says. In a resent message (one with Resent- fields) sender
   and recipients are those of the newest block of such fields, as for
   sendmail -t. */
struct xmit_header {
	/* everybody who is to get it, each one once; at least one */
	ARRAY_TYPE(smtp_address_const) recipients;
	/* of From or Resent-From */
	ARRAY_TYPE(smtp_address_const) from;
	/* of From in a resent message */
	ARRAY_TYPE(smtp_address_const) original_from;
	/* of Sender or Resent-Sender; NULL if there isn't exactly one that can
	   be read */
	const struct smtp_address *sender;
	/* the text of Message-ID for the log, sanitized; NULL = none */
	const char *message_id;
	/* the first of the recipients and From addresses that is not ASCII */
	const char *utf8_address;
	unsigned int received_count;

	/* the lines as they came, without the empty one at the end; and what is
	   to be cut out of them, by offset */
	string_t *text;
	ARRAY(struct xmit_header_cut) cuts;
	/* where the newest block of Resent- fields begins in text */
	size_t resent_offset;

	bool resent:1;
	bool needs_utf8:1;
	bool has_date:1, has_message_id:1, has_from:1, has_sender:1;
	bool has_resent_date:1, has_resent_message_id:1, has_resent_from:1;
	bool has_resent_sender:1;
};

/* Reads the header from input; strings and addresses come from pool. set is
   copied, its strings must live on. */
struct xmit_header_parser *
xmit_header_parser_init(pool_t pool, struct istream *input,
			const struct xmit_header_settings *set);
/* No-op for NULL. The struct xmit_header goes with it. */
void xmit_header_parser_deinit(struct xmit_header_parser **parser);
/* Returns 1 when the header was read: input then stands at the body. 0 = wait
   for input. -1 = the message can't be sent, with a sentence for the client;
   also when input fails (then the text of its error). */
int xmit_header_parser_more(struct xmit_header_parser *parser,
			    const char **error_r);
/* May be called after more() has returned 1, also more than once. */
const struct xmit_header *
xmit_header_parser_get(struct xmit_header_parser *parser);

enum xmit_from_policy {
	/* From must be an own address */
	XMIT_FROM_OWN,
	/* From may be anything, but then a true Sender is set */
	XMIT_FROM_SENDER,
	/* anything */
	XMIT_FROM_ANY,
};

/* "own", "sender" or "any". Returns -1 for anything else. */
int xmit_from_policy_parse(const char *name, enum xmit_from_policy *policy_r);

/* May the user with these addresses (NULL-terminated; compared without regard to
   case) send the message? own: all From addresses are the user's, in a resent
   message those of Resent-From, too. set_sender_r tells whether Sender has to
   be set or replaced. Returns FALSE with a sentence for the client. */
bool xmit_from_allowed(const struct xmit_header *header,
		       const char *const *own_addresses,
		       enum xmit_from_policy policy, bool *set_sender_r,
		       const char **error_r);

/* What this host adds. Strings may hold anything: it is made safe. */
struct xmit_header_additions {
	/* of this host */
	const char *hostname;
	/* of the client, family 0 = unknown */
	struct ip_addr client_ip;
	/* may be NULL */
	const char *session_id;
	/* shown as the one who sent it; NULL = nobody is named */
	const char *user;
	/* NULL = no TLS; otherwise what kind, or "" */
	const char *tls;
	time_t date;
	/* for From and Sender */
	const struct smtp_address *own_address;
	/* for a Message-ID: what comes before and behind the @ */
	const char *unique_id, *domain;

	/* as xmit_from_allowed() said */
	bool set_sender:1;
	/* for the sender's own copy */
	bool keep_bcc:1;
};

/* Appends the whole header with the empty line at its end: Received, the lines
   that came, and what is missing of Date, Message-ID and From (in a resent
   message of their Resent- counterparts, too). */
void xmit_header_finish(string_t *out, const struct xmit_header *header,
			const struct xmit_header_additions *add);
/* The Message-ID that the message has then, for the log (sanitized). */
const char *
xmit_header_message_id(const struct xmit_header *header,
		       const struct xmit_header_additions *add);

#endif
