#ifndef POP4_DATA_H
#define POP4_DATA_H

/* The text between a reply and a lone dot as the client program pop4 reads it,
   and a message as it sends one. Neither allocates anything but what they
   append to out; both may be called with any pieces of the data. */

enum pop4_data_state {
	/* at the very start, or after CRLF */
	POP4_DATA_START = 0,
	POP4_DATA_DOT,
	POP4_DATA_DOT_CR,
	POP4_DATA_TEXT,
	/* after a CR in text */
	POP4_DATA_CR,
	POP4_DATA_END,
};

/* Zeroed is ready for use. */
struct pop4_data {
	enum pop4_data_state state;
};

/* Appends to out what in means: all octets but the dots that were put in
   front of lines, and the dot at the end. Returns how many octets were taken;
   what follows the end never is. */
size_t pop4_data_decode(struct pop4_data *data, const unsigned char *in,
			size_t size, buffer_t *out);
bool pop4_data_ended(const struct pop4_data *data);

/* Appends what has to be sent for in: with dots put in front of lines, and
   bare LFs made CRLF. */
void pop4_data_encode(struct pop4_data *data, const unsigned char *in,
		      size_t size, buffer_t *out);
/* What ends the message; a last line without CRLF gets one. */
void pop4_data_encode_end(struct pop4_data *data, buffer_t *out);

#endif
