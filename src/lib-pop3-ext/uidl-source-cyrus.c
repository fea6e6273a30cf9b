/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* The file cyrus.index of a mailbox of Cyrus: a head and a record for each
   message, all integers big-endian.

     head      8: version (10 to 19)   12: its size   16: size of a record
	       20: records   44: UIDVALIDITY   60: options
     record    0: UID   12: size   32: flags

   UIDLs are made of the UIDVALIDITY and the UID, in the way that uidl_format of
   imapd.conf says, which is in no file of the mailbox: there is a source for
   each. Mailboxes of old are without an option, and have the UID alone. From
   version 20 on the places differ. */

#include "lib.h"
#include "istream.h"

#include "dovecot-compat.h"
#include "uidl-source.h"

#define CYRUS_MIN_VERSION 10
#define CYRUS_MAX_VERSION 19
#define CYRUS_HEAD_SIZE 64
#define CYRUS_RECORD_SIZE 36
/* of the head and of a record; they have 160 and 112 octets */
#define CYRUS_MAX_SIZE 4096

#define CYRUS_OPTION_NEW_UIDL 0x01
#define CYRUS_FLAG_EXPUNGED 0x80000000U
#define CYRUS_FLAG_UNLINKED 0x40000000U

typedef const char *cyrus_uidl_t(uint32_t uid_validity, uint32_t uid);

struct cyrus_index {
	uint32_t head_size, record_size, records, uid_validity;
	cyrus_uidl_t *uidl;
};

static const char *
uidl_uidonly(uint32_t uid_validity ATTR_UNUSED, uint32_t uid)
{
	return t_strdup_printf("%u", uid);
}

static const char *uidl_cyrus(uint32_t uid_validity, uint32_t uid)
{
	return t_strdup_printf("%u.%u", uid_validity, uid);
}

static const char *uidl_dovecot(uint32_t uid_validity, uint32_t uid)
{
	return t_strdup_printf("%08x%08x", uid, uid_validity);
}

static const char *uidl_courier(uint32_t uid_validity, uint32_t uid)
{
	return t_strdup_printf("%u-%u", uid_validity, uid);
}

static int
cyrus_need(struct uidl_source_reader *reader, size_t size,
	   const unsigned char **data_r, const char **error_r)
{
	size_t have;

	if (i_stream_read_bytes(reader->input, data_r, &have, size) > 0)
		return 0;
	*error_r = reader->input->stream_errno == 0 ? "it ends too early" :
		t_strdup_printf("can't be read: %s",
				i_stream_get_error(reader->input));
	return -1;
}

static int
cyrus_read_head(struct uidl_source_reader *reader, struct cyrus_index *index,
		const char **error_r)
{
	const unsigned char *data;
	uint32_t version;

	if (cyrus_need(reader, CYRUS_HEAD_SIZE, &data, error_r) < 0)
		return -1;
	version = be32_to_cpu_unaligned(data + 8);
	index->head_size = be32_to_cpu_unaligned(data + 12);
	index->record_size = be32_to_cpu_unaligned(data + 16);
	index->records = be32_to_cpu_unaligned(data + 20);
	index->uid_validity = be32_to_cpu_unaligned(data + 44);
	if (version < CYRUS_MIN_VERSION || version > CYRUS_MAX_VERSION) {
		*error_r = t_strdup_printf("it is no cyrus.index of a version "
			"from %u to %u", CYRUS_MIN_VERSION, CYRUS_MAX_VERSION);
		return -1;
	}
	if (index->head_size < CYRUS_HEAD_SIZE ||
	    index->head_size > CYRUS_MAX_SIZE ||
	    index->record_size < CYRUS_RECORD_SIZE ||
	    index->record_size > CYRUS_MAX_SIZE || index->uid_validity == 0) {
		*error_r = "the cyrus.index is damaged";
		return -1;
	}
	if ((be32_to_cpu_unaligned(data + 60) & CYRUS_OPTION_NEW_UIDL) == 0)
		index->uidl = uidl_uidonly;
	/* data is gone with this */
	if (cyrus_need(reader, index->head_size, &data, error_r) < 0)
		return -1;
	i_stream_skip(reader->input, index->head_size);
	return 0;
}

static int
cyrus_read_record(struct uidl_source_reader *reader,
		  const struct cyrus_index *index, unsigned int *order,
		  const char **error_r)
{
	struct uidl_source_record record;
	const unsigned char *data;
	uint32_t flags;

	if (cyrus_need(reader, index->record_size, &data, error_r) < 0)
		return -1;
	uidl_source_record_init(&record);
	record.uid = be32_to_cpu_unaligned(data);
	record.uid_validity = index->uid_validity;
	record.size = be32_to_cpu_unaligned(data + 12);
	flags = be32_to_cpu_unaligned(data + 32);
	i_stream_skip(reader->input, index->record_size);
	if (record.uid == 0) {
		*error_r = "the record has no UID";
		return -1;
	}
	if ((flags & (CYRUS_FLAG_EXPUNGED | CYRUS_FLAG_UNLINKED)) != 0)
		return 0;
	record.order = ++*order;
	record.uidl = index->uidl(record.uid_validity, record.uid);
	return uidl_source_found(reader, &record, error_r);
}

static int
cyrus_read(struct uidl_source_reader *reader, cyrus_uidl_t *uidl,
	   const char **error_r)
{
	struct cyrus_index index = { .uidl = uidl };
	unsigned int order = 0;
	int ret = 0;

	if (cyrus_read_head(reader, &index, error_r) < 0)
		return -1;
	while (ret == 0 && reader->line < index.records) {
		reader->line++;
		T_BEGIN {
			ret = cyrus_read_record(reader, &index, &order,
						error_r);
		} T_END_PASS_STR_IF(ret < 0, error_r);
	}
	return ret;
}

static int
cyrus_default_read(struct uidl_source_reader *reader, const char **error_r)
{
	return cyrus_read(reader, uidl_cyrus, error_r);
}

static int
cyrus_uidonly_read(struct uidl_source_reader *reader, const char **error_r)
{
	return cyrus_read(reader, uidl_uidonly, error_r);
}

static int
cyrus_dovecot_read(struct uidl_source_reader *reader, const char **error_r)
{
	return cyrus_read(reader, uidl_dovecot, error_r);
}

static int
cyrus_courier_read(struct uidl_source_reader *reader, const char **error_r)
{
	return cyrus_read(reader, uidl_courier, error_r);
}

const struct uidl_source uidl_source_cyrus = {
	.name = "cyrus",
	.description = "cyrus.index, uidl_format: the default (UIDVALIDITY.UID)",
	.read = cyrus_default_read,
};
const struct uidl_source uidl_source_cyrus_uidonly = {
	.name = "cyrus-uidonly",
	.description = "cyrus.index, uidl_format: uidonly",
	.read = cyrus_uidonly_read,
};
const struct uidl_source uidl_source_cyrus_dovecot = {
	.name = "cyrus-dovecot",
	.description = "cyrus.index, uidl_format: dovecot",
	.read = cyrus_dovecot_read,
};
const struct uidl_source uidl_source_cyrus_courier = {
	.name = "cyrus-courier",
	.description = "cyrus.index, uidl_format: courier",
	.read = cyrus_courier_read,
};
