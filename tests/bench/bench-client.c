/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* bench-client - a POP3 and SMTP client that costs little and keeps the time

   Reads commands from stdin, one a line, and answers each with one line:
   "ok NANOSECONDS RESULT" or "error TEXT". NAME is a connection's, 0 to 7.

     open NAME pop3|smtp PORT     connect, read the greeting; smtp: EHLO
     login NAME USER PASSWORD     USER and PASS; smtp: AUTH PLAIN
     line NAME COUNT COMMAND      COUNT times a command with a one-line reply
     list NAME COUNT COMMAND      with a multi-line reply; result: its lines
     retr NAME COUNT WINDOW       RETR 1 to COUNT, at most WINDOW unanswered;
                                  result: the octets
     send NAME COUNT SIZE         messages by XTND XMIT; smtp: MAIL, RCPT, DATA
     quit NAME                    QUIT, and wait for the end of the connection
     crowd PORT USERS RETRS       users c1 to cUSERS at once: log in, STAT,
                                  UIDL, RETRs, QUIT; result: the octets

   Both ways of sending use the same sockets and the same messages, and wait
   for each reply before they go on. Nagle's algorithm is off, delayed ACKs are
   as the system has them. Nothing is checked but the first letter of replies
   and the ends of lines; the driver compares the results. */

#include "bench-conn.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_CONNS 8
#define MAX_CROWD 256

struct crowd_member {
	pthread_t thread;
	unsigned int number, port, retrs;
	struct conn *conn;
	int64_t result;
};

static uint64_t now_nsecs(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/*
 * A crowd of clients
 */

static void *crowd_member_run(void *context)
{
	struct crowd_member *member = context;
	struct conn *conn;
	char user[32], password[40];
	int64_t lines, octets;

	snprintf(user, sizeof(user), "c%u", member->number);
	snprintf(password, sizeof(password), "pw-%s", user);
	member->result = -1;
	member->conn = conn = conn_open(member->port, false);
	if (conn != NULL && conn->error[0] == '\0' &&
	    conn_login(conn, user, password) == 0 &&
	    conn_command(conn, "STAT") == 0 &&
	    conn_list(conn, "UIDL", &lines) == 0 &&
	    conn_retr(conn, member->retrs, 1, &octets) == 0 &&
	    conn_quit(conn) == 0)
		member->result = octets;
	return NULL;
}

static int crowd(struct conn *report, unsigned int port, unsigned int users,
		 unsigned int retrs, int64_t *octets_r)
{
	static struct crowd_member members[MAX_CROWD];
	unsigned int i;
	int ret = 0;

	if (users > MAX_CROWD)
		return conn_error(report, "at most %u users", MAX_CROWD);
	for (i = 0; i < users; i++) {
		members[i].number = i + 1;
		members[i].port = port;
		members[i].retrs = retrs;
		if (pthread_create(&members[i].thread, NULL, crowd_member_run,
				   &members[i]) != 0)
			abort();
	}
	*octets_r = 0;
	for (i = 0; i < users; i++) {
		pthread_join(members[i].thread, NULL);
		*octets_r += members[i].result;
		if (members[i].result < 0) {
			ret = conn_error(report, "c%u: %s", i + 1,
					 members[i].conn->error);
		}
		conn_close(&members[i].conn);
	}
	return ret;
}

/*
 * Commands of the driver
 */

static struct conn *conns[MAX_CONNS];
/* stands for a connection where there is none */
static struct conn none;

static int
run_on(struct conn *conn, const char *word, const char *args, int64_t *result_r)
{
	char user[CONN_LINE_SIZE], password[CONN_LINE_SIZE];
	unsigned int count, second;
	unsigned long size;
	int pos, ret = 0;

	if (strcmp(word, "login") == 0 &&
	    sscanf(args, "%1023s %1023s", user, password) == 2)
		return conn_login(conn, user, password);
	if (strcmp(word, "line") == 0 &&
	    sscanf(args, "%u %n", &count, &pos) == 1) {
		while (count-- > 0 && ret == 0)
			ret = conn_command(conn, args + pos);
		return ret;
	}
	if (strcmp(word, "list") == 0 &&
	    sscanf(args, "%u %n", &count, &pos) == 1) {
		while (count-- > 0 && ret == 0)
			ret = conn_list(conn, args + pos, result_r);
		return ret;
	}
	if (strcmp(word, "retr") == 0 &&
	    sscanf(args, "%u %u", &count, &second) == 2)
		return conn_retr(conn, count, second, result_r);
	if (strcmp(word, "send") == 0 &&
	    sscanf(args, "%u %lu", &count, &size) == 2) {
		while (count-- > 0 && ret == 0)
			ret = conn_send_message(conn);
		return ret;
	}
	if (strcmp(word, "quit") == 0)
		return conn_quit(conn);
	return conn_error(conn, "unknown command: %s %s", word, args);
}

static struct conn *
run(const char *word, const char *args, int *ret_r, int64_t *result_r)
{
	char protocol[8];
	unsigned int idx, port, users, retrs;
	int pos = 0;

	if (strcmp(word, "crowd") == 0 &&
	    sscanf(args, "%u %u %u", &port, &users, &retrs) == 3) {
		*ret_r = crowd(&none, port, users, retrs, result_r);
		return &none;
	}
	*ret_r = -1;
	if (sscanf(args, "%u %n", &idx, &pos) != 1 || idx >= MAX_CONNS) {
		(void)conn_error(&none, "unknown command: %s %s", word, args);
		return &none;
	}
	if (strcmp(word, "open") == 0 &&
	    sscanf(args + pos, "%7s %u", protocol, &port) == 2) {
		conn_close(&conns[idx]);
		conns[idx] = conn_open(port, strcmp(protocol, "smtp") == 0);
		if (conns[idx] == NULL)
			abort();
		*ret_r = conns[idx]->error[0] == '\0' ? 0 : -1;
		return conns[idx];
	}
	if (conns[idx] == NULL) {
		(void)conn_error(&none, "%u is not open", idx);
		return &none;
	}
	*ret_r = run_on(conns[idx], word, args + pos, result_r);
	return conns[idx];
}

/* Making the message is not part of the time that sending it takes. */
static int prepare(const char *word, const char *args)
{
	unsigned long size;

	if (strcmp(word, "send") != 0 || sscanf(args, "%*u %*u %lu", &size) != 1)
		return 0;
	return conn_message_make(&none, size);
}

int main(void)
{
	char line[CONN_LINE_SIZE], *args;
	struct conn *conn;
	uint64_t start;
	int64_t result;
	int ret;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		args = strchr(line, ' ');
		if (args != NULL)
			*args++ = '\0';
		else
			args = line + strlen(line);

		conn = &none;
		result = 0;
		ret = prepare(line, args);
		start = now_nsecs();
		if (ret == 0)
			conn = run(line, args, &ret, &result);
		if (ret == 0) {
			printf("ok %llu %lld\n",
			       (unsigned long long)(now_nsecs() - start),
			       (long long)result);
		} else {
			printf("error %s\n", conn->error);
		}
		fflush(stdout);
	}
	return 0;
}
