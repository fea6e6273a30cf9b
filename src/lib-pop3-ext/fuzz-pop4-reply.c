/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "fuzzer.h"
#include "unichar.h"

#include "pop3-ext-limits.h"
#include "pop4-reply.h"

static void check(bool ok, const char *what)
{
	if (!ok)
		i_panic("wrong: %s", what);
}

/* Nothing that a terminal would act on */
static void check_text(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	if (text == NULL)
		return;
	check(uni_utf8_str_is_valid(text), "UTF-8");
	for (; *p != '\0'; p++) {
		check(*p >= 0x20 && *p != 0x7f, "control character");
		check(*p != 0xc2 || p[1] > 0x9f, "C1 control character");
	}
}

static void check_words(const char *const *words)
{
	check(str_array_length(words) <= POP4_CLIENT_MAX_WORDS, "words");
	for (; *words != NULL; words++) {
		check(**words != '\0', "empty word");
		check_text(*words);
	}
}

static void check_status(const char *line)
{
	struct pop4_status_line status;

	if (pop4_parse_status(line, &status) < 0)
		return;
	check(status.text != NULL, "text");
	if (status.status != POP4_STATUS_CONTINUE) {
		check_text(status.text);
		check_text(status.code);
		check(strlen(status.text) <= POP3_EXT_MAX_REPLY_LINE, "size");
		(void)pop4_status_number(&status);
	}
}

static void check_messages(const char *line)
{
	struct pop4_message_line msg;

	if (pop4_parse_message(line, &msg) == 0 ||
	    pop4_parse_flags(line, &msg) == 0) {
		check(msg.number > 0, "number");
		check_text(msg.uid);
		check_words(msg.flags);
	}
	if (pop4_parse_list(line, &msg) == 0)
		check(msg.number > 0 && msg.uid == NULL, "LIST");
	if (pop4_parse_uidl(line, &msg) == 0) {
		check(msg.number > 0 && *msg.uid != '\0', "UIDL");
		check_text(msg.uid);
	}
}

static void check_others(const char *line)
{
	struct pop4_folder_line folder;
	struct pop4_part_line part;
	struct pop4_capa capa;

	if (pop4_parse_folder(line, &folder) == 0) {
		check(*folder.name != '\0', "folder");
		check_text(folder.name);
		check_words(folder.attributes);
	}
	if (pop4_parse_part(line, &part) == 0) {
		check_text(part.part);
		check_text(part.type);
		check_text(part.encoding);
		check_text(part.charset);
		check_text(part.disposition);
		check_text(part.filename);
		check_text(part.content_id);
	}
	if (pop4_parse_capa(line, &capa) == 0) {
		check_text(capa.name);
		check_words(capa.args);
	}
}

/* A quoted name is what the other side's parser reads. */
static void check_quote(const char *name)
{
	struct pop4_folder_line folder;
	const char *arg, *error;

	if (pop4_quote(name, &arg, &error) < 0) {
		check_text(error);
		return;
	}
	if (*name == '\0')
		return;
	check(pop4_parse_folder(t_strconcat(arg, " 0 0 0 -", NULL),
				&folder) == 0, "quoted");
	check(strcmp(folder.name, name) == 0, "quoted name");
}

FUZZ_BEGIN_STR(const char *line)
	check_status(line);
	check_messages(line);
	check_others(line);
	check_quote(line);
	(void)pop4_greeting_stamp(line);
FUZZ_END
