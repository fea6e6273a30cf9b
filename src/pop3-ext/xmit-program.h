#ifndef XMIT_PROGRAM_H
#define XMIT_PROGRAM_H

struct event;
struct xmit_program;

/* Called once, from the ioloop. status is as from waitpid(). output is the
   first line of what the program wrote to its stdout or stderr, maybe "". */
typedef void xmit_program_callback_t(int status, const char *output,
				     void *context);

/* Runs args[0] (a path) without a shell and with an empty environment.
   stdin_fd is its standard input, read from the start; it stays the caller's.
   Returns NULL (logged) when it can't be started. */
struct xmit_program *
xmit_program_run(struct event *event, const char *const *args, int stdin_fd,
		 xmit_program_callback_t *callback, void *context);
#define xmit_program_run(event, args, stdin_fd, callback, context) \
	xmit_program_run(event, args, stdin_fd - \
		CALLBACK_TYPECHECK(callback, void (*)( \
			int, const char *, typeof(context))), \
		(xmit_program_callback_t *)callback, context)

/* Frees what has ended; kills what has not, without the callback. */
void xmit_program_free(struct xmit_program **program);

#endif
