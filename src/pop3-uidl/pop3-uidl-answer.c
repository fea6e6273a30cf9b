/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* UIDLs for other commands than UIDL: they are to say the same. */

#include "lib.h"
#include "str.h"

#include "pop3-uidl-mailbox.h"
#include "pop3-uidl-session.h"
#include "pop3-uidl-user.h"
#include "uidl-assign.h"

/* At once: these commands list few messages at a time. */
static int assign_all(struct client *client, struct pop3_uidl_mailbox *ubox,
		      const char **error_r)
{
	struct uidl_assign *assign;
	int ret = 0;

	if (pop3_uidl_mailbox_open(ubox, error_r) < 0)
		return -1;
	assign = pop3_uidl_session_assign(client, ubox);
	while (assign != NULL && ret == 0) T_BEGIN {
		ret = uidl_assign_more(assign, error_r);
	} T_END_PASS_STR_IF(ret < 0, error_r);
	uidl_assign_deinit(&assign);
	return ret < 0 ? -1 : uidl_assign_complete(ubox, error_r);
}

static int
answer_texts(struct client *client, struct pop3_uidl_mailbox *ubox,
	     const uint32_t *msgs, unsigned int count, const char **uidls_r,
	     const char **error_r)
{
	string_t *str;
	uint32_t serial;
	unsigned int i;

	for (i = 0; i < count; i++) {
		serial = pop3_uidl_mailbox_serial(ubox,
			pop3_uidl_msgnum_to_seq(client, msgs[i] - 1));
		str = t_str_new(80);
		if (serial == 0 ||
		    !uidl_store_get_text(ubox->store, serial - 1, str)) {
			*error_r = "pop3_uidl: The store is damaged";
			return -1;
		}
		uidls_r[i] = str_c(str);
	}
	return 0;
}

static bool
answer_has_all(struct client *client, struct pop3_uidl_mailbox *ubox,
	       const uint32_t *msgs, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (pop3_uidl_mailbox_serial(ubox,
			pop3_uidl_msgnum_to_seq(client, msgs[i] - 1)) == 0)
			return FALSE;
	}
	return TRUE;
}

int pop3_uidl_answer(struct client *client, const uint32_t *msgs,
		     unsigned int count, const char **uidls_r)
{
	struct pop3_uidl_user *uuser = POP3_UIDL_USER_CONTEXT(client->user);
	struct pop3_uidl_mailbox *ubox;
	const char *error;

	if (uuser == NULL || uuser->host_only)
		return 0;
	if (count == 0)
		return 1;
	ubox = POP3_UIDL_MAILBOX_CONTEXT_REQUIRE(client->mailbox);
	if ((ubox->store != NULL &&
	     answer_has_all(client, ubox, msgs, count)) ||
	    assign_all(client, ubox, &error) == 0) {
		if (answer_texts(client, ubox, msgs, count, uidls_r,
				 &error) == 0)
			return 1;
	}
	e_error(pop3_ext->host_client_event(client), "%s", error);
	pop3_ext->disconnect(client, "UIDLs are not available");
	return -1;
}
