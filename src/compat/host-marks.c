/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "pop3-common.h"

#include "dovecot-compat.h"
#include "host-marks.h"

#ifndef HOST_CLIENT_DELETED
bool host_client_have_marks(const struct client *client)
{
	return client->deleted_bitmask != NULL;
}

void host_client_set_marks(struct client *client ATTR_UNUSED,
			   bool have ATTR_UNUSED)
{
}
#else
bool host_client_have_marks(const struct client *client)
{
	return client->deleted;
}

void host_client_set_marks(struct client *client, bool have)
{
	client->deleted = have;
}
#endif

static bool bitmask_has(const unsigned char *bitmask, uint32_t msgnum)
{
	/* RSET of 2.3 keeps an empty bitmask */
	return bitmask != NULL &&
		(bitmask[msgnum / CHAR_BIT] & (1 << (msgnum % CHAR_BIT))) != 0;
}

bool host_client_is_deleted(const struct client *client, uint32_t msgnum)
{
	return bitmask_has(client->deleted_bitmask, msgnum);
}

bool host_client_is_retrieved(const struct client *client, uint32_t msgnum)
{
	return bitmask_has(client->seen_bitmask, msgnum);
}

void host_client_mark_deleted(struct client *client, uint32_t msgnum)
{
	if (host_client_is_deleted(client, msgnum))
		return;
	if (client->deleted_bitmask == NULL)
		client->deleted_bitmask = i_malloc(MSGS_BITMASK_SIZE(client));
	host_client_set_marks(client, TRUE);
	client->deleted_bitmask[msgnum / CHAR_BIT] |= 1 << (msgnum % CHAR_BIT);
	client->deleted_count++;
	client->deleted_size += client->message_sizes[msgnum];
}
