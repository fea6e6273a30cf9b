/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Lines of a UIDL, white space, and the Message-ID of its message, with or
   without its angle brackets:

     # comment
     000000016b07fca2 <a1@example.com>

   in the order of the old server's LIST. */

#include "lib.h"

#include "uidl-source.h"

/* With angle brackets there may be spaces inside. */
static const char *parse_id(char *id, const char **error_r)
{
	size_t len = strlen(id);

	while (len > 0 && (id[len - 1] == ' ' || id[len - 1] == '\t'))
		id[--len] = '\0';
	if (len == 0)
		*error_r = "the Message-ID is missing after the UIDL";
	else if (*id == '<' ? id[len - 1] != '>' : strpbrk(id, " \t") != NULL)
		*error_r = "it is not a UIDL and a Message-ID";
	else
		return *id == '<' ? id : t_strconcat("<", id, ">", NULL);
	return NULL;
}

static int
list_parse_line(struct uidl_source_reader *reader, char *line,
		unsigned int order, const char **error_r)
{
	struct uidl_source_record record;
	char *id = line + strcspn(line, " \t");

	if (*id != '\0')
		*id++ = '\0';
	uidl_source_record_init(&record);
	record.order = order;
	record.uidl = line;
	record.message_id = parse_id(id + strspn(id, " \t"), error_r);
	if (record.message_id == NULL)
		return -1;
	if (*line == '<' && strchr(line, '@') != NULL &&
	    strchr(record.message_id, '@') == NULL) {
		*error_r = "the UIDL comes first, then the Message-ID";
		return -1;
	}
	return uidl_source_found(reader, &record, error_r);
}

static int list_read(struct uidl_source_reader *reader, const char **error_r)
{
	unsigned int order = 0;
	char *line;
	int ret;

	while ((ret = uidl_source_line(reader, &line, error_r)) > 0) {
		line += strspn(line, " \t");
		if (*line == '\0' || *line == '#')
			continue;
		T_BEGIN {
			ret = list_parse_line(reader, line, ++order, error_r);
		} T_END_PASS_STR_IF(ret < 0, error_r);
		if (ret < 0)
			return -1;
	}
	return ret;
}

const struct uidl_source uidl_source_list = {
	.name = "message-id",
	.description = "lines of a UIDL and a Message-ID",
	.read = list_read,
};
