#ifndef KPOP_FRAME_H
#define KPOP_FRAME_H

/* What a KPOP client sends before the greeting (doc/spec/kpop.txt): three
   counted strings, which are the version of the exchange, the version of the
   application, and a ticket. They come in any pieces. */

/* Statuses that answer the two versions, one octet each */
#define KPOP_STATUS_OK 0
#define KPOP_STATUS_BAD_SENDAUTH 1

enum kpop_frame_event {
	/* everything was taken, and more is needed */
	KPOP_FRAME_MORE,
	/* both versions have come: KPOP_STATUS_OK is due */
	KPOP_FRAME_VERSIONS,
	/* the ticket has come; what follows it is not taken */
	KPOP_FRAME_TICKET,
	/* the client is refused: say so by this octet, and close */
	KPOP_FRAME_BAD_SENDAUTH,
	/* the client is refused: close */
	KPOP_FRAME_REFUSED
};

struct kpop_frame_parser *kpop_frame_parser_init(void);
void kpop_frame_parser_deinit(struct kpop_frame_parser **parser);

/* Takes from *data until something has to be done. A refusal comes with a
   printable reason; after it the parser may only be freed. */
enum kpop_frame_event
kpop_frame_parse(struct kpop_frame_parser *parser,
		 const unsigned char **data, size_t *size,
		 const char **error_r);

/* The application's version, printable; from the data stack. */
const char *kpop_frame_get_version(const struct kpop_frame_parser *parser);
/* The ticket as it came (an AP-REQ, still to be judged), valid as long as the
   parser is. */
const buffer_t *kpop_frame_get_ticket(const struct kpop_frame_parser *parser);

/* Appends a counted string. */
void kpop_frame_append(buffer_t *dest, const void *data, size_t size);

#endif
