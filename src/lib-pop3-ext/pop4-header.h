#ifndef POP4_HEADER_H
#define POP4_HEADER_H

enum pop4_header_state {
	/* nothing but the start of the message */
	POP4_HEADER_STATE_FIRST = 0,
	/* a line begins, after a field */
	POP4_HEADER_STATE_LINE,
	/* within the name of a field */
	POP4_HEADER_STATE_NAME,
	/* blanks between name and colon, which were legal once */
	POP4_HEADER_STATE_NAME_END,
	/* anywhere in the rest of a line */
	POP4_HEADER_STATE_VALUE,
	/* behind a CR at the start of a line */
	POP4_HEADER_STATE_CR,
	/* behind the empty line: the body */
	POP4_HEADER_STATE_BODY,
	/* it is no header */
	POP4_HEADER_STATE_BAD,
};

/* Looks at a message as it passes by whether it begins with fields of a header
   (RFC 5322), so that no text of another kind is stored as mail. Zero is the
   initial state. */
struct pop4_header {
	enum pop4_header_state state;
	size_t size;
};

/* Returns FALSE when the message is not to be stored. */
bool pop4_header_more(struct pop4_header *header, const unsigned char *data,
		      size_t size);
/* The same at the end of the message. */
bool pop4_header_finish(const struct pop4_header *header) ATTR_PURE;

#endif
