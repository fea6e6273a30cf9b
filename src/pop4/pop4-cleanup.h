#ifndef POP4_CLEANUP_H
#define POP4_CLEANUP_H

struct termios;

/* What a signal that ends the program must not leave behind: a file, and a
   terminal's settings. NULL = there is nothing (any more), and signals do what
   they did before. They have to stay where they are. */
void pop4_cleanup_file(const char *path);
void pop4_cleanup_terminal(int fd, const struct termios *tio);

#endif
