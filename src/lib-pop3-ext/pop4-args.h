#ifndef POP4_ARGS_H
#define POP4_ARGS_H

/* Arguments of POP4 commands, and the same words in replies (doc/spec/pop4.txt,
   "Words"). Strings come from the data stack. */

/* The words of a command's arguments, unquoted, NULL at the end; no words for
   "". Returns 0, or -1 and what is wrong with them, as part of a sentence. */
int pop4_args_split(const char *args, const char *const **words_r,
		    const char **error_r);

/* Can this text be written as a word, i.e. is it UTF-8 without control
   characters? */
bool pop4_word_is_valid(const char *text);

/* Appends a word: as it is when it is plain, otherwise quoted. What can't be
   written in a word becomes U+FFFD. */
void pop4_word_append(string_t *str, const char *text);

#endif
