#ifndef ISTREAM_POP3_DATA_H
#define ISTREAM_POP3_DATA_H

struct pop3_data_parser;

/* The message that input brings, as pop3-data-parser.h makes it. Its EOF is
   the end of the message, and input then stands right behind it: nothing of
   what follows has been touched. Until then input must not be read by others.

   Errors: EPIPE when input ends too early, EFBIG when the message is larger
   than parser->max_size, EINVAL for what else the parser refuses (the text of
   i_stream_get_error() is for the client). After an error, or when the message
   isn't wanted any more, drop the stream and go on with pop3_data_drain():
   parser has seen exactly what was taken from input.

   Can't seek backwards. Buffers at most one line of the maximum size, however
   small the buffer of input is. Waiting for more with io_add_istream() waits
   for input. parser must outlive the stream. */
struct istream *
i_stream_create_pop3_data(struct istream *input,
			  struct pop3_data_parser *parser);

#endif
