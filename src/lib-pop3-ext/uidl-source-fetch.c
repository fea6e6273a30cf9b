/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* What "doveadm fetch" prints, by itself or with -f tab:

     pop3.uidl: 0000000158f0a3b1             pop3.uidl       guid
     guid: 1795685501.M1P1.host              0000000158f0... 1795685501.M1P1...
     ^L
     pop3.uidl: 0000000258f0a3b1

   The fields that count are in the table below, others are passed over. A
   message whose pop3.uidl is empty has none that is kept. */

#include "lib.h"
#include "str.h"
#include "strnum.h"

#include "dovecot-compat.h"
#include "uidl-digest.h"
#include "uidl-source.h"

enum fetch_field {
	FETCH_UIDL,
	FETCH_GUID,
	FETCH_MESSAGE_ID,
	FETCH_SIZE,
	FETCH_ORDER,
	FETCH_USER,
	FETCH_MAILBOX,

	FETCH_FIELD_COUNT
};

static const char *const fetch_names[] = {
	"pop3.uidl", "guid", "hdr.message-id", "size.virtual", "pop3.order",
	"user", "mailbox"
};

struct fetch_page {
	/* empty and not seen: no such field in this page */
	string_t *values[FETCH_FIELD_COUNT];
	bool seen[FETCH_FIELD_COUNT];
	bool any;
};

static void fetch_page_clear(struct fetch_page *page)
{
	unsigned int i;

	for (i = 0; i < FETCH_FIELD_COUNT; i++) {
		str_truncate(page->values[i], 0);
		page->seen[i] = FALSE;
	}
	page->any = FALSE;
}

/* FETCH_FIELD_COUNT: none of ours */
static enum fetch_field fetch_field_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < FETCH_FIELD_COUNT; i++) {
		if (strcasecmp(name, fetch_names[i]) == 0)
			break;
	}
	return i;
}

static int
fetch_page_set(struct fetch_page *page, enum fetch_field field,
	       const char *value, const char **error_r)
{
	page->any = TRUE;
	if (field == FETCH_FIELD_COUNT)
		return 0;
	if (page->seen[field]) {
		/* a header with line ends in it could look like this */
		*error_r = t_strdup_printf("%s comes twice for one message",
					   fetch_names[field]);
		return -1;
	}
	page->seen[field] = TRUE;
	str_append(page->values[field], value);
	return 0;
}

static const char *fetch_get(struct fetch_page *page, enum fetch_field field)
{
	return str_len(page->values[field]) == 0 ? NULL :
		str_c(page->values[field]);
}

/* The message's end: hand it over. */
static int
fetch_page_end(struct uidl_source_reader *reader, struct fetch_page *page,
	       const char **error_r)
{
	struct uidl_source_record record;
	const char *value;

	if (!page->seen[FETCH_UIDL]) {
		*error_r = "there is no pop3.uidl for this message";
		return -1;
	}
	uidl_source_record_init(&record);
	record.uidl = fetch_get(page, FETCH_UIDL);
	record.message_id = fetch_get(page, FETCH_MESSAGE_ID);
	record.user = fetch_get(page, FETCH_USER);
	record.mailbox = fetch_get(page, FETCH_MAILBOX);
	if ((value = fetch_get(page, FETCH_GUID)) != NULL)
		uidl_guid_digest(value, record.guid);
	value = fetch_get(page, FETCH_SIZE);
	if (value != NULL && str_to_uoff(value, &record.size) < 0) {
		*error_r = "the size.virtual is invalid";
		return -1;
	}
	value = fetch_get(page, FETCH_ORDER);
	if (value != NULL && str_to_uint(value, &record.order) < 0) {
		*error_r = "the pop3.order is invalid";
		return -1;
	}
	return record.uidl == NULL ? 0 :
		uidl_source_found(reader, &record, error_r);
}

static int
fetch_pager_line(struct uidl_source_reader *reader, struct fetch_page *page,
		 const char *line, const char **error_r)
{
	const char *p;
	int ret;

	if (strcmp(line, "\f") == 0) {
		ret = fetch_page_end(reader, page, error_r);
		fetch_page_clear(page);
		return ret;
	}
	/* else it is in the middle of a value that counts for nothing */
	p = strstr(line, ": ");
	if (p == NULL && (p = strchr(line, ':')) != NULL && p[1] != '\0')
		p = NULL;
	if (p == NULL)
		return 0;
	return fetch_page_set(page, fetch_field_find(t_strdup_until(line, p)),
			      p[1] == '\0' ? "" : p + 2, error_r);
}

static int
fetch_tab_line(struct uidl_source_reader *reader, struct fetch_page *page,
	       const char *const *titles, const char *line,
	       const char **error_r)
{
	const char *const empty[] = { "", NULL };
	const char *const *words = *line == '\0' ? empty :
		t_strsplit(line, "\t");
	unsigned int i;

	if (str_array_length(words) != str_array_length(titles)) {
		*error_r = "it has not as many columns as the first line";
		return -1;
	}
	fetch_page_clear(page);
	for (i = 0; titles[i] != NULL; i++) {
		if (fetch_page_set(page, fetch_field_find(titles[i]),
				   words[i], error_r) < 0)
			return -1;
	}
	return fetch_page_end(reader, page, error_r);
}

static int
fetch_read_lines(struct uidl_source_reader *reader, struct fetch_page *page,
		 const char **error_r)
{
	const char *const *titles = NULL;
	char *line;
	int ret;

	while ((ret = uidl_source_line(reader, &line, error_r)) > 0) {
		if (reader->line == 1 && strstr(line, ": ") == NULL &&
		    strchr(line, ':') == NULL) {
			titles = (void *)p_strsplit(
				pool_datastack_create(), line, "\t");
			continue;
		}
		T_BEGIN {
			ret = titles == NULL ?
				fetch_pager_line(reader, page, line, error_r) :
				fetch_tab_line(reader, page, titles, line,
					       error_r);
		} T_END_PASS_STR_IF(ret < 0, error_r);
		if (ret < 0)
			return -1;
	}
	if (ret < 0 || titles != NULL || !page->any)
		return ret;
	return fetch_page_end(reader, page, error_r);
}

static int fetch_read(struct uidl_source_reader *reader, const char **error_r)
{
	struct fetch_page page;
	unsigned int i;
	int ret;

	i_zero(&page);
	for (i = 0; i < FETCH_FIELD_COUNT; i++)
		page.values[i] = str_new(default_pool, 128);
	ret = fetch_read_lines(reader, &page, error_r);
	for (i = 0; i < FETCH_FIELD_COUNT; i++)
		str_free(&page.values[i]);
	return ret;
}

const struct uidl_source uidl_source_fetch = {
	.name = "doveadm-fetch",
	.description = "doveadm fetch with pop3.uidl and guid, hdr.message-id, "
		"size.virtual, pop3.order, user or mailbox",
	.read = fetch_read,
};
