#ifndef ISTREAM_CHARSET_H
#define ISTREAM_CHARSET_H

/* Text of a character set as UTF-8, converted by the host's library; what is no
   text there becomes U+FFFD. Returns -1 if the character set is not known. */
int i_stream_create_charset(struct istream *input, const char *charset,
			    struct istream **stream_r);

#endif
