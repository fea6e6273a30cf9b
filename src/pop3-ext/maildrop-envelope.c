/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* What is left of a message's envelope in its header. The fields come through
   the host's cache: mail that was seen once costs no reading of its file. */

#include "lib.h"
#include "istream.h"
#include "mail-storage-private.h"
#include "mail-user.h"
#include "smtp-submit-settings.h"

#include "envelope-fields.h"
#include "host-settings.h"
#include "maildrop-envelope.h"
#include "pop3-ext-client.h"
#include "pop3-ext-settings.h"

static const char *const *headers_get(const char *value)
{
	const char *const *headers, *error;

	/* the setting has been checked */
	if (envelope_headers_parse(pool_datastack_create(), value,
				   &headers, &error) < 0)
		i_unreached();
	return headers;
}

const char *const *
maildrop_envelope_recipient_headers(struct pop3_ext_client *eclient)
{
	return headers_get(eclient->set->pop3_ext_sdps_recipient_headers);
}

const char *const *
maildrop_envelope_sender_headers(struct pop3_ext_client *eclient)
{
	return headers_get(eclient->set->pop3_ext_sdps_sender_headers);
}

int maildrop_envelope_read(struct mail *mail,
			   struct mailbox_header_lookup_ctx *fields,
			   const char *const *names, pool_t pool,
			   const char *default_domain,
			   struct smtp_address **address_r)
{
	enum envelope_address_type type;
	struct istream *input;

	/* only this keeps the order of fields with different names, also when
	   they come from the cache */
	if (mail_get_header_stream(mail, fields, &input) < 0)
		return -1;
	if (envelope_fields_read(input, names, pool, default_domain,
				 &type, address_r) < 0) {
		mail_set_critical(mail, "read(%s) failed: %s",
				  i_stream_get_name(input),
				  i_stream_get_error(input));
		return -1;
	}
	return type == ENVELOPE_ADDRESS_FOUND ? 1 : 0;
}

const char *maildrop_envelope_domain(struct pop3_ext_client *eclient)
{
	const struct pop3_ext_settings *set = eclient->set;
	struct mail_user *user = eclient->client->user;
	const struct smtp_submit_settings *host_set;
	const char *domain, *error;

	if (set->pop3_ext_view_host[0] != '\0')
		return set->pop3_ext_view_host;
	domain = strrchr(user->username, '@');
	if (domain != NULL && domain[1] != '\0')
		return domain + 1;
	if (set->pop3_ext_xmit_domain[0] != '\0')
		return set->pop3_ext_xmit_domain;
	if (set->pop3_ext_xmit_hostname[0] != '\0')
		return set->pop3_ext_xmit_hostname;
	if (host_submission_settings_get(user, pool_datastack_create(),
					 &host_set, &error) < 0)
		return "localhost";
	return host_set->hostname;
}
