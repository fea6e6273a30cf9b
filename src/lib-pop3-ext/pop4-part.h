#ifndef POP4_PART_H
#define POP4_PART_H

struct message_part;

/* Numbers of MIME parts (doc/spec/pop4.txt): those of IMAP's body sections,
   such as 1 or 2.1, and with 0 at the end for a multipart that has no number
   there: the top of a message, or of a message/rfc822 part (2.0). */

/* Has it the form of a part number? */
bool pop4_part_number_is_valid(const char *number);

/* The part that a valid number means, or NULL. */
const struct message_part *
pop4_part_find(const struct message_part *root, const char *number);

/* A walk over all parts in the order of the message, with their numbers. */
struct pop4_part_walk {
	/* NULL at the end */
	const struct message_part *part;
	/* level of nesting, 0 for the root */
	unsigned int depth;

	/* the number, but for a final 0 */
	string_t *path;
};

/* Begins at the root. */
void pop4_part_walk_init(struct pop4_part_walk *walk, pool_t pool,
			 const struct message_part *root);
/* FALSE after the last part */
bool pop4_part_walk_next(struct pop4_part_walk *walk);
/* Number of the part, from the data stack */
const char *pop4_part_walk_number(const struct pop4_part_walk *walk);

#endif
