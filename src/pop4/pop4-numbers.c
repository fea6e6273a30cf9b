/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"

#include "dovecot-compat.h"
#include "pop4-conn.h"
#include "pop4-numbers.h"

#define UID_PREFIX "uid:"

struct pop4_wanted {
	const char *uid;
	/* 0 = not found yet */
	uint32_t number;
};

static int lookup_uids(struct pop4_conn *conn, struct pop4_wanted *wanted,
		       unsigned int wanted_count)
{
	struct pop4_message_line msg;
	unsigned int i, count = 0;
	const char *line;
	int ret;

	if (pop4_command(conn, NULL, "UIDL") < 0)
		return -1;
	do T_BEGIN {
		ret = pop4_read_list_line(conn, &count, &line);
		if (ret > 0 && pop4_parse_uidl(line, &msg) < 0) {
			ret = pop4_fail(conn, POP4_EXIT_LOST,
				"The server's list makes no sense: %s",
				t_strndup(line, 80));
		}
		for (i = 0; ret > 0 && i < wanted_count; i++) {
			if (strcmp(wanted[i].uid, msg.uid) == 0)
				wanted[i].number = msg.number;
		}
	} T_END; while (ret > 0);
	return ret;
}

/* What the server judges; but nothing that would be another command. */
static bool is_set(const char *arg)
{
	return *arg != '\0' && arg[strspn(arg, "0123456789:,*")] == '\0';
}

static int find_uids(struct pop4_conn *conn, const char *const *args,
		     unsigned int count, struct pop4_wanted **wanted_r,
		     unsigned int *wanted_count_r)
{
	struct pop4_wanted *wanted = t_new(struct pop4_wanted, count + 1);
	unsigned int i, found = 0;

	for (i = 0; i < count; i++) {
		if (str_begins_with(args[i], UID_PREFIX))
			wanted[found++].uid = args[i] + strlen(UID_PREFIX);
		else if (!is_set(args[i])) {
			return pop4_fail(conn, POP4_EXIT_USAGE, "%s is "
				"neither a set of message numbers (1,3:5) nor "
				UID_PREFIX"UNIQUE-ID", args[i]);
		}
	}
	*wanted_r = wanted;
	*wanted_count_r = found;
	return found == 0 ? 0 : lookup_uids(conn, wanted, found);
}

int pop4_numbers_get(struct pop4_conn *conn, const char *const *args,
		    unsigned int count, const char **set_r)
{
	struct pop4_wanted *wanted = NULL;
	unsigned int i, wanted_count;
	string_t *set = t_str_new(64);

	if (find_uids(conn, args, count, &wanted, &wanted_count) < 0)
		return -1;
	for (i = 0; i < count; i++) {
		if (i > 0)
			str_append_c(set, ',');
		if (!str_begins_with(args[i], UID_PREFIX)) {
			str_append(set, args[i]);
			continue;
		}
		if (wanted->number == 0) {
			return pop4_fail(conn, POP4_EXIT_REFUSED,
				"There is no message with the unique-id %s",
				wanted->uid);
		}
		str_printfa(set, "%u", wanted->number);
		wanted++;
	}
	*set_r = str_c(set);
	return 0;
}

int pop4_number_get(struct pop4_conn *conn, const char *arg,
		 uint32_t *number_r)
{
	const char *set;

	if (!str_begins_with(arg, UID_PREFIX) &&
	    (str_to_uint32(arg, number_r) < 0 || *number_r == 0)) {
		return pop4_fail(conn, POP4_EXIT_USAGE, "%s is neither a "
			"message's number nor "UID_PREFIX"UNIQUE-ID", arg);
	}
	if (pop4_numbers_get(conn, &arg, 1, &set) < 0)
		return -1;
	if (str_to_uint32(set, number_r) < 0)
		i_unreached();
	return 0;
}
