/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "unichar.h"
#include "fuzzer.h"

#include "pop3-ext-limits.h"
#include "pop4-args.h"
#include "pop4-folder-name.h"

static void check(bool ok, const char *what)
{
	if (!ok)
		i_panic("wrong: %s", what);
}

/* What is written is read again as the same word. */
static void check_word(const char *text)
{
	const char *const *words, *error;
	string_t *str = t_str_new(64);

	pop4_word_append(str, text);
	check(pop4_args_split(str_c(str), &words, &error) == 0, "written word");
	check(words[0] != NULL && words[1] == NULL, "number of words");
	check(pop4_word_is_valid(words[0]), "word read");
	check((strcmp(words[0], text) == 0) == pop4_word_is_valid(text),
	      "word written");
}

static void check_folder(const char *name)
{
	static const char seps[] = "/.^\\";
	const char *error, *stored;
	unsigned int i;

	if (pop4_folder_name_check(name, &error) < 0) {
		check(*error != '\0', "error");
		return;
	}
	check(uni_utf8_str_is_valid(name), "UTF-8");
	for (i = 0; seps[i] != '\0'; i++) {
		stored = pop4_folder_name_translate(name, seps[i]);
		check(strcmp(pop4_folder_name_translate(stored, seps[i]),
			     name) == 0, "translation");
	}
	check(*pop4_folder_name_last(name) != '\0', "last component");
	check(strlen(pop4_folder_name_parent(name)) +
	      strlen(pop4_folder_name_last(name)) <= strlen(name), "parts");
}

FUZZ_BEGIN_STR(const char *text)
	const char *const *words, *error;

	check_word(text);
	check_folder(text);
	if (pop4_args_split(text, &words, &error) < 0) {
		check(*error != '\0', "error");
	} else for (; *words != NULL; words++) {
		check(pop4_word_is_valid(*words), "word");
		check_word(*words);
		check_folder(*words);
	}
FUZZ_END
