/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "strnum.h"
#include "var-expand.h"
#include "mail-storage-settings.h"

#include "host-uidl.h"

int host_uidls_expand(const struct mail_storage_settings *set,
		      struct event *event ATTR_UNUSED, uint32_t uid_validity,
		      const uint32_t *uids, unsigned int count,
		      const char **uidls)
{
	struct var_expand_table table[] = {
		{ 'v', dec2str(uid_validity), "uidvalidity" },
		{ 'u', NULL, "uid" },
		{ '\0', NULL, NULL }
	};
	string_t *str = t_str_new(64);
	const char *error;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (uidls[i] != NULL)
			continue;
		str_truncate(str, 0);
		table[1].value = dec2str(uids[i]);
		if (var_expand(str, set->pop3_uidl_format,
			       table, &error) <= 0)
			return -1;
		uidls[i] = t_strdup(str_c(str));
	}
	return 0;
}
