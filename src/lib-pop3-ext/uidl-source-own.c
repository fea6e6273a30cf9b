/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* What "doveadm pop3-uidl export" writes and "import" reads without --format
   (doc/spec/uidl-export.txt):

     pop3-uidl 1 user=jane mailbox=INBOX
     uidl 0000000158f0a3b1 content=9f86d081884c7d659a2feaa0 size=1432
     uidl 0000000258f0a3b1 gone content=60303ae22b998861bce3b28f
     end 2

   Words with one space between them, a line for each UIDL, and at the end how
   many there were, so that a list that was cut is noticed. Parts of several
   users stand one after the other. Octets that no word can have are %XX. */

#include "lib.h"
#include "buffer.h"
#include "hex-binary.h"
#include "str.h"
#include "str-sanitize.h"
#include "strnum.h"

#include "dovecot-compat.h"
#include "uidl-source.h"

#define OWN_MAGIC "pop3-uidl"
#define OWN_VERSION "1"

/* A part that has begun */
struct own_part {
	/* NULL: none has */
	char *user, *mailbox;
	unsigned int count;
};

static bool octet_is_plain(unsigned char c)
{
	return c > 0x20 && c < 0x7f && c != '%';
}

static void own_append(string_t *dest, const char *name, const char *value)
{
	str_printfa(dest, " %s=", name);
	for (; *value != '\0'; value++) {
		if (octet_is_plain(*value))
			str_append_c(dest, *value);
		else
			str_printfa(dest, "%%%02X", (unsigned char)*value);
	}
}

static int own_decode(const char *value, const char **str_r)
{
	string_t *str = t_str_new(strlen(value));
	buffer_t *octet = t_buffer_create(1);

	for (; *value != '\0'; value++) {
		if (octet_is_plain(*value)) {
			str_append_c(str, *value);
			continue;
		}
		buffer_set_used_size(octet, 0);
		if (value[0] != '%' || value[1] == '\0' || value[2] == '\0' ||
		    hex_to_binary(t_strndup(value + 1, 2), octet) < 0 ||
		    octet->used != 1 ||
		    *(const unsigned char *)octet->data == '\0')
			return -1;
		str_append_data(str, octet->data, 1);
		value += 2;
	}
	*str_r = str_c(str);
	return 0;
}

static bool digest_is_known(const unsigned char digest[UIDL_DIGEST_SIZE])
{
	static const unsigned char none[UIDL_DIGEST_SIZE];

	return memcmp(digest, none, UIDL_DIGEST_SIZE) != 0;
}

void uidl_own_write_head(string_t *dest, const char *user, const char *mailbox)
{
	str_append(dest, OWN_MAGIC" "OWN_VERSION);
	own_append(dest, "user", user);
	own_append(dest, "mailbox", mailbox);
	str_append_c(dest, '\n');
}

void uidl_own_write_record(string_t *dest,
			   const struct uidl_source_record *record)
{
	if (record->uidl[0] == '\0') {
		str_printfa(dest, "used %016"PRIx64"\n", record->key);
		return;
	}
	str_append(dest, "uidl ");
	str_append(dest, record->uidl);
	if (record->gone)
		str_append(dest, " gone");
	if (digest_is_known(record->guid)) {
		str_append(dest, " guid=");
		binary_to_hex_append(dest, record->guid, UIDL_DIGEST_SIZE);
	}
	if (digest_is_known(record->content)) {
		str_append(dest, " content=");
		binary_to_hex_append(dest, record->content, UIDL_DIGEST_SIZE);
	}
	if (record->size != UOFF_T_MAX)
		str_printfa(dest, " size=%"PRIuUOFF_T, record->size);
	if (record->uid != 0 && record->uid_validity != 0) {
		str_printfa(dest, " uid=%u/%u", record->uid,
			    record->uid_validity);
	}
	if (record->forgotten) {
		str_printfa(dest, " number=%u key=%016"PRIx64, record->number,
			    record->key);
	}
	str_append_c(dest, '\n');
}

void uidl_own_write_end(string_t *dest, unsigned int count)
{
	str_printfa(dest, "end %u\n", count);
}

static int
own_parse_digest(const char *value, unsigned char dest[UIDL_DIGEST_SIZE])
{
	buffer_t *buf = t_buffer_create(UIDL_DIGEST_SIZE);

	if (strlen(value) != UIDL_DIGEST_SIZE * 2 ||
	    hex_to_binary(value, buf) < 0 || buf->used != UIDL_DIGEST_SIZE)
		return -1;
	memcpy(dest, buf->data, UIDL_DIGEST_SIZE);
	return 0;
}

static int own_parse_uid(const char *value, struct uidl_source_record *record)
{
	if (str_parse_uint32(value, &record->uid, &value) < 0 ||
	    *value++ != '/' || str_to_uint32(value, &record->uid_validity) < 0)
		return -1;
	return record->uid == 0 || record->uid_validity == 0 ? -1 : 0;
}

static int own_parse_key(const char *value, struct uidl_source_record *record)
{
	record->forgotten = record->gone = TRUE;
	return strlen(value) != 16 ? -1 :
		str_to_uint64_hex(value, &record->key);
}

