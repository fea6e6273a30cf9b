#ifndef POP4_PART_HEADER_H
#define POP4_PART_HEADER_H

#include "message-decoder.h"

struct istream;

/* What decoding a part needs of its header. */
struct pop4_part_header {
	enum message_cte cte;
	/* NULL if it says nothing */
	const char *charset;
};

/* Reads a part's header, up to its end. Read errors are the stream's. */
void pop4_part_header_read(struct istream *input, pool_t pool,
			   struct pop4_part_header *header_r);

#endif
