/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "doveadm-print.h"

#include "doveadm-uidl.h"

static const struct {
	const char *name;
	/* listed one by one, and the exit code says that there are some */
	bool differs;
	/* listed one by one all the same */
	bool listed;
} results[DOVEADM_UIDL_RESULTS_COUNT] = {
	[DOVEADM_UIDL_IMPORTED] = { "imported", FALSE, FALSE },
	[DOVEADM_UIDL_KEPT] = { "kept", FALSE, FALSE },
	[DOVEADM_UIDL_REMEMBERED] = { "remembered", FALSE, FALSE },
	[DOVEADM_UIDL_UNMATCHED] = { "unmatched", TRUE, FALSE },
	[DOVEADM_UIDL_AMBIGUOUS] = { "ambiguous", TRUE, FALSE },
	[DOVEADM_UIDL_DIFFERENT] = { "different", TRUE, FALSE },
	[DOVEADM_UIDL_TAKEN] = { "taken", TRUE, FALSE },
	[DOVEADM_UIDL_SHOWN] = { "shown", FALSE, FALSE },
	[DOVEADM_UIDL_RECOGNISED] = { "recognised", FALSE, FALSE },
	[DOVEADM_UIDL_NEW] = { "new", FALSE, TRUE },
	[DOVEADM_UIDL_DUPLICATE] = { "duplicate", TRUE, FALSE },
	[DOVEADM_UIDL_GONE] = { "gone", FALSE, FALSE },
	[DOVEADM_UIDL_RELEASED] = { "released", FALSE, FALSE },
	[DOVEADM_UIDL_IMPOSSIBLE] = { "impossible", TRUE, FALSE },
};

struct doveadm_uidl_report {
	unsigned int counts[DOVEADM_UIDL_RESULTS_COUNT];
};

void doveadm_uidl_report_headers(void)
{
	doveadm_print_header("result", "result", DOVEADM_PRINT_HEADER_FLAG_EXPAND);
	doveadm_print_header("count", "count", DOVEADM_PRINT_HEADER_FLAG_NUMBER);
	doveadm_print_header("uidl", "uidl", 0);
	doveadm_print_header("uid", "uid", DOVEADM_PRINT_HEADER_FLAG_NUMBER);
	doveadm_print_header("reason", "reason", DOVEADM_PRINT_HEADER_FLAG_EXPAND);
}

void doveadm_uidl_report_init(struct doveadm_uidl_cmd *cmd)
{
	if (cmd->report == NULL) {
		cmd->report = p_new(cmd->ctx.pool, struct doveadm_uidl_report,
				    1);
	}
	i_zero(cmd->report);
}

static void
report_row(enum doveadm_uidl_result result, unsigned int count,
	   const char *uidl, uint32_t uid, const char *reason)
{
	doveadm_print(results[result].name);
	doveadm_print_num(count);
	doveadm_print(uidl);
	doveadm_print(uid == 0 ? "" : dec2str(uid));
	doveadm_print(reason);
}

void doveadm_uidl_report_add(struct doveadm_uidl_cmd *cmd,
			     enum doveadm_uidl_result result, const char *uidl,
			     uint32_t uid, const char *reason)
{
	cmd->report->counts[result]++;
	if (results[result].differs)
		doveadm_uidl_set_exit_code(cmd, DOVEADM_UIDL_EX_DIFFERS);
	else if (!results[result].listed)
		return;
	report_row(result, 1, uidl, uid, reason);
}

void doveadm_uidl_report_count(struct doveadm_uidl_cmd *cmd,
			       enum doveadm_uidl_result result,
			       unsigned int count)
{
	cmd->report->counts[result] += count;
}

void doveadm_uidl_report_end(struct doveadm_uidl_cmd *cmd)
{
	unsigned int i;

	for (i = 0; i < DOVEADM_UIDL_RESULTS_COUNT; i++) {
		if (cmd->report->counts[i] > 0 && !results[i].differs &&
		    !results[i].listed)
			report_row(i, cmd->report->counts[i], "", 0, "");
	}
}
