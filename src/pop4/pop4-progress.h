#ifndef POP4_PROGRESS_H
#define POP4_PROGRESS_H

struct pop4_settings;

/* A line on the standard error output that says how far a transfer has come:
   only on a terminal, and only when it takes longer than a moment. */
struct pop4_progress {
	uint64_t total;
	struct timeval started, shown;
	bool enabled:1;
	bool visible:1;
};

/* total may be POP4_UNKNOWN. */
void pop4_progress_init(struct pop4_progress *progress,
			const struct pop4_settings *set, uint64_t total);
void pop4_progress_update(struct pop4_progress *progress, uint64_t octets);
/* Removes the line. */
void pop4_progress_deinit(struct pop4_progress *progress);

#endif
