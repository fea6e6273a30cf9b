/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "strnum.h"

#include "dovecot-compat.h"
#include "pop4-client.h"
#include "pop4-options.h"
#include "str-parse-compat.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_TIMEOUT_SECS 300
#define DEFAULT_MAX_SIZE (1024ULL * 1024 * 1024)
#define URL_ENV "POP4_URL"
#define USAGE_FORMAT "  %-28s %s\n"

enum {
	OPT_TLS = 256,
	OPT_CA_FILE,
	OPT_NO_VERIFY,
	OPT_MAX_SIZE,
};

static const struct option long_options[] = {
	{ "folder", required_argument, NULL, 'f' },
	{ "output", required_argument, NULL, 'o' },
	{ "mode", required_argument, NULL, 'm' },
	{ "lines", required_argument, NULL, 'n' },
	{ "flags", required_argument, NULL, 'F' },
	{ "password-file", required_argument, NULL, 'p' },
	{ "password-command", required_argument, NULL, 'P' },
	{ "tls", required_argument, NULL, OPT_TLS },
	{ "ca-file", required_argument, NULL, OPT_CA_FILE },
	{ "no-verify", no_argument, NULL, OPT_NO_VERIFY },
	{ "timeout", required_argument, NULL, 't' },
	{ "max-size", required_argument, NULL, OPT_MAX_SIZE },
	{ "json", no_argument, NULL, 'j' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 }
};

const struct pop4_command pop4_commands[] = {
	{ "folders", "[PATTERN]", "list folders: messages, unseen, octets",
	  0, 1, "", FALSE, pop4_cmd_folders },
	{ "mkdir", "FOLDER", "create a folder",
	  1, 1, "", FALSE, pop4_cmd_mkdir },
	{ "rmdir", "FOLDER", "delete a folder and what is in it",
	  1, 1, "", FALSE, pop4_cmd_rmdir },
	{ "rename", "FOLDER NEW-NAME", "give a folder another name or place", 2, 2, "", FALSE, pop4_cmd_rename },
	{ "messages", "[SET...]", "list messages: octets, unique-id, flags",
	  0, UINT_MAX, "f", FALSE, pop4_cmd_messages },
	{ "get", "MESSAGE", "fetch a message, or its header and --lines",
	  1, 1, "fon", FALSE, pop4_cmd_get },
	{ "part", "MESSAGE [PART]", "list the parts of a message, or fetch one",
	  1, 2, "fom", FALSE, pop4_cmd_part },
	{ "flag", "ACTION [SET...] [FLAG,...]",
	  "list, add, remove or set flags", 1, UINT_MAX, "f", FALSE, pop4_cmd_flag },
	{ "copy", "SET... FOLDER", "copy messages to another folder",
	  2, UINT_MAX, "f", FALSE, pop4_cmd_copy },
	{ "move", "SET... FOLDER", "move messages to another folder",
	  2, UINT_MAX, "f", TRUE, pop4_cmd_move },
	{ "store", "[FILE]", "put a message into a folder, with --flags",
	  0, 1, "fF", FALSE, pop4_cmd_store },
	{ "send", "[FILE]", "send a message to those in its To, Cc and Bcc",
	  0, 1, "", FALSE, pop4_cmd_send },
	{ "capa", "", "show what the server can do",
	  0, 0, "", FALSE, pop4_cmd_capa },
	{ NULL, NULL, NULL, 0, 0, NULL, FALSE, NULL }
};

static const char usage_begin[] =
"Usage: pop4 [OPTION...] [URL] COMMAND [ARGUMENT...]\n"
"\n"
"Works on a mailbox over POP3, and on folders, flags and parts of messages\n"
"where the server speaks POP4.\n"
"\n"
"URL is pop://USER@HOST, pops://USER@HOST (TLS from the beginning) or that of\n"
"RFC 2384 in full: pop://USER;AUTH=MECHANISM@HOST:PORT. Without one, that in\n"
"the environment variable "URL_ENV" is used.\n"
"\n"
"Commands:\n";

