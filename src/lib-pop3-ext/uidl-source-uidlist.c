/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The file dovecot-uidlist of a Maildir, version 3:

     3 V1795685505 N4 G6f0a...
     1 G70b2... P00000001 W57 :1795685501.M1P1.host
     2 :1795685502.M2P1.host:2,S

   V is the UIDVALIDITY. Of a message: its UID, its GUID unless that is the base
   name of its file, its UIDL, which when empty is that name as well, its size,
   its place in POP3's order. A message without a UIDL is left out: its UIDL was
   made by pop3_uidl_format, which the list does not know. */

#include "lib.h"
#include "strnum.h"

#include "uidl-digest.h"
#include "uidl-source.h"

struct uidlist {
	uint32_t uid_validity;
	unsigned int count, without;
};

static int
uidlist_parse_head(struct uidlist *list, const char *line,
		   const char **error_r)
{
	const char *const *words = t_strsplit_spaces(line, " ");

	if (words[0] == NULL || strcmp(words[0], "3") != 0) {
		*error_r = words[0] != NULL && strcmp(words[0], "1") == 0 ?
			"version 1 of dovecot-uidlist has no UIDLs" :
			"it does not begin as a dovecot-uidlist does";
		return -1;
	}
	for (words++; *words != NULL; words++) {
		if (**words == 'V' &&
		    str_to_uint32(*words + 1, &list->uid_validity) < 0)
			break;
	}
	if (list->uid_validity == 0) {
		*error_r = "the UIDVALIDITY is missing or invalid";
		return -1;
	}
	return 0;
}

/* One field: a letter and its value. */
static int
uidlist_parse_field(const char *field, struct uidl_source_record *record,
		    const char **error_r)
{
	const char *value = field + 1;
	int ret = 0;

	switch (*field) {
	case 'P':
		record->uidl = *value != '\0' ? value : record->file_name;
		break;
	case 'G':
		uidl_guid_digest(value, record->guid);
		ret = *value == '\0' ? -1 : 0;
		break;
	case 'W':
		ret = str_to_uoff(value, &record->size);
		break;
	case 'O':
		ret = str_to_uint(value, &record->order);
		break;
	default:
		/* another version's */
		ret = *field >= 'A' && *field <= 'Z' ? 0 : -1;
		break;
	}
	if (ret < 0)
		*error_r = t_strdup_printf("the field '%s' is invalid", field);
	return ret;
}

static int
uidlist_parse_line(struct uidl_source_reader *reader, struct uidlist *list,
		   char *line, const char **error_r)
{
	struct uidl_source_record record;
	const char *const *words;
	char *name = strstr(line, " :");

	if (name == NULL) {
		*error_r = "the file's name is missing";
		return -1;
	}
	*name = '\0';
	words = t_strsplit_spaces(line, " ");
	uidl_source_record_init(&record);
	record.uid_validity = list->uid_validity;
	if (words[0] == NULL || str_to_uint32(words[0], &record.uid) < 0 ||
	    record.uid == 0) {
		*error_r = "the UID is missing or invalid";
		return -1;
	}
	if (uidl_source_set_file(&record, name + 2, error_r) < 0)
		return -1;
	for (words++; *words != NULL; words++) {
		if (uidlist_parse_field(*words, &record, error_r) < 0)
			return -1;
	}
	if (record.uidl == NULL) {
		list->without++;
		return 0;
	}
	list->count++;
	return uidl_source_found(reader, &record, error_r);
}

static int uidlist_read(struct uidl_source_reader *reader, const char **error_r)
{
	struct uidlist list;
	char *line;
	int ret;

	i_zero(&list);
	while ((ret = uidl_source_line(reader, &line, error_r)) > 0) {
		T_BEGIN {
			ret = reader->line == 1 ?
				uidlist_parse_head(&list, line, error_r) :
				uidlist_parse_line(reader, &list, line,
						   error_r);
		} T_END_PASS_STR_IF(ret < 0, error_r);
		if (ret < 0)
			return -1;
	}
	if (ret < 0)
		return -1;
	if (reader->line == 0) {
		*error_r = "it is empty";
		return -1;
	}
	if (list.count == 0 && list.without > 0) {
		/* of no line in particular */
		reader->line = 0;
		*error_r = "it has no UIDLs: pop3_save_uidl was off, and they "
			"were made by pop3_uidl_format";
		return -1;
	}
	return 0;
}

const struct uidl_source uidl_source_uidlist = {
	.name = "dovecot-uidlist",
	.description = "dovecot-uidlist of a Maildir with pop3_save_uidl",
	.read = uidlist_read,
};
