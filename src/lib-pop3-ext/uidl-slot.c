/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "buffer.h"
#include "byteorder.h"
#include "crc32.h"
#include "str.h"

#include "uidl-slot.h"

#define HEAD_MAGIC "POP3UIDL"
#define HEAD_CRC_POS (UIDL_HEAD_SIZE - 4)

/* 13 * 3 and the type fill a slot */
#define GONE_SIZE 13

#define FNV_OFFSET 0xcbf29ce484222325ULL
#define FNV_PRIME 0x100000001b3ULL

static void write16(unsigned char *dest, uint16_t value)
{
	dest[0] = value & 0xff;
	dest[1] = value >> 8;
}

static uint16_t read16(const unsigned char *src)
{
	return src[0] | (src[1] << 8);
}

static void write32(unsigned char *dest, uint32_t value)
{
	cpu32_to_le_unaligned(value, dest);
}

static uint32_t read32(const unsigned char *src)
{
	return le32_to_cpu_unaligned(src);
}

void uidl_head_write(const struct uidl_head *head,
		     unsigned char dest[UIDL_HEAD_SIZE])
{
	memset(dest, 0, UIDL_HEAD_SIZE);
	memcpy(dest, HEAD_MAGIC, strlen(HEAD_MAGIC));
	write16(dest + 8, UIDL_STORE_VERSION);
	write16(dest + 10, UIDL_SLOT_SIZE);
	write32(dest + 12, head->sequence);
	memcpy(dest + 16, head->store_id, UIDL_STORE_ID_SIZE);
	write32(dest + 32, head->slots);
	write32(dest + 36, head->messages);
	write32(dest + 40, head->last_template);
	write32(dest + 44, head->flags);
	cpu64_to_le_unaligned(head->chain, dest + 48);
	write32(dest + 56, head->base);
	write32(dest + HEAD_CRC_POS, crc32_data(dest, HEAD_CRC_POS));
}

int uidl_head_read(const unsigned char *data, size_t size,
		   struct uidl_head *head_r, const char **error_r)
{
	i_zero(head_r);
	if (size != UIDL_HEAD_SIZE ||
	    memcmp(data, HEAD_MAGIC, strlen(HEAD_MAGIC)) != 0) {
		*error_r = "is not a UIDL store";
		return -1;
	}
	if (read32(data + HEAD_CRC_POS) != crc32_data(data, HEAD_CRC_POS)) {
		*error_r = "is damaged";
		return -1;
	}
	if (read16(data + 8) > UIDL_STORE_VERSION) {
		*error_r = t_strdup_printf(
			"was written by a newer pop3_uidl (version %u, this "
			"one reads up to %u)", read16(data + 8),
			UIDL_STORE_VERSION);
		return -2;
	}
	head_r->sequence = read32(data + 12);
	memcpy(head_r->store_id, data + 16, UIDL_STORE_ID_SIZE);
	head_r->slots = read32(data + 32);
	head_r->messages = read32(data + 36);
	head_r->last_template = read32(data + 40);
	head_r->flags = read32(data + 44);
	head_r->chain = le64_to_cpu_unaligned(data + 48);
	head_r->base = read32(data + 56);
	if (read16(data + 10) != UIDL_SLOT_SIZE ||
	    head_r->base > head_r->slots ||
	    head_r->base % UIDL_BASE_UNIT != 0 ||
	    head_r->messages > head_r->slots - head_r->base ||
	    head_r->last_template > head_r->slots) {
		*error_r = "is damaged";
		return -1;
	}
	return 0;
}

void uidl_message_write(const struct uidl_message_slot *msg,
			unsigned char dest[UIDL_SLOT_SIZE])
{
	dest[0] = UIDL_SLOT_MESSAGE;
	dest[1] = msg->template_num;
	write16(dest + 2, msg->text_len);
	write32(dest + 4, msg->text_hash);
	write32(dest + 8, msg->number);
	memcpy(dest + 12, msg->guid, UIDL_DIGEST_SIZE);
	memcpy(dest + 24, msg->content, UIDL_DIGEST_SIZE);
	write32(dest + 36, msg->size);
}