static const char usage_end[] =
"\n"
"SET is numbers and ranges (1,3:5,7:*); a message may also be named by its\n"
"unique-id, which stays the same when numbers don't: uid:UNIQUE-ID.\n"
"FILE is the standard input when it is - or not there.\n"
"\n"
"Options of commands:\n"
"  -f, --folder FOLDER          work on this folder, not on INBOX\n"
"  -o, --output FILE            get, part: write to FILE\n"
"  -n, --lines N                get: the header and N lines only\n"
"  -m, --mode MODE              part: raw, head, body, data (decoded; default)\n"
"                               or text (decoded, in UTF-8)\n"
"  -F, --flags FLAG,...         store: flags of the message\n"
"\n"
"General options:\n"
"  -p, --password-file FILE     its first line is the password\n"
"  -P, --password-command CMD   the first line that CMD prints is the password\n"
"      --tls auto|require|never STLS when it is offered (default), always, never\n"
"      --ca-file FILE           trust these certificates instead of the system's\n"
"      --no-verify              take any certificate\n"
"  -t, --timeout SECONDS        give up when nothing comes for so long (300)\n"
"      --max-size SIZE          fetch nothing that is larger (1G)\n"
"  -j, --json                   one JSON object a line, not fields with TABs\n"
"  -q, --quiet                  no progress bar\n"
"  -h, --help                   this text\n"
"  -V, --version                the version\n"
"\n"
"pop4(1) describes them, the output and the exit codes.\n";

static void show_usage(void)
{
	const struct pop4_command *command;

	fputs(usage_begin, stdout);
	for (command = pop4_commands; command->name != NULL; command++) {
		printf(USAGE_FORMAT, t_strdup_printf("%s %s", command->name,
						     command->args),
		       command->help);
	}
	fputs(usage_end, stdout);
}

static int parse_tls(const char *value, enum pop4_tls *tls_r,
		     const char **error_r)
{
	static const char *const names[] = { "auto", "require", "never" };
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(names); i++) {
		if (strcmp(value, names[i]) == 0) {
			*tls_r = (enum pop4_tls)i;
			return 0;
		}
	}
	*error_r = "--tls is auto, require or never";
	return -1;
}

static int parse_number(const char *name, const char *value,
			unsigned int min, unsigned int *number_r,
			const char **error_r)
{
	if (str_to_uint(value, number_r) < 0 || *number_r < min ||
	    *number_r > INT_MAX / 1000) {
		*error_r = t_strdup_printf("%s is a number from %u to %u",
					   name, min, INT_MAX / 1000);
		return -1;
	}
	return 0;
}

static int parse_option(struct pop4_settings *set, int opt,
			const char **error_r)
{
	const char *error;

	switch (opt) {
	case 'f':
		set->folder = optarg;
		break;
	case 'o':
		set->output = optarg;
		break;
	case 'm':
		set->mode = optarg;
		break;
	case 'n':
		return parse_number("--lines", optarg, 0, &set->lines, error_r);
	case 'F':
		set->flags = optarg;
		break;
	case 'p':
		set->password_file = optarg;
		break;
	case 'P':
		set->password_command = optarg;
		break;
	case OPT_TLS:
		return parse_tls(optarg, &set->tls, error_r);
	case OPT_CA_FILE:
		set->ca_file = optarg;
		break;
	case OPT_NO_VERIFY:
		set->verify = FALSE;
		break;
	case 't':
		return parse_number("--timeout", optarg, 1, &set->timeout,
				    error_r);
	case OPT_MAX_SIZE:
		if (str_parse_get_size(optarg, &set->max_size, &error) < 0) {
			*error_r = "--max-size is a size such as 500k, 20M "
				"or 1G";
			return -1;
		}
		break;
	case 'j':
		set->json = TRUE;
		break;
	case 'q':
		set->quiet = TRUE;
		break;
	default:
		i_unreached();
	}
	return 0;
}

