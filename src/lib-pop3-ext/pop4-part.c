/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Part numbers of LPRT and RPRT (doc/spec/pop4.txt):

     part = "0" / nz *("." nz) [".0"]

   A multipart's children have its number, a dot and 1, 2, ...; those of the
   multipart at the top of a message have the message's own number. So that
   multipart itself has none, and takes the message's with a 0. */

#include "lib.h"
#include "str.h"
#include "message-part.h"

#include "pop4-part.h"

static bool part_is_multipart(const struct message_part *part)
{
	return (part->flags & MESSAGE_PART_FLAG_MULTIPART) != 0;
}

static bool part_is_message(const struct message_part *part)
{
	return (part->flags & MESSAGE_PART_FLAG_MESSAGE_RFC822) != 0 &&
		part->children != NULL;
}

/* The multipart of a message, which takes its number with a 0 */
static bool part_is_top(const struct message_part *part)
{
	return part_is_multipart(part) &&
		(part->parent == NULL || part_is_message(part->parent));
}

bool pop4_part_number_is_valid(const char *number)
{
	const char *p = number;

	if (strcmp(number, "0") == 0)
		return TRUE;
	while (*p >= '1' && *p <= '9') {
		while (*p >= '0' && *p <= '9')
			p++;
		if (*p == '\0' || strcmp(p, ".0") == 0)
			return TRUE;
		if (*p++ != '.')
			break;
	}
	return FALSE;
}

/* The part with that component of a number inside a message or multipart */
static const struct message_part *
part_find_inside(const struct message_part *outer, unsigned int num)
{
	const struct message_part *part;

	if (num == 0)
		return part_is_top(outer) ? outer : NULL;
	if (!part_is_multipart(outer))
		return num == 1 ? outer : NULL;
	for (part = outer->children; part != NULL && num > 1; num--)
		part = part->next;
	return part;
}

const struct message_part *
pop4_part_find(const struct message_part *root, const char *number)
{
	const struct message_part *part = root;
	unsigned int num;

	for (;;) {
		if (str_parse_uint(number, &num, &number) < 0)
			return NULL;
		part = part_find_inside(part, num);
		if (part == NULL || *number == '\0')
			return part;
		if (part_is_message(part))
			part = part->children;
		else if (!part_is_multipart(part))
			return NULL;
		number++;
	}
}

static void walk_enter(struct pop4_part_walk *walk,
		       const struct message_part *part, unsigned int num)
{
	walk->part = part;
	if (part_is_top(part))
		return;
	if (str_len(walk->path) > 0)
		str_append_c(walk->path, '.');
	str_printfa(walk->path, "%u", num);
}

/* Takes the part's own component off the path, and returns it. */
static unsigned int walk_leave(struct pop4_part_walk *walk)
{
	const char *path = str_c(walk->path), *dot;
	unsigned int num;

	if (part_is_top(walk->part))
		return 0;
	dot = strrchr(path, '.');
	if (str_to_uint(dot == NULL ? path : dot + 1, &num) < 0)
		i_unreached();
	str_truncate(walk->path, dot == NULL ? 0 : dot - path);
	return num;
}

void pop4_part_walk_init(struct pop4_part_walk *walk, pool_t pool,
			 const struct message_part *root)
{
	i_zero(walk);
	walk->path = str_new(pool, 64);
	walk_enter(walk, root, 1);
}

bool pop4_part_walk_next(struct pop4_part_walk *walk)
{
	unsigned int num;

	if (walk->part->children != NULL) {
		walk->depth++;
		walk_enter(walk, walk->part->children, 1);
		return TRUE;
	}
	for (;;) {
		num = walk_leave(walk);
		if (walk->part->next != NULL)
			break;
		walk->part = walk->part->parent;
		if (walk->part == NULL)
			return FALSE;
		walk->depth--;
	}
	walk_enter(walk, walk->part->next, num + 1);
	return TRUE;
}

const char *pop4_part_walk_number(const struct pop4_part_walk *walk)
{
	const char *path = str_c(walk->path);

	if (!part_is_top(walk->part))
		return path;
	return *path == '\0' ? "0" : t_strconcat(path, ".0", NULL);
}
