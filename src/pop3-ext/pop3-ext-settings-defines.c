/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The settings themselves. Linked into the plugin and, for Dovecot 2.4, into
   the module from which the config process learns their names. */

#include "lib.h"
#include "array.h"
#include "net.h"
#include "str-sanitize.h"

#include "envelope-address.h"
#include "pam-protocol.h"
#include "pop3-ext-limits.h"
#include "pop3-ext-settings.h"
#include "relay-address.h"

/* RFC 2449, section 4: a line of a CAPA reply */
#define IMPLEMENTATION_MAX_LEN (512 - 2 - sizeof("IMPLEMENTATION"))

/* Eudora gives up after 300 seconds */
#define TIMEOUT_MAX_SECS 240
/* The answer may change while a session lasts. */
#define PAM_CACHE_MAX_SECS 600

#define ERROR_VALUE_MAX_LEN 200

static bool
pop3_ext_settings_check(void *_set, pool_t pool, const char **error_r);

#undef DEF
#define DEF(type, name) \
	SETTING_DEFINE_STRUCT_##type(#name, name, struct pop3_ext_settings)
static const struct setting_define pop3_ext_setting_defines[] = {
	DEF(STR, pop3_ext_implementation),

	DEF(BOOL, pop3_ext_xmit),
	DEF(STR, pop3_ext_xmit_pam),
	DEF(TIME, pop3_ext_xmit_pam_timeout),
	DEF(TIME, pop3_ext_xmit_pam_cache),
	DEF(STR, pop3_ext_xmit_relay),
	DEF(STR, pop3_ext_xmit_relay_ssl),
	DEF(BOOL, pop3_ext_xmit_relay_ssl_verify),
	DEF(STR, pop3_ext_xmit_relay_ssl_ca_file),
	DEF(STR, pop3_ext_xmit_relay_user),
	DEF(STR, pop3_ext_xmit_relay_password_file),
	DEF(BOOL, pop3_ext_xmit_relay_xclient),
	DEF(TIME, pop3_ext_xmit_relay_timeout),
	DEF(TIME, pop3_ext_xmit_reply_timeout),
	DEF(STR, pop3_ext_xmit_sendmail),
	DEF(STR, pop3_ext_xmit_hostname),
	DEF(STR, pop3_ext_xmit_domain),
	DEF(STR, pop3_ext_xmit_sender),
	DEF(STR, pop3_ext_xmit_addresses),
	DEF(STR, pop3_ext_xmit_from),
	DEF(BOOL, pop3_ext_xmit_require_tls),
	DEF(SIZE, pop3_ext_xmit_max_size),
	DEF(UINT, pop3_ext_xmit_max_recipients),
	DEF(STR, pop3_ext_xmit_8bit),
	DEF(BOOL, pop3_ext_xmit_received_user),
	DEF(STR, pop3_ext_xmit_save),

	DEF(STR, pop3_ext_pop4),
	DEF(SIZE, pop3_ext_pop4_max_size),
	DEF(BOOL, pop3_ext_pop4_octets),

	DEF(BOOL, pop3_ext_sdps),
	DEF(STR, pop3_ext_sdps_recipient_headers),
	DEF(STR, pop3_ext_sdps_sender_headers),
	DEF(STR, pop3_ext_view_account),
	DEF(STR, pop3_ext_view_host),
	DEF(UINT, pop3_ext_view_days),
	DEF(STR, pop3_ext_view_folder),

	SETTING_DEFINE_LIST_END
};

