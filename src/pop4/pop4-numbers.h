#ifndef POP4_NUMBERS_H
#define POP4_NUMBERS_H

struct pop4_conn;

/* Messages as the user names them: numbers and ranges of this session
   ("1,3:5,*"), and "uid:" with the unique-id that stays. */

/* Makes count arguments one set of numbers, for commands of POP4; it asks the
   server for the numbers of unique-ids. */
int pop4_numbers_get(struct pop4_conn *conn, const char *const *args,
		    unsigned int count, const char **set_r);
/* The same for what has to be a single message. */
int pop4_number_get(struct pop4_conn *conn, const char *arg,
		 uint32_t *number_r);

#endif
