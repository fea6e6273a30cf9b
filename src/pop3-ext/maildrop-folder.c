/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Folder logins: "user#folder" begins with that folder. */

#include "lib.h"
#include "pop3-common.h"

#include "maildrop.h"
#include "maildrop-folder.h"
#include "pop3-ext-client.h"
#include "pop3-ext-limits.h"
#include "pop3-ext-settings.h"
#include "pop4.h"
#include "reply-text.h"

static const char *reply_code(enum mail_error error)
{
	switch (error) {
	case MAIL_ERROR_NOTFOUND:
	case MAIL_ERROR_PARAMS:
	case MAIL_ERROR_PERM:
	case MAIL_ERROR_NOTPOSSIBLE:
		return "SYS/PERM";
	default:
		return "SYS/TEMP";
	}
}

int maildrop_folder_begin(struct client *client, const char **reply_r)
{
	struct pop3_ext_client *eclient =
		POP3_EXT_CLIENT_CONTEXT_REQUIRE(client);
	struct maildrop_error error = { .error = MAIL_ERROR_PARAMS };
	struct pop4_folder folder;
	const char *name;

	name = eclient->set->pop3_ext_view_folder;
	if (name[0] == '\0')
		return 0;
	if (pop4_folder_find(client->user, name, &folder, &error.text) > 0 &&
	    maildrop_preselect(client, folder.ns, folder.vname, &error) == 0)
		return 0;
	*reply_r = t_strdup_printf("[%s] %s", reply_code(error.error),
		reply_text_sanitize(t_strdup_printf(
			"Can't open the folder %s: %s",
			reply_text_sanitize(name, POP3_EXT_MAX_QUOTED_TEXT),
			error.text), POP3_EXT_MAX_REPLY_LINE / 2));
	return -1;
}
