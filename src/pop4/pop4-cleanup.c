/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"

#include "pop4-cleanup.h"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

static const int cleanup_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

static const char *volatile cleanup_path;
static const struct termios *volatile cleanup_tio;
static volatile int cleanup_fd;

/* what doveadm does when a signal comes */
static struct sigaction cleanup_old[N_ELEMENTS(cleanup_signals)];
static bool cleanup_installed;

/* All of this may be called in a signal handler. */
static void cleanup(int signo)
{
	if (cleanup_path != NULL)
		(void)unlink(cleanup_path);
	if (cleanup_tio != NULL)
		(void)tcsetattr(cleanup_fd, TCSAFLUSH, (const void *)cleanup_tio);
	/* the handler is gone, and the signal waits until we return */
	(void)raise(signo);
}

static void cleanup_install(void)
{
	struct sigaction act;
	unsigned int i;

	if (cleanup_installed)
		return;
	cleanup_installed = TRUE;
	i_zero(&act);
	act.sa_handler = cleanup;
	act.sa_flags = SA_RESETHAND;
	(void)sigemptyset(&act.sa_mask);
	for (i = 0; i < N_ELEMENTS(cleanup_signals); i++)
		(void)sigaction(cleanup_signals[i], &act, &cleanup_old[i]);
}

static void cleanup_remove(void)
{
	unsigned int i;

	if (!cleanup_installed || cleanup_path != NULL || cleanup_tio != NULL)
		return;
	cleanup_installed = FALSE;
	for (i = 0; i < N_ELEMENTS(cleanup_signals); i++)
		(void)sigaction(cleanup_signals[i], &cleanup_old[i], NULL);
}

void pop4_cleanup_file(const char *path)
{
	cleanup_path = path;
	if (path != NULL)
		cleanup_install();
	else
		cleanup_remove();
}

void pop4_cleanup_terminal(int fd, const struct termios *tio)
{
	cleanup_fd = fd;
	cleanup_tio = tio;
	if (tio != NULL)
		cleanup_install();
	else
		cleanup_remove();
}
