/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* A user's settings, and which of our features have to be refused because a
   setting of theirs is wrong. All others go on. */

#include "lib.h"
#include "mail-user.h"

#include "pop3-ext-settings.h"
#include "setting-names.h"

#define SETTING_POP4 "pop3_ext_pop4"
#define SETTING_VIEW "pop3_ext_view"

/* The first row whose name the setting begins with counts. */
static const struct setting_use {
	const char *prefix;
	enum pop3_ext_feature features;
	/* for the log */
	const char *refused;
} setting_uses[] = {
	{ "pop3_ext_implementation", 0, "CAPA has no IMPLEMENTATION" },
	{ "pop3_ext_xmit", POP3_EXT_FEATURE_XMIT,
	  "XTND XMIT is refused" },
	{ "pop3_ext_pop4_max_size", POP3_EXT_FEATURE_STOR,
	  "STOR is refused" },
	{ "pop3_ext_pop4_octets", POP3_EXT_FEATURE_LFLD,
	  "LFLD is refused" },
	{ SETTING_POP4, 0, "only the groups with right names are on" },
	{ "pop3_ext_sdps_recipient_headers",
	  POP3_EXT_FEATURE_ENV | POP3_EXT_FEATURE_VIEW_ACCOUNT,
	  "*ENV and logins to one account are refused" },
	{ "pop3_ext_sdps", POP3_EXT_FEATURE_ENV,
	  "*ENV is refused" },
	{ SETTING_VIEW, POP3_EXT_FEATURE_VIEW,
	  "the login is refused, because it may not see everything" },
	/* nothing can be read */
	{ "", POP3_EXT_FEATURE_ALL,
	  "all commands of pop3_ext are refused, and logins with a view" },
};

/* These settings are meant to be empty for some users. */
static const char *const may_be_nothing[] = {
	"pop3_ext_implementation",
	"pop3_ext_xmit_addresses",
	"pop3_ext_xmit_save",
	SETTING_POP4,
	NULL
};

static const char *const name_prefixes[] = {
	"pop3_ext", "pop3ext", "pop3-ext", NULL
};
/* fields of pop3-ext-auth(7) for other processes */
static const char *const other_names[] = {
	"pop3_ext_no_mime", "pop3_ext_typed_name", NULL
};
static struct setting_names setting_names = {
	.prefixes = name_prefixes,
	.info = &pop3_ext_setting_parser_info,
	.others = other_names,
};

struct settings_report {
	struct event *event;
	enum pop3_ext_feature wrong;
	/* the value of pop3_ext_pop4 when a word of it is wrong */
	const char *pop4;
	/* the configuration has no setting of ours */
	bool unknown;
};

static void
pop3_ext_setting_report(const char *key, const char *value, const char *error,
			void *context)
{
	struct settings_report *report = context;
	const struct setting_use *use = setting_uses;

	if (key == NULL)
		key = "";
	else if (*key == '\0')
		report->unknown = TRUE;
	while (strncmp(key, use->prefix, strlen(use->prefix)) != 0)
		use++;
	report->wrong |= use->features;
	if (strcmp(key, SETTING_POP4) == 0)
		report->pop4 = t_strdup(value);
	if (report->event == NULL)
		return;
	e_error(report->event, "pop3_ext: %s (until this is corrected, %s)",
		error, use->refused);
}

static bool user_has_view_field(struct mail_user *user)
{
	const char *const *name = host_settings_get_names(user);

	for (; *name != NULL; name++) {
		if (str_begins_with(*name, SETTING_VIEW))
			return TRUE;
	}
	return FALSE;
}

const struct pop3_ext_settings *
pop3_ext_settings_get(struct mail_user *user, struct event *event)
{
	struct settings_report report = { .event = event };
	struct pop3_ext_settings *set;

	/* nobody else has it yet */
	set = (struct pop3_ext_settings *)
		host_settings_get(user, &pop3_ext_setting_parser_info,
				  may_be_nothing, pop3_ext_setting_report,
				  &report);
	set->wrong = report.wrong;
	if (report.unknown && !user_has_view_field(user))
		set->wrong &= ENUM_NEGATE(POP3_EXT_FEATURE_VIEW);
	if (report.pop4 != NULL)
		set->pop3_ext_pop4 = p_strdup(set->pool, report.pop4);
	if (event != NULL) {
		setting_names_check(&setting_names, event,
				    host_settings_get_names(user));
	}
	return set;
}

void pop3_ext_settings_deinit(void)
{
	setting_names_deinit(&setting_names);
}