/* An option that the command takes no notice of is a mistake. */
static int check_options(const struct pop4_command *command, const char *given,
			 const char **error_r)
{
	const struct option *option;

	given += strspn(given, command->options);
	if (*given == '\0')
		return 0;
	for (option = long_options; option->val != *given; option++)
		;
	*error_r = t_strdup_printf("%s takes no --%s", command->name,
				   option->name);
	return -1;
}

static int find_command(int argc, char *argv[],
			const struct pop4_command **command_r,
			const char **error_r)
{
	const struct pop4_command *command;
	unsigned int args = argc - 1;

	if (argc == 0) {
		*error_r = "There is no command";
		return -1;
	}
	for (command = pop4_commands; command->name != NULL; command++) {
		if (strcmp(command->name, argv[0]) == 0)
			break;
	}
	if (command->name == NULL) {
		*error_r = t_strdup_printf("There is no command %s", argv[0]);
		return -1;
	}
	if (args < command->min_args || args > command->max_args) {
		*error_r = t_strdup_printf("It is: %s %s", command->name,
					   command->args);
		return -1;
	}
	*command_r = command;
	return 0;
}

static int parse_url(pool_t pool, int *argc, char **argv[],
		     struct pop4_settings *set, const char **error_r)
{
	const char *url = getenv(URL_ENV);

	if (*argc > 0 && (pop_url_is((*argv)[0]) || url == NULL)) {
		url = (*argv)[0];
		(*argc)--;
		(*argv)++;
	}
	if (url == NULL) {
		*error_r = "There is no URL, and none in "URL_ENV;
		return -1;
	}
	return pop_url_parse(pool, url, &set->url, error_r);
}

static int check_settings(const struct pop4_settings *set,
			  const struct pop4_command *command,
			  const char **error_r)
{
	if (set->password_file != NULL && set->password_command != NULL) {
		*error_r = "The password comes from a file or from a command, "
			"not from both";
		return -1;
	}
	if (set->password_file != NULL &&
	    strcmp(set->password_file, "-") == 0 &&
	    (command->run == pop4_cmd_store || command->run == pop4_cmd_send)) {
		*error_r = "The standard input can't be the password and "
			"the message";
		return -1;
	}
	return 0;
}

int pop4_options_parse(pool_t pool, int argc, char *argv[],
		       struct pop4_settings *set,
		       const struct pop4_command **command_r,
		       const char *const **args_r, const char **error_r)
{
	string_t *given = t_str_new(16);
	int opt;

	i_zero(set);
	set->timeout = DEFAULT_TIMEOUT_SECS;
	set->max_size = DEFAULT_MAX_SIZE;
	set->lines = UINT_MAX;
	set->verify = TRUE;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":f:o:m:n:F:p:P:t:jqhV",
				  long_options, NULL)) != -1) {
		if (opt == 'h') {
			show_usage();
			return 0;
		}
		if (opt == 'V') {
			puts("pop4 "POP4_VERSION);
			return 0;
		}
		if (opt == '?' || opt == ':') {
			*error_r = t_strdup_printf(opt == '?' ?
				"There is no option %s" : "%s needs a value",
				argv[optind - 1]);
			return -1;
		}
		if (opt < 256 && strchr("fomnF", opt) != NULL)
			str_append_c(given, opt);
		if (parse_option(set, opt, error_r) < 0)
			return -1;
	}
	argc -= optind;
	argv += optind;
	if (parse_url(pool, &argc, &argv, set, error_r) < 0 ||
	    find_command(argc, argv, command_r, error_r) < 0 ||
	    check_options(*command_r, str_c(given), error_r) < 0 ||
	    check_settings(set, *command_r, error_r) < 0)
		return -1;
	*args_r = (const char *const *)argv + 1;
	return 1;
}
