/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "master-service.h"
#include "settings.h"

#include "host-process-settings.h"

/* settings_get() checks at compile time that the struct has a pool */
struct host_process_settings {
	pool_t pool;
};

int host_process_settings_get(const char *protocol,
			      const struct setting_parser_info *info,
			      const void **set_r, const char **error_r)
{
	const struct host_process_settings *set;
	struct event *event;
	int ret;

	event = event_create(master_service_get_event(master_service));
	event_add_str(event, "protocol", protocol);
	ret = settings_get(event, info, 0, &set, error_r);
	event_unref(&event);
	if (ret < 0)
		return -1;
	*set_r = set;
	return 0;
}

const char *const *host_process_settings_get_names(void)
{
	static const char *const none[] = { NULL };

	return none;
}
