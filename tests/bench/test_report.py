"""Tests of the verdicts: neither a server nor a quiet machine is needed."""

import pathlib
import sys

import pytest

BENCH_DIR = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(BENCH_DIR), str(BENCH_DIR.parent / "lib")]

import measure  # noqa: E402
import part_instructions  # noqa: E402
import report  # noqa: E402

STOCK = report.ratio_goal("<= 1.02", 1.02)
RATE = report.ratio_goal(">= 1.5", 1.5, at_least=True)
MEMORY = report.Goal("<= 100", 100)


@pytest.mark.parametrize("goal, low, value, high, verdict", [
    (STOCK, 1.001, 1.004, 1.010, "met"),
    (STOCK, 1.016, 1.019, 1.026, "met?"),
    (STOCK, 1.017, 1.022, 1.026, "missed?"),
    (STOCK, 1.026, 1.030, 1.035, "missed"),
    (RATE, 1.8, 1.9, 2.0, "met"),
    (RATE, 1.2, 1.3, 1.4, "missed"),
    (MEMORY, 60, 70, 80, "met"),
    (MEMORY, 105, 120, 150, "missed"),
])
def test_narrow_interval_is_judged(goal, low, value, high, verdict):
    assert goal.verdict(measure.Estimate(value, low, high)) == verdict


@pytest.mark.parametrize("goal, low, value, high", [
    # 1.02 is 0.02 above no difference: 0.01 would be narrow
    (STOCK, 1.000, 1.005, 1.011),
    (STOCK, 0.930, 1.000, 1.070),
    (STOCK, 1.021, 1.030, 1.050),
    (RATE, 1.0, 1.4, 1.8),
    (MEMORY, 30, 60, 90),
    # no difference is the limit: only its distance from the value counts
    (report.ratio_goal("<= 1.0", 1.0), 0.98, 0.99, 1.00),
])
def test_wide_interval_is_undecided(goal, low, value, high):
    assert goal.verdict(measure.Estimate(value, low, high)) == "undecided"


def test_interval_may_be_as_wide_as_half_of_the_distance_to_the_value():
    """What is far beyond the limit needs no finer measuring."""
    assert STOCK.verdict(measure.Estimate(2.02, 1.8, 2.29)) == "missed"
    assert STOCK.verdict(measure.Estimate(2.02, 1.7, 2.29)) == "undecided"


def test_undecided_goals_are_not_met(capsys):
    table = report.Table()
    for low, value, high in ((1.001, 1.002, 1.003), (1.03, 1.031, 1.032),
                             (0.9, 1.0, 1.1)):
        table.fine_ratio("x", measure.Estimate(value, low, high), STOCK)
    assert table.summary() == 2
    assert "1 goals met, 1 missed" in capsys.readouterr().out
    assert table.verdicts == ["met", "missed", "undecided"]


def test_unfinished_count_of_a_process_is_not_taken():
    whole = "# callgrind format\nfn=(1)\n+3 17\n\ntotals: 6130162\n"
    assert part_instructions.total(whole) == 6130162
    for cut in range(len(whole) - 1):
        assert part_instructions.total(whole[:cut]) is None


def test_log_in_is_not_in_the_ratio_of_a_session():
    on = {None: [700, 701], part_instructions.SESSION: [1702, 1703]}
    off = {None: [600, 600], part_instructions.SESSION: [1600, 1600]}
    found = part_instructions.session_ratio(on, off)
    assert found.low < found.value < found.high
    assert found.value == pytest.approx(1.002)
