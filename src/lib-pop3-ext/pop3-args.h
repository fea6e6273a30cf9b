#ifndef POP3_ARGS_H
#define POP3_ARGS_H

/* Command lines of POP3: words with blanks between them. Command names are
   read without regard to case, everything else as it is. Strings come from the
   data stack. */

/* The words of a line, NULL at the end. */
const char *const *pop3_args_split(const char *args);

/* The first word of *args, and *args moves on to what follows the blanks after
   it. "" when there is none. */
const char *pop3_args_next(const char **args);

/* Is line the command name ("STAT") or name and subcommand ("XTND XMIT"), with
   any case and any blanks between? *args_r is then what follows. */
bool pop3_args_match(const char *line, const char *name, const char **args_r);

/* A number in decimal digits and nothing else, without signs or blanks.
   Returns -1 for anything else, or when it is larger than max. */
int pop3_args_get_number(const char *word, uoff_t max, uoff_t *number_r);

/* The number of one of count messages, beginning with 1. Errors are sentences
   for the client. */
int pop3_args_get_msgnum(const char *word, unsigned int count,
			 unsigned int *msgnum_r, const char **error_r);

#endif
