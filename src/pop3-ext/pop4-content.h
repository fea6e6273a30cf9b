#ifndef POP4_CONTENT_H
#define POP4_CONTENT_H

#include "pop4-part-header.h"
#include "pop4-part-stream.h"

struct mail;
struct message_part;

/* The content of one part of one mail, as a stream. */
struct pop4_content {
	struct mail *mail;
	const struct message_part *part;
	enum pop4_content_mode mode;
	/* only DATA and TEXT */
	struct pop4_part_header header;

	/* while it is open: the mail's octets, and what is made of them */
	struct istream *raw, *input;
	uoff_t raw_size;
	/* why it can't be decoded */
	const char *error;
};

enum pop4_content_result {
	/* the storage's error is set */
	POP4_CONTENT_STORAGE_ERROR = -1,
	/* content->error says why */
	POP4_CONTENT_UNDECODABLE = 0,
	POP4_CONTENT_OK = 1,
};

/* FALSE if there is no such mode. */
bool pop4_content_mode_parse(const char *name, enum pop4_content_mode *mode_r);

/* Can this be done at all? Reads the part's header if need be. The mail and the
   part must stay until the end; the pool is for content->header. */
enum pop4_content_result
pop4_content_init(struct pop4_content *content, pool_t pool, struct mail *mail,
		  const struct message_part *part, enum pop4_content_mode mode);

/* Is its size known without reading it? */
bool pop4_content_get_size(struct pop4_content *content, uoff_t *size_r);

/* Opens content->input, at the beginning. A read of 0 asks for a turn of the
   ioloop. */
enum pop4_content_result pop4_content_open(struct pop4_content *content);
/* After reading to the end: was it the right one? */
enum pop4_content_result pop4_content_finish(struct pop4_content *content);
/* Closes it. To be called as often as wanted. */
void pop4_content_close(struct pop4_content *content);

#endif