bool uidl_message_read(const unsigned char src[UIDL_SLOT_SIZE],
		       struct uidl_message_slot *msg_r)
{
	if (src[0] != UIDL_SLOT_MESSAGE)
		return FALSE;
	msg_r->template_num = src[1];
	msg_r->text_len = read16(src + 2);
	msg_r->text_hash = read32(src + 4);
	msg_r->number = read32(src + 8);
	memcpy(msg_r->guid, src + 12, UIDL_DIGEST_SIZE);
	memcpy(msg_r->content, src + 24, UIDL_DIGEST_SIZE);
	msg_r->size = read32(src + 36);
	return TRUE;
}

unsigned int uidl_text_slots(size_t len)
{
	return (len + UIDL_TEXT_SLOT_SIZE - 1) / UIDL_TEXT_SLOT_SIZE;
}

void uidl_text_write(const char *text, size_t len, buffer_t *dest)
{
	unsigned char slot[UIDL_SLOT_SIZE];
	size_t size;

	for (; len > 0; text += size, len -= size) {
		size = I_MIN(len, UIDL_TEXT_SLOT_SIZE);
		memset(slot, 0, sizeof(slot));
		slot[0] = UIDL_SLOT_TEXT;
		slot[1] = size;
		memcpy(slot + 2, text, size);
		buffer_append(dest, slot, sizeof(slot));
	}
}

bool uidl_text_read(const unsigned char *src, unsigned int available,
		    size_t len, string_t *dest)
{
	size_t size;

	if (uidl_text_slots(len) > available)
		return FALSE;
	for (; len > 0; src += UIDL_SLOT_SIZE, len -= size) {
		size = I_MIN(len, UIDL_TEXT_SLOT_SIZE);
		if (src[0] != UIDL_SLOT_TEXT || src[1] != size)
			return FALSE;
		str_append_data(dest, src + 2, size);
	}
	return TRUE;
}

void uidl_gone_write(const struct uidl_gone *gone, unsigned int count,
		     unsigned char dest[UIDL_SLOT_SIZE])
{
	unsigned int i;

	i_assert(count <= UIDL_GONE_IN_SLOT);
	memset(dest, 0, UIDL_SLOT_SIZE);
	*dest++ = UIDL_SLOT_GONE;
	for (i = 0; i < count; i++, dest += GONE_SIZE) {
		dest[0] = gone[i].template_num;
		write32(dest + 1, gone[i].number);
		cpu64_to_le_unaligned(gone[i].key, dest + 5);
	}
}

bool uidl_gone_read(const unsigned char src[UIDL_SLOT_SIZE], unsigned int idx,
		    struct uidl_gone *gone_r)
{
	i_assert(idx < UIDL_GONE_IN_SLOT);
	if (src[0] != UIDL_SLOT_GONE)
		return FALSE;
	src += 1 + idx * GONE_SIZE;
	gone_r->template_num = src[0];
	gone_r->number = read32(src + 1);
	gone_r->key = le64_to_cpu_unaligned(src + 5);
	return gone_r->template_num != 0;
}

uint64_t uidl_gone_content(const unsigned char content[UIDL_DIGEST_SIZE])
{
	return le64_to_cpu_unaligned(content);
}

uint64_t uidl_text_hash_long(const char *text)
{
	uint64_t hash = FNV_OFFSET;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * FNV_PRIME;
	return hash;
}

uint32_t uidl_text_hash(const char *text)
{
	return uidl_text_hash_long(text) & 0xffffffff;
}

uint64_t uidl_chain(uint64_t chain, const unsigned char *slots,
		    unsigned int count)
{
	size_t i, words = (size_t)count * (UIDL_SLOT_SIZE / 8);

	for (i = 0; i < words; i++) {
		chain = (chain ^ le64_to_cpu_unaligned(slots + i * 8)) *
			FNV_PRIME;
		/* high bits have to come down, too */
		chain ^= chain >> 32;
	}
	return chain;
}
