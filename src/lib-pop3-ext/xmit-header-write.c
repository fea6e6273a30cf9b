/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The header of a message on its way out:

     Received: from [192.0.2.7] (user alice)
     	by pop.example.org (pop3-ext) with POP3 (TLS TLSv1.3)
     	id Hg5vYc0B for <bob@example.net>;
     	Sat, 21 Nov 2026 03:00:00 +0000
     ... the lines that came, without Bcc ...
     Date: Sat, 21 Nov 2026 03:00:00 +0000      these only if they are missing,
     Message-ID: <unique@example.org>           Sender as the policy says
     From: alice@example.org
     Sender: alice@example.org
*/

#include "lib.h"
#include "array.h"
#include "str.h"
#include "message-date.h"
#include "rfc822-parser.h"

#include "pop3-ext-limits.h"
#include "reply-text.h"
#include "xmit-address.h"
#include "xmit-header.h"

/* A word that can't be mistaken for anything else */
static void append_word(string_t *out, const char *text, const char *others)
{
	size_t end = str_len(out) + POP3_EXT_MAX_DOMAIN;

	for (; *text != '\0' && str_len(out) < end; text++) {
		if ((unsigned char)*text < 0x80 &&
		    (IS_ATEXT(*text) || strchr(others, *text) != NULL))
			str_append_c(out, *text);
		else
			str_append_c(out, '_');
	}
}

static void append_comment(string_t *out, const char *what, const char *text)
{
	const char *p;

	str_append(out, " (");
	str_append(out, what);
	text = reply_text_sanitize(text, POP3_EXT_MAX_QUOTED_TEXT);
	if (*text != '\0')
		str_append_c(out, ' ');
	for (p = text; *p != '\0'; p++) {
		if (strchr("()\\", *p) != NULL)
			str_append_c(out, '\\');
		str_append_c(out, *p);
	}
	str_append_c(out, ')');
}

static void
append_received(string_t *out, const struct xmit_header *header,
		const struct xmit_header_additions *add)
{
	const struct smtp_address *rcpt;

	str_append(out, "Received: from ");
	if (add->client_ip.family == 0)
		str_append(out, "unknown");
	else {
		str_printfa(out, "[%s%s]",
			    add->client_ip.family == AF_INET ? "" : "IPv6:",
			    net_ip2addr(&add->client_ip));
	}
	if (add->user != NULL)
		append_comment(out, "user", add->user);

	str_append(out, "\r\n\tby ");
	append_word(out, add->hostname, ".:[]");
	str_append(out, " (pop3-ext) with POP3");
	if (add->tls != NULL)
		append_comment(out, "TLS", add->tls);

	str_append(out, "\r\n\tid ");
	append_word(out, add->session_id == NULL ? "-" : add->session_id, "");
	rcpt = array_idx_elem(&header->recipients, 0);
	if (array_count(&header->recipients) == 1 &&
	    xmit_address_is_ascii(rcpt))
		str_printfa(out, " for <%s>", xmit_address_to_text(rcpt));
	str_printfa(out, ";\r\n\t%s\r\n", message_date_create(add->date));
}

static void
append_message_id(string_t *out, const char *prefix,
		  const struct xmit_header_additions *add)
{
	str_append_c(out, '<');
	str_append(out, prefix);
	append_word(out, add->unique_id, ".");
	str_append_c(out, '@');
	append_word(out, add->domain, ".:[]");
	str_append_c(out, '>');
}

static void
append_address_field(string_t *out, const char *name,
		     const struct smtp_address *address)
{
	str_printfa(out, "%s: %s\r\n", name, xmit_address_to_text(address));
}

/* Fields that the newest block of Resent- fields lacks */
static void
append_resent_fields(string_t *out, const struct xmit_header *header,
		     const struct xmit_header_additions *add)
{
	if (!header->has_resent_date) {
		str_printfa(out, "Resent-Date: %s\r\n",
			    message_date_create(add->date));
	}
	if (!header->has_resent_message_id) {
		str_append(out, "Resent-Message-ID: ");
		append_message_id(out, "resent.", add);
		str_append(out, "\r\n");
	}
	if (!header->has_resent_from)
		append_address_field(out, "Resent-From", add->own_address);
	if (add->set_sender)
		append_address_field(out, "Resent-Sender", add->own_address);
}

static void
append_missing_fields(string_t *out, const struct xmit_header *header,
		      const struct xmit_header_additions *add)
{
	if (!header->has_date) {
		str_printfa(out, "Date: %s\r\n",
			    message_date_create(add->date));
	}
	if (!header->has_message_id) {
		str_append(out, "Message-ID: ");
		append_message_id(out, "", add);
		str_append(out, "\r\n");
	}
	if (!header->has_from)
		append_address_field(out, "From", add->own_address);
	if (add->set_sender && !header->resent)
		append_address_field(out, "Sender", add->own_address);
}

static bool
is_cut_out(const struct xmit_header *header, enum xmit_header_cut_type type,
	   const struct xmit_header_additions *add)
{
	switch (type) {
	case XMIT_HEADER_CUT_BCC:
		return !add->keep_bcc;
	case XMIT_HEADER_CUT_RETURN_PATH:
		return TRUE;
	case XMIT_HEADER_CUT_SENDER:
		return add->set_sender && !header->resent;
	case XMIT_HEADER_CUT_RESENT_SENDER:
		return add->set_sender && header->resent;
	}
	i_unreached();
}

/* The lines from start to end, which are at beginnings of fields */
static void
append_text(string_t *out, const struct xmit_header *header,
	    const struct xmit_header_additions *add, size_t start, size_t end)
{
	const struct xmit_header_cut *cut;

	array_foreach(&header->cuts, cut) {
		if (cut->offset < start || cut->offset >= end ||
		    !is_cut_out(header, cut->type, add))
			continue;
		str_append_data(out, str_data(header->text) + start,
				cut->offset - start);
		start = cut->offset + cut->size;
	}
	str_append_data(out, str_data(header->text) + start, end - start);
}

void xmit_header_finish(string_t *out, const struct xmit_header *header,
			const struct xmit_header_additions *add)
{
	size_t size = str_len(header->text);

	append_received(out, header, add);
	if (header->resent) {
		append_text(out, header, add, 0, header->resent_offset);
		append_resent_fields(out, header, add);
		append_text(out, header, add, header->resent_offset, size);
	} else {
		append_text(out, header, add, 0, size);
	}
	append_missing_fields(out, header, add);
	str_append(out, "\r\n");
}

const char *
xmit_header_message_id(const struct xmit_header *header,
		       const struct xmit_header_additions *add)
{
	string_t *id;

	if (header->has_message_id)
		return header->message_id;
	id = t_str_new(128);
	append_message_id(id, "", add);
	return str_c(id);
}
