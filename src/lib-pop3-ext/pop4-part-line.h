#ifndef POP4_PART_LINE_H
#define POP4_PART_LINE_H

struct message_part;

/* Appends LPRT's line for a part whose data is there, without CRLF. */
void pop4_part_line_append(string_t *str, const struct message_part *part,
			   const char *number, unsigned int depth);

/* The name of the part's file in UTF-8, from the data stack, or NULL. */
const char *pop4_part_filename(const struct message_part *part);

#endif
