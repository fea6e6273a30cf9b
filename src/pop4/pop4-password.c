/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* A password never is an argument of the program, where everybody on the
   machine could see it: it is the first line of a file, or of what a command
   prints, or typed. */

#include "lib.h"
#include "safe-memset.h"

#include "pop3-ext-limits.h"
#include "pop4-cleanup.h"
#include "pop4-conn.h"
#include "pop4-password.h"

#include <fcntl.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#define TERMINAL "/dev/tty"

void pop4_password_free(char **_password)
{
	char *password = *_password;

	*_password = NULL;
	if (password == NULL)
		return;
	safe_memset(password, 0, strlen(password));
	i_free(password);
}

/* The first line of fd, without its end; at most as long as the buffer, less
   one. Octet by octet: what follows is somebody else's. */
static int read_line(int fd, char *buf, size_t size)
{
	size_t pos = 0;
	ssize_t ret;

	for (;;) {
		ret = read(fd, buf + pos, 1);
		if (ret < 0 && errno == EINTR)
			continue;
		if (ret < 0)
			return -1;
		if (ret == 0 || buf[pos] == '\n')
			break;
		if (++pos == size) {
			errno = EMSGSIZE;
			return -1;
		}
	}
	if (pos > 0 && buf[pos - 1] == '\r')
		pos--;
	buf[pos] = '\0';
	return 0;
}

static int from_file(struct pop4_conn *conn, const char *path,
		     char *buf, size_t size)
{
	bool std = strcmp(path, "-") == 0;
	int fd, ret;

	fd = std ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	ret = fd < 0 ? -1 : read_line(fd, buf, size);
	if (ret < 0) {
		pop4_fail(conn, POP4_EXIT_LOCAL, "%s can't be read (%s)",
			  path, strerror(errno));
	}
	if (fd >= 0 && !std)
		i_close_fd(&fd);
	return ret;
}

static int from_command(struct pop4_conn *conn, const char *command,
			char *buf, size_t size)
{
	char rest[IO_BLOCK_SIZE];
	FILE *file;
	int ret, status, error;

	file = popen(command, "re");
	ret = file == NULL ? -1 : read_line(fileno(file), buf, size);
	error = errno;
	/* it may have more to say, and shall not fail for that */
	while (file != NULL && read(fileno(file), rest, sizeof(rest)) > 0)
		;
	safe_memset(rest, 0, sizeof(rest));
	status = file == NULL ? -1 : pclose(file);
	if (ret < 0) {
		return pop4_fail(conn, POP4_EXIT_LOCAL, "The password command "
				 "can't be read (%s)", strerror(error));
	}
	if (status != 0) {
		return pop4_fail(conn, POP4_EXIT_LOCAL,
				 "The password command has failed");
	}
	return 0;
}

/* The line of a terminal, shown while it is typed or not. */
static int ask(struct pop4_conn *conn, const char *prompt, bool echo,
	       char *buf, size_t size)
{
	struct termios old, tio;
	int fd, ret;

	fd = open(TERMINAL, O_RDWR | O_CLOEXEC);
	if (fd < 0 || tcgetattr(fd, &old) < 0) {
		i_close_fd(&fd);
		return pop4_fail(conn, POP4_EXIT_LOCAL, "There is no terminal "
			"to ask at: use --password-file, and name the user in "
			"the URL");
	}
	if (!echo) {
		tio = old;
		tio.c_lflag &= ENUM_NEGATE(ECHO | ECHONL);
		pop4_cleanup_terminal(fd, &old);
		(void)tcsetattr(fd, TCSAFLUSH, &tio);
	}
	ret = dprintf(fd, "%s", prompt) < 0 ? -1 : read_line(fd, buf, size);
	if (!echo) {
		(void)tcsetattr(fd, TCSAFLUSH, &old);
		pop4_cleanup_terminal(-1, NULL);
		(void)dprintf(fd, "\n");
	}
	i_close_fd(&fd);
	return ret == 0 ? 0 : pop4_fail(conn, POP4_EXIT_LOCAL,
		TERMINAL" can't be read (%s)", strerror(errno));
}

int pop4_password_get(struct pop4_conn *conn, const char *user,
		      char **password_r)
{
	const struct pop4_settings *set = conn->set;
	char buf[POP4_CLIENT_MAX_PASSWORD];
	int ret;

	if (set->password_file != NULL)
		ret = from_file(conn, set->password_file, buf, sizeof(buf));
	else if (set->password_command != NULL) {
		ret = from_command(conn, set->password_command, buf,
				   sizeof(buf));
	} else {
		ret = ask(conn, t_strdup_printf("Password of %s at %s: ",
						user, set->url.host), FALSE,
			  buf, sizeof(buf));
	}
	if (ret == 0 && *buf == '\0')
		ret = pop4_fail(conn, POP4_EXIT_LOCAL, "The password is empty");
	if (ret == 0)
		*password_r = i_strdup(buf);
	safe_memset(buf, 0, sizeof(buf));
	return ret;
}

int pop4_ask_user(struct pop4_conn *conn, const char **user_r)
{
	char buf[POP_URL_MAX_SIZE];

	if (ask(conn, t_strdup_printf("User at %s: ", conn->set->url.host),
		TRUE, buf, sizeof(buf)) < 0)
		return -1;
	if (*buf == '\0')
		return pop4_fail(conn, POP4_EXIT_USAGE, "There is no user");
	*user_r = p_strdup(conn->pool, buf);
	return 0;
}
