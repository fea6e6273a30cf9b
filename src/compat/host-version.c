/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "master-service.h"

#include "host-version.h"

const char host_version[] = DOVECOT_VERSION;

bool host_is_version(const char *version, const char **reason_r)
{
	const char *running = master_service_get_version_string(master_service);

	if (running != NULL && strcmp(running, version) == 0)
		return TRUE;
	*reason_r = t_strdup_printf("built for Dovecot %s, but this is %s",
		version, running == NULL ? "an unknown version" : running);
	return FALSE;
}

static bool has_settings_of_2_4_1(const char *version)
{
	return strncmp(version, "2.4.", 4) == 0 &&
		version[4] >= '1' && version[4] <= '9';
}

bool host_knows_settings_of(const char *version, const char **reason_r)
{
	const char *running = master_service_get_version_string(master_service);

	return host_is_version(version, reason_r) ||
		(running != NULL && has_settings_of_2_4_1(running) &&
		 has_settings_of_2_4_1(version));
}
