/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Variables of the environment that look like settings of KPOP, and are none. */

#include "lib.h"

#include "kpop-settings.h"
#include "setting-names.h"

static const char *const name_prefixes[] = {
	"pop3_ext_kpop", "pop3ext_kpop", NULL
};
static struct setting_names kpop_setting_names = {
	.prefixes = name_prefixes,
	.info = &kpop_setting_parser_info,
	.environment = TRUE,
};

void kpop_settings_check_names(const char *const *used)
{
	struct event *event = event_create(NULL);

	setting_names_check(&kpop_setting_names, event, used);
	event_unref(&event);
}

void kpop_settings_names_deinit(void)
{
	setting_names_deinit(&kpop_setting_names);
}
