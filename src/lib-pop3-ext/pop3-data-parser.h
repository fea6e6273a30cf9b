#ifndef POP3_DATA_PARSER_H
#define POP3_DATA_PARSER_H

struct istream;

enum pop3_data_error {
	POP3_DATA_ERROR_NONE = 0,
	/* a NUL octet */
	POP3_DATA_ERROR_NUL,
	/* a line longer than POP3_EXT_MAX_LINE_SIZE */
	POP3_DATA_ERROR_LINE,
	/* the message is larger than max_size */
	POP3_DATA_ERROR_SIZE,
	/* an octet above 0x7f with refuse_8bit */
	POP3_DATA_ERROR_8BIT,
};

enum pop3_data_state {
	/* at the very start, or right after CRLF */
	POP3_DATA_STATE_START = 0,
	/* a dot after that, not yet known what it means */
	POP3_DATA_STATE_DOT,
	/* the dot and CR */
	POP3_DATA_STATE_DOT_CR,
	/* anywhere else */
	POP3_DATA_STATE_TEXT,
	/* the end was seen: nothing more is taken */
	POP3_DATA_STATE_END,
};

/* Allocates nothing; may be copied, and needs no deinit. All members but the
   private ones may be read at any time. */
struct pop3_data_parser {
	/* largest message in octets of output, 0 = no limit */
	uoff_t max_size;

	/* octets of the message, normalised, so far (without its end) */
	uoff_t size;
	/* octets taken from the client */
	uoff_t input_size;

	/* the first one, or NONE */
	enum pop3_data_error error;

	/* private: */
	enum pop3_data_state state;
	/* octets of the line so far */
	size_t line_size;
	/* CRs not yet written, because the next octet decides about them */
	size_t cr_count;

	/* set this after init if the message must be all ASCII */
	bool refuse_8bit:1;
	/* the message has octets above 0x7f */
	bool have_8bit:1;
	/* private: nothing is produced any more */
	bool discard:1;
};

void pop3_data_parser_init(struct pop3_data_parser *parser, uoff_t max_size);

/* Takes octets from in and writes the normalised message to out. Returns how
   many octets were taken: all of them, unless the end was seen (what follows
   it is never taken) or out is full (which may be with one octet left; at
   least 2 make sure that it goes on). After an error all is taken up to the
   end, and nothing is written. */
size_t pop3_data_parser_run(struct pop3_data_parser *parser,
			    const unsigned char *in, size_t in_size,
			    unsigned char *out, size_t out_size,
			    size_t *out_used_r);
/* The same without writing. From now on nothing is produced. */
size_t pop3_data_parser_skip(struct pop3_data_parser *parser,
			     const unsigned char *in, size_t in_size);

/* The end was seen. */
bool pop3_data_parser_finished(const struct pop3_data_parser *parser) ATTR_PURE;

/* A sentence about parser->error for the client, NULL when there is none. */
const char *
pop3_data_parser_error_text(const struct pop3_data_parser *parser) ATTR_PURE;

/* Reads and drops the rest of the message: after a refusal, or when a stream
   of istream-pop3-data.h was given up in the middle (such a stream must not be
   read any more). Returns 1 = the end was reached and input stands right
   behind it, 0 = call again when input has more (it is set pending when that
   is now), -1 = disconnected. */
int pop3_data_drain(struct pop3_data_parser *parser, struct istream *input);

#endif