static const struct pop3_ext_settings pop3_ext_default_settings = {
	.pop3_ext_implementation = "",

	.pop3_ext_xmit = FALSE,
	.pop3_ext_xmit_pam = "",
	.pop3_ext_xmit_pam_timeout = 5,
	.pop3_ext_xmit_pam_cache = 60,
	.pop3_ext_xmit_relay = "",
	.pop3_ext_xmit_relay_ssl = "host",
	.pop3_ext_xmit_relay_ssl_verify = TRUE,
	.pop3_ext_xmit_relay_ssl_ca_file = "",
	.pop3_ext_xmit_relay_user = "",
	.pop3_ext_xmit_relay_password_file = "",
	.pop3_ext_xmit_relay_xclient = FALSE,
	.pop3_ext_xmit_relay_timeout = 30,
	.pop3_ext_xmit_reply_timeout = TIMEOUT_MAX_SECS,
	.pop3_ext_xmit_sendmail = "",
	.pop3_ext_xmit_hostname = "",
	.pop3_ext_xmit_domain = "",
	.pop3_ext_xmit_sender = "",
	.pop3_ext_xmit_addresses = "",
	.pop3_ext_xmit_from = "sender",
	.pop3_ext_xmit_require_tls = TRUE,
	.pop3_ext_xmit_max_size = 40 * 1024 * 1024,
	.pop3_ext_xmit_max_recipients = 100,
	.pop3_ext_xmit_8bit = "refuse",
	.pop3_ext_xmit_received_user = FALSE,
	.pop3_ext_xmit_save = "",

	.pop3_ext_pop4 = "",
	.pop3_ext_pop4_max_size = 40 * 1024 * 1024,
	.pop3_ext_pop4_octets = TRUE,

	.pop3_ext_sdps = FALSE,
	.pop3_ext_sdps_recipient_headers = "Delivered-To,X-Original-To,Envelope-To",
	.pop3_ext_sdps_sender_headers = "Return-Path",
	.pop3_ext_view_account = "",
	.pop3_ext_view_host = "",
	.pop3_ext_view_days = 0,
	.pop3_ext_view_folder = "",
};

const struct setting_parser_info pop3_ext_setting_parser_info =
	HOST_SETTINGS_INFO("pop3_ext", "lib95_pop3_ext_plugin",
			   struct pop3_ext_settings, pop3_ext_setting_defines,
			   &pop3_ext_default_settings, pop3_ext_settings_check);

