/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Whatever a store holds: read, never beyond its end, and what was understood
   is written as it was. The first octet says which part it is. */

#include "lib.h"
#include "str.h"
#include "fuzzer.h"

#include "uidl-digest.h"
#include "uidl-slot.h"

static void fuzz_head(const uint8_t *data, size_t size)
{
	struct uidl_head head, again;
	unsigned char written[UIDL_HEAD_SIZE];
	const char *error;

	if (uidl_head_read(data, size, &head, &error) < 0)
		return;
	uidl_head_write(&head, written);
	if (uidl_head_read(written, sizeof(written), &again, &error) < 0 ||
	    memcmp(&head, &again, sizeof(head)) != 0)
		i_panic("head changes");
}

static void fuzz_slots(const uint8_t *data, size_t size)
{
	struct uidl_message_slot msg;
	struct uidl_gone gone[UIDL_GONE_IN_SLOT];
	struct uidl_template tmpl, again;
	unsigned char written[UIDL_SLOT_SIZE];
	string_t *str = t_str_new(128);
	unsigned int count = size / UIDL_SLOT_SIZE;

	for (; count > 0; count--, data += UIDL_SLOT_SIZE) {
		str_truncate(str, 0);
		if (uidl_message_read(data, &msg)) {
			uidl_message_write(&msg, written);
			if (memcmp(written, data, sizeof(written)) != 0)
				i_panic("message changes");
			if (uidl_text_read(data + UIDL_SLOT_SIZE, count - 1,
					   msg.text_len, str) &&
			    str_len(str) != msg.text_len)
				i_panic("wrong length of text");
		} else if (uidl_gone_read(data, 0, &gone[0]) &&
			   uidl_gone_read(data, 1, &gone[1]) &&
			   uidl_gone_read(data, 2, &gone[2])) {
			uidl_gone_write(gone, 3, written);
			if (memcmp(written, data, sizeof(written)) != 0)
				i_panic("gone messages change");
		} else if (uidl_template_read(data, &tmpl)) {
			uidl_template_write(&tmpl, written);
			if (!uidl_template_read(written, &again) ||
			    memcmp(&tmpl, &again, sizeof(tmpl)) != 0)
				i_panic("template changes");
			uidl_template_expand(&tmpl, 12345, str);
			if (strlen(str_c(str)) == str_len(str) &&
			    !uidl_template_makes(&tmpl, 12345, str_c(str)))
				i_panic("template does not make its text");
		}
	}
}

/* Pieces of any size make the same digest. */
static void fuzz_digest(const uint8_t *data, size_t size)
{
	struct uidl_digest *digest = uidl_digest_init();
	unsigned char whole[UIDL_DIGEST_SIZE], pieces[UIDL_DIGEST_SIZE];
	size_t i;

	uidl_digest_begin(digest);
	(void)uidl_digest_more(digest, data, size);
	uidl_digest_end(digest, whole);
	uidl_digest_begin(digest);
	for (i = 0; i < size && uidl_digest_more(digest, data + i, 1); i++) ;
	uidl_digest_end(digest, pieces);
	if (memcmp(whole, pieces, sizeof(whole)) != 0)
		i_panic("digest depends on pieces");
	uidl_digest_deinit(&digest);
}

static void fuzz_text(const uint8_t *data, size_t size)
{
	const char *text = t_strndup(data, size);
	struct uidl_template tmpl;
	string_t *str = t_str_new(128);

	if (!uidl_template_find(text, 12, &tmpl))
		return;
	uidl_template_expand(&tmpl, 12, str);
	if (strcmp(str_c(str), text) != 0)
		i_panic("template makes another text");
}

FUZZ_BEGIN_DATA(const uint8_t *data, size_t size)
	if (size > 1) {
		switch (data[0] % 4) {
		case 0:
			fuzz_head(data + 1, size - 1);
			break;
		case 1:
			fuzz_slots(data + 1, size - 1);
			break;
		case 2:
			fuzz_digest(data + 1, size - 1);
			break;
		default:
			fuzz_text(data + 1, size - 1);
			break;
		}
	}
FUZZ_END
