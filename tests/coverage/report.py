"""report - sums up what gcov counted, for ./run.

report.py read BUILD JSON          the counters of BUILD's objects into the file JSON
report.py table BUILD JSON [JSON]  a table of the folders: the first JSON, and all
                                   together; and BUILD/uncovered.txt
"""

import collections
import json
import os
import pathlib
import subprocess
import sys

# So many objects at once are given to gcov.
_AT_ONCE = 40


def _gcov(folder, names):
    """What gcov says of these objects: dicts of files."""
    done = subprocess.run(
        ["gcov", "--json-format", "--stdout", "--branch-probabilities", *names],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    for line in done.stdout.splitlines():
        if line.startswith(b"{"):
            data = json.loads(line)
            for file in data["files"]:
                yield data["current_working_directory"], file


def _source(folder, name):
    """"folder/file.c" below src, or None for what is not the product's."""
    path = os.path.normpath(os.path.join(folder, name))
    head, sep, inside = path.rpartition("/src/")
    name = inside.rpartition("/")[2]
    if not sep or not inside.endswith((".c", ".h")) or "/" not in inside or \
            name.startswith(("test-", "fuzz-")) or head.startswith("/usr/"):
        return None
    return inside


def read(build, output):
    """The counters, summed up over all objects made of a source file."""
    lines = collections.defaultdict(dict)
    by_folder = collections.defaultdict(list)
    for note in pathlib.Path(build).glob("src/**/*.gcno"):
        counted = note.with_suffix(".gcda")
        by_folder[note.parent].append((counted if counted.exists() else note).name)
    for folder, names in by_folder.items():
        for begin in range(0, len(names), _AT_ONCE):
            for where, file in _gcov(folder, names[begin:begin + _AT_ONCE]):
                source = _source(where, file["file"])
                if source is not None:
                    _add(lines[source], file["lines"])
    with open(output, "w", encoding="utf-8") as file:
        json.dump(lines, file)


def _add(known, lines):
    """known: {line: [count, [count of each branch]]}."""
    for line in lines:
        branches = [branch["count"] for branch in line["branches"]]
        _merge(known, str(line["line_number"]), line["count"], branches)


def _merge(known, number, count, branches):
    old = known.setdefault(number, [0, []])
    old[0] += count
    old[1] += [0] * (len(branches) - len(old[1]))
    for index, taken in enumerate(branches):
        old[1][index] += taken


def _both(first, second):
    lines = json.loads(json.dumps(first))
    for source, counted in second.items():
        for number, (count, branches) in counted.items():
            _merge(lines.setdefault(source, {}), number, count, branches)
    return lines


def _share(lines, folder):
    """(lines, "lines %", "branches %") of a folder, "" = all."""
    counts = [entry for source, counted in lines.items()
              if source.startswith(folder) for entry in counted.values()]
    branches = [taken for _, several in counts for taken in several]

    def percent(values):
        return "%d" % (100 * sum(value > 0 for value in values) / len(values)
                       if values else 100)

    return (len(counts), percent([count for count, _ in counts]),
            percent(branches))


def _ranges(numbers):
    """"1-3, 7" of lines."""
    ranges = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ", ".join("%d" % a if a == b else "%d-%d" % (a, b)
                     for a, b in ranges)


def table(build, names):
    """Print and write the table and the list."""
    counted = []
    for name in names:
        with open(name, encoding="utf-8") as file:
            counted.append(json.load(file))
    if len(counted) > 1:
        counted[1] = _both(*counted)
    folders = sorted({source.rpartition("/")[0] + "/" for source in counted[0]})
    text = "| folder | lines | unit tests: lines, branches % |"
    if len(counted) > 1:
        text += " with integration tests |"
    text += "\n|---|---|---|" + "---|" * (len(counted) - 1) + "\n"
    for folder in folders + [""]:
        text += "| %s | %d |" % ("`%s`" % folder[:-1] if folder else "all",
                                 _share(counted[-1], folder)[0])
        for lines in counted:
            text += " %s, %s |" % _share(lines, folder)[1:]
        text += "\n"
    print(text, end="")
    pathlib.Path(build, "coverage.txt").write_text(text, encoding="utf-8")
    with open(pathlib.Path(build, "uncovered.txt"), "w", encoding="utf-8") as file:
        for source, lines in sorted(counted[-1].items()):
            missed = sorted(int(number) for number, (count, _) in lines.items()
                            if not count)
            if missed:
                file.write("%s: %s\n" % (source, _ranges(missed)))


if __name__ == "__main__":
    if sys.argv[1] == "read":
        read(*sys.argv[2:4])
    else:
        table(sys.argv[2], sys.argv[3:])
