#ifndef KPOP_SETTINGS_H
#define KPOP_SETTINGS_H

#include "host-settings.h"

/* What pop3-ext-kpop(7) calls by the same names. */
struct kpop_settings {
	pool_t pool;

	unsigned int pop3_ext_kpop_timeout;
	const char *pop3_ext_kpop_realms;
	const char *pop3_ext_kpop_services;
};

extern const struct setting_parser_info kpop_setting_parser_info;

#endif
