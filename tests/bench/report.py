"""report - the table."""

import measure


class Goal:
    """A limit of a ratio or value: at most, or at least."""

    def __init__(self, text, limit, at_least=False):
        self.text = text
        self.limit = limit
        self.at_least = at_least

    def verdict(self, found):
        """met or missed; with a question mark when the interval holds the
        limit, so that another run may see it the other way."""
        low, value, high = found.low, found.value, found.high
        if self.at_least:
            low, value, high, limit = -high, -value, -low, -self.limit
        else:
            limit = self.limit
        word = "met" if value <= limit else "missed"
        return word + ("?" if low <= limit < high else "")


class Table:
    """Collects the verdicts of all rows and prints each as it comes."""

    WIDTH = 40

    def __init__(self):
        self.verdicts = []

    def title(self, text):
        """Head of a group of rows."""
        print("\n%s" % text)
        print("%-*s %10s %10s  %-23s %-23s %s" % (
            self.WIDTH, "", "CPU ours", "theirs", "ratio CPU", "ratio wall",
            "goal"), flush=True)

    def note(self, text):
        """A line of text."""
        print("  " + text, flush=True)

    def _judge(self, goal, found):
        if goal is None:
            return ""
        verdict = goal.verdict(found)
        self.verdicts.append(verdict)
        return "%s: %s" % (goal.text, verdict)

    def ratios(self, name, ours, theirs, cpu, wall, goals=()):
        """A row of ratios.  ours, theirs: CPU nanoseconds, rounds of
        pairs; goals: (Goal, Estimate) pairs."""
        print("%-*s %10s %10s  %-23s %-23s %s" % (
            self.WIDTH, name, _time(measure.median(ours)),
            _time(measure.median(theirs)), _estimate(cpu),
            _estimate(wall),
            "; ".join(self._judge(goal, found) for goal, found in goals)),
            flush=True)

    def value(self, name, found, unit, goal=None):
        """A row with one value."""
        print("%-*s %10.0f %s (%.0f to %.0f)  %s" % (
            self.WIDTH, name, found.value, unit, found.low, found.high,
            self._judge(goal, found)), flush=True)

    def summary(self):
        """The last line; returns the number of missed goals."""
        missed = [v for v in self.verdicts if v.startswith("missed")]
        print("\n%d goals met, %d missed (?: the interval holds the limit)" %
              (len(self.verdicts) - len(missed), len(missed)))
        return len(missed)


def _time(nanoseconds):
    if nanoseconds < 1e6:
        return "%.1f us" % (nanoseconds / 1e3)
    return "%.2f ms" % (nanoseconds / 1e6)


def _estimate(found):
    if found is None:
        return ""
    return "%.3f (%.3f to %.3f)" % (found.value, found.low, found.high)
