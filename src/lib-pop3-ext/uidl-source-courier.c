/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The file courierpop3dsizelist that Courier's POP3 server has in a Maildir:

     /3 4 1795685505
     1795685501.M1P1.host:2,S 55 1:1795685505:0
     1795685502.M2P1.host:2, 55 2:1795685505:0

   First the version and what the next message gets. Then for each message, in
   the order of LIST: the name of its file, which may have spaces, its size, the
   two numbers of its UIDL, and from version 3 on whether its header is UTF-8.
   What older versions had shown stays: a second number of 0 is a UIDL of the
   first alone, a first number of 0 one of the file's name. */

#include "lib.h"
#include "str.h"
#include "strnum.h"

#include "uidl-source.h"

#define COURIER_MIN_VERSION 2
#define COURIER_MAX_VERSION 3

static int courier_parse_head(const char *line, const char **error_r)
{
	const char *const *words = t_strsplit(line, " ");
	unsigned int version;
	unsigned long num;

	if (words[0] == NULL || words[0][0] != '/' || str_to_uint(words[0] + 1, &version) < 0 ||
	    words[1] == NULL || str_to_ulong(words[1], &num) < 0) {
		*error_r = "it does not begin as a courierpop3dsizelist does";
		return -1;
	}
	if (version < COURIER_MIN_VERSION || version > COURIER_MAX_VERSION) {
		*error_r = t_strdup_printf("version %u of the list is not "
			"known, only %u to %u", version, COURIER_MIN_VERSION,
			COURIER_MAX_VERSION);
		return -1;
	}
	return 0;
}

/* As Courier wrote file names, before it had numbers. */
static const char *courier_name_uidl(const char *name)
{
	string_t *str = t_str_new(128);

	for (; *name != '\0'; name++) {
		if (*name < 0x21 || *name > 0x7e ||
		    strchr("'\"+", *name) != NULL)
			str_printfa(str, "+%02X", (unsigned char)*name);
		else
			str_append_c(str, *name);
	}
	return str_c(str);
}

/* NUMBER:NUMBER[:UTF8] */
static int
courier_parse_uidl(const char *value, struct uidl_source_record *record)
{
	unsigned long num, validity, utf8;

	if (str_parse_ulong(value, &num, &value) < 0 || *value++ != ':' ||
	    str_parse_ulong(value, &validity, &value) < 0 ||
	    (*value == ':' && str_parse_ulong(value + 1, &utf8, &value) < 0) ||
	    *value != '\0')
		return -1;
	if (num == 0)
		record->uidl = courier_name_uidl(record->file_name);
	else if (validity == 0)
		record->uidl = t_strdup_printf("UID%lu", num);
	else
		record->uidl = t_strdup_printf("UID%lu-%lu", num, validity);
	return 0;
}

static int
courier_parse_line(struct uidl_source_reader *reader, char *line,
		   const char **error_r)
{
	struct uidl_source_record record;
	char *size, *uidl;

	if ((uidl = strrchr(line, ' ')) == NULL) {
		*error_r = "it is not a file, a size and a UIDL";
		return -1;
	}
	*uidl++ = '\0';
	if ((size = strrchr(line, ' ')) == NULL) {
		*error_r = "it is not a file, a size and a UIDL";
		return -1;
	}
	*size++ = '\0';

	uidl_source_record_init(&record);
	record.order = reader->line - 1;
	if (uidl_source_set_file(&record, line, error_r) < 0)
		return -1;
	if (str_to_uoff(size, &record.size) < 0) {
		*error_r = t_strdup_printf("the size '%s' is invalid", size);
		return -1;
	}
	if (courier_parse_uidl(uidl, &record) < 0) {
		*error_r = t_strdup_printf("the UIDL '%s' is not two numbers "
					   "with a colon", uidl);
		return -1;
	}
	return uidl_source_found(reader, &record, error_r);
}

static int courier_read(struct uidl_source_reader *reader, const char **error_r)
{
	char *line;
	int ret;

	while ((ret = uidl_source_line(reader, &line, error_r)) > 0) {
		T_BEGIN {
			ret = reader->line == 1 ?
				courier_parse_head(line, error_r) :
				courier_parse_line(reader, line, error_r);
		} T_END_PASS_STR_IF(ret < 0, error_r);
		if (ret < 0)
			return -1;
	}
	if (ret == 0 && reader->line == 0) {
		*error_r = "it is empty";
		return -1;
	}
	return ret;
}

const struct uidl_source uidl_source_courier = {
	.name = "courier",
	.description = "courierpop3dsizelist of Courier",
	.read = courier_read,
};
