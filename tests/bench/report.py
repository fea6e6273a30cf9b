"""report - the table."""

import measure


class Goal:
    """A limit of a ratio or value: at most, or at least.  neutral: what is
    neither better nor worse, 1 of a ratio and 0 of a value."""

    def __init__(self, text, limit, at_least=False, neutral=0):
        self.text = text
        self.limit = limit
        self.at_least = at_least
        self.neutral = neutral

    def is_decided(self, found):
        """Is the interval at most half as wide as what is judged by it: the
        distance from the limit to no difference, or to the value if that is
        further away?  A wider one is noise."""
        judged = max(abs(self.limit - self.neutral),
                     abs(found.value - self.limit))
        return found.high - found.low <= judged / 2

    def verdict(self, found):
        """met, missed or undecided; with a question mark when the interval
        holds the limit, so that another run may see it the other way."""
        if not self.is_decided(found):
            return "undecided"
        low, value, high = found.low, found.value, found.high
        if self.at_least:
            low, value, high, limit = -high, -value, -low, -self.limit
        else:
            limit = self.limit
        word = "met" if value <= limit else "missed"
        return word + ("?" if low <= limit < high else "")


def ratio_goal(text, limit, at_least=False):
    """A Goal of a ratio."""
    return Goal(text, limit, at_least, neutral=1)


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

    def fine_ratio(self, name, found, goal=None):
        """A row with a ratio whose last digits count."""
        print("%-*s %10.5f (%.5f to %.5f)  %s" % (
            self.WIDTH, name, found.value, found.low, found.high,
            self._judge(goal, found)), flush=True)

    def summary(self):
        """The last line; returns the number of goals that were missed, or
        are undecided."""
        met, missed, undecided = (
            sum(verdict.startswith(word) for verdict in self.verdicts)
            for word in ("met", "missed", "undecided"))
        print("\n%d goals met, %d missed (?: the interval holds the limit), "
              "%d undecided (it is too wide)" % (met, missed, undecided))
        return missed + undecided


def _time(nanoseconds):
    if nanoseconds < 1e6:
        return "%.1f us" % (nanoseconds / 1e3)
    return "%.2f ms" % (nanoseconds / 1e6)


def _estimate(found):
    if found is None:
        return ""
    return "%.3f (%.3f to %.3f)" % (found.value, found.low, found.high)
