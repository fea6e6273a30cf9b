#ifndef POP3_EXT_SETTINGS_H
#define POP3_EXT_SETTINGS_H

#include "host-settings.h"

/* Between the words of a setting that takes several */
#define POP3_EXT_WORD_SEPARATORS " \t"

struct mail_user;

/* What is refused when a setting of it is wrong. */
enum pop3_ext_feature {
	POP3_EXT_FEATURE_XMIT = BIT(0),
	POP3_EXT_FEATURE_STOR = BIT(1),
	POP3_EXT_FEATURE_LFLD = BIT(2),
	POP3_EXT_FEATURE_ENV = BIT(3),
	/* logins with a view; those whose view is an account */
	POP3_EXT_FEATURE_VIEW = BIT(4),
	POP3_EXT_FEATURE_VIEW_ACCOUNT = BIT(5),

	POP3_EXT_FEATURE_ALL = BIT(6) - 1,
};

/* What pop3-ext(7) calls by the same names. Times are seconds. */
struct pop3_ext_settings {
	pool_t pool;

	/* What has to be refused because one of its settings is wrong. Such a
	   setting has its default here. */
	enum pop3_ext_feature wrong;

	const char *pop3_ext_implementation;

	bool pop3_ext_xmit;
	const char *pop3_ext_xmit_pam;
	unsigned int pop3_ext_xmit_pam_timeout;
	unsigned int pop3_ext_xmit_pam_cache;
	const char *pop3_ext_xmit_relay;
	const char *pop3_ext_xmit_relay_ssl;
	bool pop3_ext_xmit_relay_ssl_verify;
	const char *pop3_ext_xmit_relay_ssl_ca_file;
	const char *pop3_ext_xmit_relay_user;
	const char *pop3_ext_xmit_relay_password_file;
	bool pop3_ext_xmit_relay_xclient;
	unsigned int pop3_ext_xmit_relay_timeout;
	unsigned int pop3_ext_xmit_reply_timeout;
	const char *pop3_ext_xmit_sendmail;
	const char *pop3_ext_xmit_hostname;
	const char *pop3_ext_xmit_domain;
	const char *pop3_ext_xmit_sender;
	const char *pop3_ext_xmit_addresses;
	const char *pop3_ext_xmit_from;
	bool pop3_ext_xmit_require_tls;
	uoff_t pop3_ext_xmit_max_size;
	unsigned int pop3_ext_xmit_max_recipients;
	const char *pop3_ext_xmit_8bit;
	bool pop3_ext_xmit_received_user;
	const char *pop3_ext_xmit_save;

	const char *pop3_ext_pop4;
	uoff_t pop3_ext_pop4_max_size;
	bool pop3_ext_pop4_octets;

	bool pop3_ext_sdps;
	const char *pop3_ext_sdps_recipient_headers;
	const char *pop3_ext_sdps_sender_headers;
	const char *pop3_ext_view_account;
	const char *pop3_ext_view_host;
	unsigned int pop3_ext_view_days;
	const char *pop3_ext_view_folder;
};

extern const struct setting_parser_info pop3_ext_setting_parser_info;

/* The settings of this user. Each that is wrong is logged by the event, unless
   that is NULL. Unreferencing its pool frees the struct. */
const struct pop3_ext_settings *
pop3_ext_settings_get(struct mail_user *user, struct event *event);
void pop3_ext_settings_deinit(void);

#endif
