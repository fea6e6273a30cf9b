#ifndef ISTREAM_CHARSET_H
#define ISTREAM_CHARSET_H

/* Text of a character set as UTF-8, converted by the host's library. Each octet
   that belongs to no character becomes U+FFFD, also when the end of the text
   cuts a character. Returns -1 if the character set is not known. */
int i_stream_create_charset(struct istream *input, const char *charset,
			    struct istream **stream_r);

#endif
