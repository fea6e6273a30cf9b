/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* A new message gets the UIDL that the host would show. Nobody knows that
   better than the host: its own UIDL command writes into a buffer. */

#include "lib.h"
#include "ostream.h"
#include "str.h"

#include "host-command.h"
#include "pop3-uidl-mailbox.h"
#include "pop3-uidl-session.h"

static void host_run(struct client *client, const char *args, string_t *str)
{
	struct ostream *output = client->output;
	command_func_t *cmd = client->cmd;

	client->cmd = NULL;
	client->output = o_stream_create_buffer(str);
	o_stream_set_no_error_handling(client->output, TRUE);
	(void)host_command_execute(client, "UIDL", args, 0);
	/* the host waits whenever its output is full, which this one stays */
	while (client->cmd != NULL && !client->disconnected)
		client->cmd(client);
	o_stream_unref(&client->output);
	client->output = output;
	client->cmd = cmd;
}

static bool
host_line(const char *line, pop3_uidl_host_text_t *callback, void *context)
{
	unsigned int num;

	if (str_parse_uint(line, &num, &line) < 0 || num == 0 || *line != ' ')
		return FALSE;
	callback(context, num - 1, line + 1);
	return TRUE;
}

static int
host_parse(char *reply, bool list, pop3_uidl_host_text_t *callback,
	   void *context)
{
	char *line, *end;

	if (strncmp(reply, "+OK", 3) != 0)
		return -1;
	for (line = reply; (end = strstr(line, "\r\n")) != NULL;
	     line = end + 2) {
		*end = '\0';
		if (line == reply && list)
			continue;
		if (list && strcmp(line, ".") == 0)
			return 0;
		if (!host_line(line == reply ? line + 4 : line, callback,
			       context))
			return -1;
	}
	return list ? -1 : 0;
}

int pop3_uidl_host_list(struct client *client, struct pop3_uidl_mailbox *ubox,
			unsigned int msgnum, pop3_uidl_host_text_t *callback,
			void *context)
{
	bool list = msgnum == UINT_MAX;
	string_t *str = str_new(default_pool, 1024);
	int ret;

	ubox->asking_host = TRUE;
	host_run(client, list ? "" : dec2str(msgnum + 1), str);
	ubox->asking_host = FALSE;
	ret = client->disconnected ? -1 :
		host_parse(str_c_modifiable(str), list, callback, context);
	str_free(&str);
	return ret;
}