/* The host's SET_ENUM does not say what it would have taken. */
static const struct setting_words {
	const char *name;
	size_t offset;
	const char *words;
	/* any number of them instead of one */
	bool many;
} setting_words[] = {
#define WORDS(name, words, many) \
	{ #name, offsetof(struct pop3_ext_settings, name), words, many }
	WORDS(pop3_ext_xmit_relay_ssl, "host no starttls smtps submissions",
	      FALSE),
	WORDS(pop3_ext_xmit_from, "own sender any", FALSE),
	WORDS(pop3_ext_xmit_8bit, "refuse pass", FALSE),
	WORDS(pop3_ext_pop4, "folders messages flags parts", TRUE),
#undef WORDS
};

static bool words_check(const struct pop3_ext_settings *set,
			const struct setting_words *def, const char **error_r)
{
	const char *value = *(const char *const *)
		CONST_PTR_OFFSET(set, def->offset);
	const char *const *words = t_strsplit(def->words, " ");
	const char *one[] = { value, NULL }, *const *values = one;
	ARRAY_TYPE(const_string) unknown;

	if (!HOST_SETTING_IS_KNOWN(value))
		return TRUE;
	if (def->many)
		values = t_strsplit_spaces(value, POP3_EXT_WORD_SEPARATORS);
	t_array_init(&unknown, 4);
	for (; *values != NULL; values++) {
		if (!str_array_find(words, *values))
			array_push_back(&unknown, values);
	}
	if (array_is_empty(&unknown))
		return TRUE;
	array_append_zero(&unknown);
	*error_r = t_strdup_printf("%s=%s: must be %s of: %s", def->name,
		str_sanitize(t_strarray_join(array_front(&unknown), " "),
			     ERROR_VALUE_MAX_LEN),
		def->many ? "some" : "one", t_strarray_join(words, ", "));
	return FALSE;
}

static bool
timeout_check(const char *name, unsigned int secs, const char **error_r)
{
	if (secs >= 1 && secs <= TIMEOUT_MAX_SECS)
		return TRUE;
	*error_r = t_strdup_printf("%s must be between 1 and %u seconds",
				   name, TIMEOUT_MAX_SECS);
	return FALSE;
}

static bool
implementation_check(const char *text, const char **error_r)
{
	const char *p;

	for (p = text; *p >= ' ' && *p <= '~'; p++) ;
	if (*p == '\0' && (size_t)(p - text) <= IMPLEMENTATION_MAX_LEN)
		return TRUE;
	*error_r = t_strdup_printf(
		"pop3_ext_implementation must be at most %zu printable "
		"ASCII characters", (size_t)IMPLEMENTATION_MAX_LEN);
	return FALSE;
}

static bool
relay_check(const struct pop3_ext_settings *set, const char **error_r)
{
	const char *host, *error;
	in_port_t port;

	if (HOST_SETTING_IS_KNOWN(set->pop3_ext_xmit_relay) &&
	    set->pop3_ext_xmit_relay[0] != '\0' &&
	    relay_address_parse(pool_datastack_create(),
				set->pop3_ext_xmit_relay, 1,
				&host, &port, &error) < 0) {
		*error_r = t_strconcat("pop3_ext_xmit_relay: ", error, NULL);
		return FALSE;
	}
	return TRUE;
}

static bool
headers_check(const char *name, const char *value, const char **error_r)
{
	const char *const *headers, *error;

	if (!HOST_SETTING_IS_KNOWN(value) ||
	    envelope_headers_parse(pool_datastack_create(), value,
				   &headers, &error) == 0)
		return TRUE;
	*error_r = t_strdup_printf("%s: %s", name, error);
	return FALSE;
}

static bool
pam_check(const struct pop3_ext_settings *set, const char **error_r)
{
	const char *service = set->pop3_ext_xmit_pam;

	/* In 2.3 an empty userdb field arrives as "yes". */
	if (HOST_SETTING_IS_KNOWN(service) && *service != '\0' &&
	    (!pam_service_name_is_valid(service) ||
	     strcmp(service, "yes") == 0)) {
		*error_r = t_strdup_printf("pop3_ext_xmit_pam=%s: must be the "
			"name of a file in /etc/pam.d, in lower case, or \"no\"",
			service);
		return FALSE;
	}
	if (set->pop3_ext_xmit_pam_timeout < 1 ||
	    set->pop3_ext_xmit_pam_timeout > POP3_EXT_MAX_PAM_SECS) {
		*error_r = t_strdup_printf("pop3_ext_xmit_pam_timeout must be "
			"between 1 and %u seconds", POP3_EXT_MAX_PAM_SECS);
		return FALSE;
	}
	if (set->pop3_ext_xmit_pam_cache > PAM_CACHE_MAX_SECS) {
		*error_r = t_strdup_printf("pop3_ext_xmit_pam_cache must be "
			"at most %u seconds", PAM_CACHE_MAX_SECS);
		return FALSE;
	}
	return TRUE;
}

static bool
pop3_ext_settings_check(void *_set, pool_t pool ATTR_UNUSED,
			const char **error_r)
{
	const struct pop3_ext_settings *set = _set;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(setting_words); i++) {
		if (!words_check(set, &setting_words[i], error_r))
			return FALSE;
	}
	if (!implementation_check(set->pop3_ext_implementation, error_r) ||
	    !relay_check(set, error_r) ||
	    !pam_check(set, error_r) ||
	    !timeout_check("pop3_ext_xmit_relay_timeout",
			   set->pop3_ext_xmit_relay_timeout, error_r) ||
	    !timeout_check("pop3_ext_xmit_reply_timeout",
			   set->pop3_ext_xmit_reply_timeout, error_r) ||
	    !headers_check("pop3_ext_sdps_recipient_headers",
			   set->pop3_ext_sdps_recipient_headers, error_r) ||
	    !headers_check("pop3_ext_sdps_sender_headers",
			   set->pop3_ext_sdps_sender_headers, error_r))
		return FALSE;
	if (set->pop3_ext_xmit_max_recipients < 1 ||
	    set->pop3_ext_xmit_max_recipients > POP3_EXT_MAX_RECIPIENTS) {
		*error_r = t_strdup_printf("pop3_ext_xmit_max_recipients "
			"must be between 1 and %u", POP3_EXT_MAX_RECIPIENTS);
		return FALSE;
	}
	return TRUE;
}
