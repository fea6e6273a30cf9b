/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"

#include "pam-check.h"

bool pam_check_is_built(void)
{
	return FALSE;
}

enum pam_check_result
pam_check(const struct pam_check_input *input ATTR_UNUSED,
	  const char **error_r ATTR_UNUSED)
{
	/* such a driver does not get through its configuration */
	i_unreached();
}
