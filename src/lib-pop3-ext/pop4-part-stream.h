#ifndef POP4_PART_STREAM_H
#define POP4_PART_STREAM_H

struct istream;
struct pop4_part_header;

/* What is sent of a part (doc/spec/pop4.txt, "RPRT"). */
enum pop4_content_mode {
	POP4_CONTENT_RAW,
	POP4_CONTENT_HEAD,
	POP4_CONTENT_BODY,
	POP4_CONTENT_DATA,
	POP4_CONTENT_TEXT,
};

/* From the octets of a part in a mail to what RPRT sends. header is needed for
   DATA and TEXT only; have_crlfs: no line of raw ends in LF alone. A read of 0
   asks for a turn of the ioloop, if raw doesn't block. Returns -1 if the
   character set is not known. */
int i_stream_create_pop4_part(struct istream *raw, enum pop4_content_mode mode,
			      const struct pop4_part_header *header,
			      bool have_crlfs, struct istream **stream_r);

/* Does DATA differ from BODY? */
bool pop4_part_is_encoded(const struct pop4_part_header *header) ATTR_PURE;

#endif
