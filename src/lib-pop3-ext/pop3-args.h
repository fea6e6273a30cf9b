#ifndef POP3_ARGS_H
#define POP3_ARGS_H

/* Command lines of POP3: words with blanks between them. Strings come from the
   data stack. */

/* The words of a line, NULL at the end. */
const char *const *pop3_args_split(const char *args);

/* The first word of *args, and *args moves on to what follows the blanks after
   it. "" when there is none. */
const char *pop3_args_next(const char **args);

#endif
