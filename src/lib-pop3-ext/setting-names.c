/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Dovecot 2.3 takes any name inside plugin { }, and both series take any field
   from the userdb; in 2.3 some come by the environment. A misspelt one does
   nothing: without these lines nobody would hear of it. */

#include "lib.h"
#include "array.h"
#include "settings-parser.h"
#include "str-sanitize.h"

#include "setting-names.h"

/* More edits than these make another word of it. */
#define NEAREST_MAX_EDITS 3
#define NAME_MAX_LEN 64

/* Of one process; whoever can set fields for users must not fill its memory or
   its log. */
#define LOGGED_MAX_COUNT 100

/* The number of characters to insert, delete or replace (Levenshtein). */
static unsigned int edit_distance(const char *a, const char *b)
{
	unsigned int row[NAME_MAX_LEN + 1];
	unsigned int i, j, diagonal, above, len = strlen(b);

	i_assert(len <= NAME_MAX_LEN);
	for (j = 0; j <= len; j++)
		row[j] = j;
	for (i = 0; a[i] != '\0'; i++) {
		diagonal = row[0]++;
		for (j = 1; j <= len; j++) {
			above = row[j];
			row[j] = I_MIN(I_MIN(above, row[j - 1]) + 1,
				       diagonal + (a[i] == b[j - 1] ? 0 : 1));
			diagonal = above;
		}
	}
	return row[len];
}

const char *setting_names_nearest(const struct setting_parser_info *info,
				  const char *name)
{
	const struct setting_define *def;
	const char *best = NULL;
	unsigned int edits, best_edits = NEAREST_MAX_EDITS + 1;

	if (strlen(name) > NAME_MAX_LEN)
		return NULL;
	for (def = info->defines; def->key != NULL; def++) {
		edits = edit_distance(def->key, name);
		if (edits < best_edits) {
			best = def->key;
			best_edits = edits;
		}
	}
	return best;
}

/* How this setting is written where these names are. */
static const char *
setting_name_spell(const struct setting_names *names, const char *key)
{
	return names->environment ? t_str_ucase(key) : key;
}

static bool
setting_name_is_known(const struct setting_names *names, const char *name)
{
	const struct setting_define *def;

	for (def = names->info->defines; def->key != NULL; def++) {
		if (strcmp(setting_name_spell(names, def->key), name) == 0)
			return TRUE;
	}
	return names->others != NULL && str_array_find(names->others, name);
}

static bool
setting_name_is_ours(const struct setting_names *names, const char *name)
{
	const char *const *prefix = names->prefixes;

	if (names->environment)
		name = t_str_lcase(name);
	for (; *prefix != NULL; prefix++) {
		if (strncmp(name, *prefix, strlen(*prefix)) == 0)
			return TRUE;
	}
	return FALSE;
}

static bool
setting_name_is_new(struct setting_names *names, const char *name)
{
	if (names->pool == NULL) {
		names->pool = pool_alloconly_create("setting names", 256);
		p_array_init(&names->logged, names->pool, 4);
	}
	if (array_count(&names->logged) >= LOGGED_MAX_COUNT ||
	    array_lsearch(&names->logged, &name, i_strcmp_p) != NULL)
		return FALSE;
	name = p_strdup(names->pool, name);
	array_push_back(&names->logged, &name);
	return TRUE;
}

static void
setting_name_log(const struct setting_names *names, struct event *event,
		 const char *name)
{
	const char *nearest = setting_names_nearest(names->info,
		names->environment ? t_str_lcase(name) : name);

	if (nearest != NULL)
		nearest = setting_name_spell(names, nearest);
	e_error(event, "%s: There is no setting %s, so it does nothing%s%s%s",
		names->prefixes[0], str_sanitize(name, NAME_MAX_LEN),
		nearest == NULL ? "" : ": did you mean ",
		nearest == NULL ? "" : nearest,
		nearest == NULL ? "" : "?");
}

void setting_names_check(struct setting_names *names, struct event *event,
			 const char *const *used)
{
	for (; *used != NULL; used++) T_BEGIN {
		if (setting_name_is_ours(names, *used) &&
		    !setting_name_is_known(names, *used) &&
		    setting_name_is_new(names, *used))
			setting_name_log(names, event, *used);
	} T_END;
}

void setting_names_deinit(struct setting_names *names)
{
	pool_unref(&names->pool);
}
