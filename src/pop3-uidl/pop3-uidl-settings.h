#ifndef POP3_UIDL_SETTINGS_H
#define POP3_UIDL_SETTINGS_H

#include "host-settings.h"

/* What pop3-uidl(7) calls by the same names. */
struct pop3_uidl_settings {
	pool_t pool;

	/* Dovecot 2.3 only */
	const char *pop3_uidl_dict;
	const char *pop3_uidl_on_error;
};

extern const struct setting_parser_info pop3_uidl_setting_parser_info;

#endif
