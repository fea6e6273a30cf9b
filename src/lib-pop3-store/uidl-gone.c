/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "array.h"
#include "str.h"

#include "uidl-gone.h"

struct gone_text {
	uint64_t hash;
};

struct gone_content {
	uint64_t key;
	uint32_t number;
	uint8_t template_num;
};

struct uidl_gone_index {
	const struct uidl_store *store;
	/* both sorted */
	ARRAY(struct gone_text) texts;
	ARRAY(struct gone_content) contents;
};

static int gone_text_cmp(const struct gone_text *one,
			 const struct gone_text *two)
{
	return one->hash < two->hash ? -1 : (one->hash > two->hash ? 1 : 0);
}

static int gone_content_cmp(const struct gone_content *one,
			    const struct gone_content *two)
{
	if (one->key != two->key)
		return one->key < two->key ? -1 : 1;
	return one->number < two->number ? -1 :
		(one->number > two->number ? 1 : 0);
}

static void
gone_index_add(struct uidl_gone_index *index, const struct uidl_gone *gone,
	       string_t *str)
{
	struct gone_text *text;
	struct gone_content *content;

	if (gone->template_num == UIDL_GONE_HASHED) {
		text = array_append_space(&index->texts);
		text->hash = gone->key;
		return;
	}
	str_truncate(str, 0);
	if (!uidl_store_expand(index->store, gone->template_num, gone->number,
			       str))
		return;
	text = array_append_space(&index->texts);
	text->hash = uidl_text_hash_long(str_c(str));
	if (gone->key == 0)
		return;
	content = array_append_space(&index->contents);
	content->key = gone->key;
	content->number = gone->number;
	content->template_num = gone->template_num;
}

struct uidl_gone_index *uidl_gone_index_init(const struct uidl_store *store)
{
	struct uidl_gone_index *index;
	struct uidl_gone gone;
	string_t *str = t_str_new(128);
	uint32_t slot, end = uidl_store_slots(store);
	unsigned int i;

	index = i_new(struct uidl_gone_index, 1);
	index->store = store;
	i_array_init(&index->texts, 16);
	i_array_init(&index->contents, 16);
	if ((uidl_store_head(store)->flags & UIDL_HEAD_FLAG_GONE) == 0)
		return index;
	for (slot = uidl_store_first(store); slot < end; slot++) {
		for (i = 0; i < UIDL_GONE_IN_SLOT; i++) {
			if (uidl_store_get_gone(store, slot, i, &gone))
				gone_index_add(index, &gone, str);
		}
	}
	array_sort(&index->texts, gone_text_cmp);
	array_sort(&index->contents, gone_content_cmp);
	return index;
}

void uidl_gone_index_deinit(struct uidl_gone_index **_index)
{
	struct uidl_gone_index *index = *_index;

	if (index == NULL)
		return;
	*_index = NULL;
	array_free(&index->texts);
	array_free(&index->contents);
	i_free(index);
}

bool uidl_gone_index_has_text(struct uidl_gone_index *index,
			      const char *text)
{
	struct gone_text key = { .hash = uidl_text_hash_long(text) };

	return array_bsearch(&index->texts, &key, gone_text_cmp) != NULL;
}

/* The first one that is not before this. */
static unsigned int
gone_contents_find(const struct uidl_gone_index *index,
		   const struct gone_content *key)
{
	unsigned int left = 0, right = array_count(&index->contents), middle;

	while (left < right) {
		middle = (left + right) / 2;
		if (gone_content_cmp(array_idx(&index->contents, middle),
				     key) < 0)
			left = middle + 1;
		else
			right = middle;
	}
	return left;
}

bool uidl_gone_index_get(const struct uidl_gone_index *index,
			 const unsigned char content[UIDL_DIGEST_SIZE],
			 uint32_t number, unsigned int n, string_t *text)
{
	struct gone_content key = { .key = uidl_gone_content(content) };
	const struct gone_content *found;
	unsigned int first, same, i, count;

	first = gone_contents_find(index, &key);
	key.number = number;
	same = gone_contents_find(index, &key);
	found = array_get(&index->contents, &count);
	if (same < count && found[same].key == key.key &&
	    found[same].number == number) {
		/* this one, then those before it, then those behind it */
		i = n == 0 ? same : (n <= same - first ? first + n - 1 :
				     first + n);
	} else {
		i = first + n;
	}
	if (key.key == 0 || i >= count || found[i].key != key.key)
		return FALSE;
	str_truncate(text, 0);
	return uidl_store_expand(index->store, found[i].template_num,
				 found[i].number, text);
}
