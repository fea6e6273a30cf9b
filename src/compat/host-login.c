/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "login-common.h"
#include "master-service.h"

#include "auth-client.h"
#include "client-common.h"

#include "host-login.h"

bool host_login_is_known(const char **reason_r)
{
	const char *version = master_service_get_version_string(master_service);

	if (version != NULL && strcmp(version, DOVECOT_VERSION) == 0)
		return TRUE;
	*reason_r = t_strdup_printf(
		"built for Dovecot %s, but this is %s", DOVECOT_VERSION,
		version == NULL ? "an unknown version" : version);
	return FALSE;
}
