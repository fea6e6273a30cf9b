#ifndef HOST_UIDL_H
#define HOST_UIDL_H

struct event;
struct mail_storage_settings;

/* Expands pop3_uidl_format for messages of a mailbox with this UIDVALIDITY, where
   it has no other keys than uid and uidvalidity: where uidls[] is NULL,
   for uids[] at the same place. From the data stack. -1 when it can't be
   expanded. */
int host_uidls_expand(const struct mail_storage_settings *set,
		      struct event *event, uint32_t uid_validity,
		      const uint32_t *uids, unsigned int count,
		      const char **uidls);

#endif
