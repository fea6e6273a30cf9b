#ifndef POP4_MSGSET_H
#define POP4_MSGSET_H

#include "seq-range-array.h"

/* Message numbers as a POP4 command names them:

     msgset = range *("," range)
     range  = msg / (msg ":" (msg / "*")) / "*"

   A number that appears twice counts once, "5:3" is "3:5", "*" is the last
   message. Nothing is ever as long as the numbers that a range spans. */
struct pop4_msgset {
	/* Every number of the set, and those of them that were written by
	   themselves: these have to be there, while a range only means what is
	   left between its ends. */
	ARRAY_TYPE(seq_range) all, named;

	/* private: */
	unsigned int ranges_count;
};

void pop4_msgset_init(struct pop4_msgset *set, pool_t pool);

/* Adds the messages that text names, all of them between 1 and last. Returns
   0, or -1 with a sentence in *error_r that begins with "bad message set" or
   "no such message"; then the set is of no use any more. */
int pop4_msgset_add(struct pop4_msgset *set, const char *text, uint32_t last,
		    const char **error_r);

#endif