static int
own_parse_word(const char *word, struct uidl_source_record *record,
	       const char **error_r)
{
	const char *value = strchr(word, '=');
	size_t len = value == NULL ? strlen(word) : (size_t)(value++ - word);
	const char *name = t_strndup(word, len);
	int ret = -1;

	if (value == NULL) {
		if ((ret = strcmp(name, "gone") == 0 ? 0 : -1) == 0)
			record->gone = TRUE;
	} else if (strcmp(name, "guid") == 0)
		ret = own_parse_digest(value, record->guid);
	else if (strcmp(name, "content") == 0)
		ret = own_parse_digest(value, record->content);
	else if (strcmp(name, "size") == 0)
		ret = str_to_uoff(value, &record->size);
	else if (strcmp(name, "uid") == 0)
		ret = own_parse_uid(value, record);
	else if (strcmp(name, "number") == 0)
		ret = str_to_uint32(value, &record->number);
	else if (strcmp(name, "key") == 0)
		ret = own_parse_key(value, record);
	if (ret < 0)
		*error_r = t_strdup_printf("the word '%s' is invalid",
					   str_sanitize(word, 80));
	return ret;
}

static int
own_parse_record(struct uidl_source_reader *reader, struct own_part *part,
		 const char *const *words, const char **error_r)
{
	struct uidl_source_record record;

	if (words[0] == NULL) {
		*error_r = "the UIDL is missing";
		return -1;
	}
	uidl_source_record_init(&record);
	record.uidl = words[0];
	record.user = part->user;
	record.mailbox = part->mailbox;
	record.order = ++part->count;
	while (*++words != NULL) {
		if (own_parse_word(*words, &record, error_r) < 0)
			return -1;
	}
	return uidl_source_found(reader, &record, error_r);
}

/* Of a UIDL that no message may have only the hash is left. */
static int
own_parse_used(struct uidl_source_reader *reader, struct own_part *part,
	       const char *const *words, const char **error_r)
{
	struct uidl_source_record record;

	uidl_source_record_init(&record);
	record.uidl = "";
	record.user = part->user;
	record.mailbox = part->mailbox;
	record.order = ++part->count;
	if (words[0] == NULL || words[1] != NULL ||
	    own_parse_key(words[0], &record) < 0) {
		*error_r = "the hash after 'used' is missing or invalid";
		return -1;
	}
	return reader->callback(reader->context, &record, error_r);
}

static int
own_parse_head(struct own_part *part, const char *const *words,
	       const char **error_r)
{
	const char *user, *mailbox;

	if (words[0] == NULL || strcmp(words[0], OWN_VERSION) != 0) {
		*error_r = "it is of a version other than "OWN_VERSION;
		return -1;
	}
	if (str_array_length(words) != 3 ||
	    !str_begins_with(words[1], "user=") ||
	    !str_begins_with(words[2], "mailbox=") ||
	    own_decode(words[1] + 5, &user) < 0 ||
	    own_decode(words[2] + 8, &mailbox) < 0) {
		*error_r = "the user or the mailbox is missing or invalid";
		return -1;
	}
	part->user = i_strdup(user);
	part->mailbox = i_strdup(mailbox);
	part->count = 0;
	return 0;
}

static void own_part_end(struct own_part *part)
{
	i_free(part->user);
	i_free(part->mailbox);
}

static int
own_parse_end(struct own_part *part, const char *const *words,
	      const char **error_r)
{
	unsigned int count;

	if (words[0] == NULL || str_to_uint(words[0], &count) < 0 ||
	    words[1] != NULL) {
		*error_r = "the number after 'end' is missing or invalid";
		return -1;
	}
	if (count != part->count) {
		*error_r = t_strdup_printf("%u lines with UIDLs are before "
			"this, but it says %u", part->count, count);
		return -1;
	}
	own_part_end(part);
	return 0;
}

static int
own_parse_line(struct uidl_source_reader *reader, struct own_part *part,
	       const char *line, const char **error_r)
{
	const char *const *words = t_strsplit(line, " ");
	bool is_head = null_strcmp(words[0], OWN_MAGIC) == 0;

	if (words[0] == NULL) {
		*error_r = "the line is empty";
		return -1;
	}
	if (is_head && part->user == NULL)
		return own_parse_head(part, words + 1, error_r);
	if (part->user == NULL || is_head) {
		*error_r = part->user == NULL ?
			"it should begin with 'pop3-uidl 1'" :
			"the line 'end' is missing before this";
		return -1;
	}
	if (strcmp(words[0], "uidl") == 0)
		return own_parse_record(reader, part, words + 1, error_r);
	if (strcmp(words[0], "used") == 0)
		return own_parse_used(reader, part, words + 1, error_r);
	if (strcmp(words[0], "end") == 0)
		return own_parse_end(part, words + 1, error_r);
	*error_r = "it begins with none of the words 'uidl', 'used' and 'end'";
	return -1;
}

static int own_read(struct uidl_source_reader *reader, const char **error_r)
{
	struct own_part part;
	char *line;
	int ret;

	i_zero(&part);
	while ((ret = uidl_source_line(reader, &line, error_r)) > 0) {
		T_BEGIN {
			ret = own_parse_line(reader, &part, line, error_r);
		} T_END_PASS_STR_IF(ret < 0, error_r);
		if (ret < 0)
			break;
	}
	if (ret == 0 && (part.user != NULL || reader->line == 0)) {
		*error_r = reader->line == 0 ? "it is empty" :
			"the line 'end' is missing: it was cut";
		ret = -1;
	}
	own_part_end(&part);
	return ret;
}

const struct uidl_source uidl_source_own = {
	.name = "own",
	.description = "what \"export\" has written",
	.read = own_read,
};
