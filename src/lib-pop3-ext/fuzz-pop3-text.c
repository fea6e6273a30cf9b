/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "smtp-address.h"
#include "fuzzer.h"

#include "pop3-args.h"
#include "pop3-ext-limits.h"
#include "relay-address.h"
#include "reply-text.h"
#include "xmit-address.h"

static void check(bool ok, const char *what)
{
	if (!ok)
		i_panic("wrong: %s", what);
}

static void check_line(const char *line, bool code)
{
	size_t len = strlen(line);
	const char *p = strchr(line, ' ');

	check(len + 2 <= POP3_EXT_MAX_REPLY_LINE, "length of a reply");
	check(p != NULL && p[1] != '\0' && line[len - 1] != ' ', "no text");
	check(code == (p[1] == '['), "response code");
	for (p = line; *p != '\0'; p++)
		check(*p >= 0x20 && *p < 0x7f, "octet of a reply");
}

static void check_args(const char *line)
{
	const char *const *words = pop3_args_split(line), *rest = line;

	for (; *words != NULL; words++) {
		check(**words != '\0' && strpbrk(*words, " \t") == NULL, "word");
		check(strcmp(pop3_args_next(&rest), *words) == 0, "next word");
	}
	check(*rest == '\0', "rest");
}

static void check_names(const char *text, const char *domain)
{
	struct smtp_address *address, *parsed;
	const char *host, *error;
	in_port_t port;

	if (relay_address_parse(pool_datastack_create(), text, 25,
				&host, &port, &error) == 0)
		check(*host != '\0' && port != 0, "relay");
	else
		check_line(reply_text("-ERR", NULL, error), FALSE);

	if (submission_address_parse(pool_datastack_create(), text, domain,
				     &address, &error) < 0) {
		check_line(reply_text("-ERR", NULL, error), FALSE);
		return;
	}
	text = smtp_address_encode(address);
	check(strpbrk(text, "\r\n") == NULL, "line end in address");
	/* Dovecot 2.4 can write more addresses than it can read. */
	check(!xmit_address_is_ascii(address) ||
	      smtp_address_parse_mailbox(pool_datastack_create(), text, 0,
					 &parsed, NULL) == 0, "syntax");
	check(!xmit_address_is_ascii(address) ||
	      smtp_address_equals(parsed, address), "address");
}

/* A line, or name and domain with a NUL between them */
FUZZ_BEGIN_DATA(const uint8_t *data, size_t size)
	const char *text = t_strndup(data, size);
	const char *domain = "x.example";

	if (strlen(text) < size)
		domain = t_strndup(data + strlen(text) + 1,
				   size - strlen(text) - 1);
	check_args(text);
	check_names(text, domain);
	check_line(reply_text("+OK", NULL, text), FALSE);
	check_line(reply_text("-ERR", "SYS/TEMP", text), TRUE);
	check(strlen(reply_text_sanitize_data(data, size, 20)) <= 20, "limit");
FUZZ_END
