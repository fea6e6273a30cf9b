/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "strnum.h"
#include "var-expand.h"
#include "mail-storage-settings.h"

#include "host-uidl.h"

static int
uidls_expand(struct var_expand_program *program, struct event *event,
	     uint32_t uid_validity, const uint32_t *uids, unsigned int count,
	     const char **uidls)
{
	struct var_expand_table table[] = {
		{ .key = "uidvalidity", .value = dec2str(uid_validity) },
		{ .key = "uid" },
		VAR_EXPAND_TABLE_END
	};
	const struct var_expand_params params = {
		.table = table,
		.event = event,
	};
	string_t *str = t_str_new(64);
	const char *error;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (uidls[i] != NULL)
			continue;
		str_truncate(str, 0);
		table[1].value = dec2str(uids[i]);
		if (var_expand_program_execute(str, program, &params,
					       &error) < 0)
			return -1;
		uidls[i] = t_strdup(str_c(str));
	}
	return 0;
}

int host_uidls_expand(const struct mail_storage_settings *set,
		      struct event *event, uint32_t uid_validity,
		      const uint32_t *uids, unsigned int count,
		      const char **uidls)
{
	struct var_expand_program *program;
	const char *error;
	int ret;

	if (var_expand_program_create(set->pop3_uidl_format,
				      &program, &error) < 0)
		return -1;
	ret = uidls_expand(program, event, uid_validity, uids, count, uidls);
	var_expand_program_free(&program);
	return ret;
}
