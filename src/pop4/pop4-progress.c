/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "str.h"
#include "time-util.h"

#include "pop4-conn.h"
#include "pop4-progress.h"

#include <stdio.h>
#include <unistd.h>

#define PROGRESS_FIRST_MSECS 1000
#define PROGRESS_NEXT_MSECS 200
#define PROGRESS_BAR_WIDTH 24

void pop4_progress_init(struct pop4_progress *progress,
			const struct pop4_settings *set, uint64_t total)
{
	i_zero(progress);
	progress->total = total;
	progress->enabled = !set->quiet && isatty(STDERR_FILENO) == 1;
	i_gettimeofday(&progress->started);
	progress->shown = progress->started;
}

static void append_size(string_t *str, uint64_t octets)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB" };
	double size = (double)octets / 1000;
	unsigned int i = 0;

	for (; size >= 1000 && i < N_ELEMENTS(units) - 1; i++)
		size /= 1000;
	str_printfa(str, "%.1f %s", size, units[i]);
}

static void append_bar(string_t *str, uint64_t octets, uint64_t total)
{
	unsigned int part = octets * PROGRESS_BAR_WIDTH / total, i;

	str_append_c(str, '[');
	for (i = 0; i < PROGRESS_BAR_WIDTH; i++)
		str_append_c(str, i < part ? '#' : ' ');
	str_printfa(str, "] %3u%%  ", (unsigned int)(octets * 100 / total));
}

static void show(struct pop4_progress *progress, uint64_t octets,
		 unsigned int msecs)
{
	string_t *str = t_str_new(128);

	str_append(str, "\r\033[K");
	if (progress->total > 0 && octets <= progress->total &&
	    progress->total < UINT64_MAX / 100)
		append_bar(str, octets, progress->total);
	append_size(str, octets);
	if (msecs > 0) {
		str_append(str, "  ");
		append_size(str, octets / msecs * 1000);
		str_append(str, "/s");
	}
	fputs(str_c(str), stderr);
	fflush(stderr);
	progress->visible = TRUE;
}

void pop4_progress_update(struct pop4_progress *progress, uint64_t octets)
{
	struct timeval now;
	int since_start;

	if (!progress->enabled)
		return;
	i_gettimeofday(&now);
	since_start = timeval_diff_msecs(&now, &progress->started);
	if (since_start < PROGRESS_FIRST_MSECS ||
	    (progress->visible && timeval_diff_msecs(&now, &progress->shown) <
	     PROGRESS_NEXT_MSECS))
		return;
	progress->shown = now;
	T_BEGIN {
		show(progress, octets, since_start);
	} T_END;
}

void pop4_progress_deinit(struct pop4_progress *progress)
{
	if (progress->visible) {
		fputs("\r\033[K", stderr);
		fflush(stderr);
		progress->visible = FALSE;
	}
}
