/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"

#include "uidl-digest.h"
#include "uidl-source.h"

int uidl_source_set_file(struct uidl_source_record *record, const char *name,
			 const char **error_r)
{
	const char *base = t_strcut(name, ':');

	if (*base == '\0' || strchr(base, '/') != NULL) {
		*error_r = "there is no name of a file in a Maildir";
		return -1;
	}
	record->file_name = base;
	uidl_guid_digest(base, record->guid);
	return 0;
}
