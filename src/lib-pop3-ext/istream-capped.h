#ifndef ISTREAM_CAPPED_H
#define ISTREAM_CAPPED_H

/* Passes on what input has, but no more than max_size octets until the cap is
   renewed: then reading fails with ENOBUFS. For peers that are expected to
   answer with a little, and that must not be able to answer without end. */
struct istream *i_stream_create_capped(struct istream *input, size_t max_size);
/* Allow another max_size octets. stream must be of this kind. A stream that has
   failed stays failed. */
void i_stream_capped_renew(struct istream *stream);

#endif
