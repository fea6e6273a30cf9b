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

/* Logs an Error line for each of these names of the environment that looks like
   a setting of KPOP and is none, once in a process. */
void kpop_settings_check_names(const char *const *used);
void kpop_settings_names_deinit(void);

#endif
