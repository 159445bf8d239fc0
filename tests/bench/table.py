#!/usr/bin/env python3
"""Prints the results of Google Benchmark as one table, with the project's goals beside what they are about.

Usage: table.py RESULT.json…      exit status 1 when a goal is missed
"""
import json
import pathlib
import sys

# benchmark name: (what to compare, at most or at least, goal, unit). Nanoseconds are the processor's: others may use it too.
GOALS = {
    "Compile/plan": ("time", "<", 300, "ms"),
    "FirstLoadOfTasks": ("time", "<", 1000, "ms"),
    "ChangeToClientFile": ("median_ms", "<", 5, "ms"),
    "EvaluateTasks": ("items_per_second", ">", 1_500_000, "rows/s"),
    "Filter": ("cpu_time", "<", 25, "ns"),
    "JsonElement": ("cpu_time", "<", 400, "ns"),
}
MILLISECONDS = {"ns": 1e-6, "us": 1e-3, "ms": 1, "s": 1e3}


def medians(path):
    """name -> the median run (its only run when it was not repeated)."""
    text = path.read_text()
    runs = json.loads(text)["benchmarks"] if text.strip() else []
    found = {}
    for run in runs:
        name = run.get("run_name", run["name"])
        if run.get("aggregate_name", "median") == "median":
            found[name] = run
    return found


def time_of(run):
    if run.get("error_occurred"):
        return "failed: " + run.get("error_message", "")
    milliseconds = run["real_time"] * MILLISECONDS[run["time_unit"]]
    for unit, factor in (("s", 1e3), ("ms", 1), ("us", 1e-3)):
        if milliseconds >= factor:
            return f"{milliseconds / factor:.2f} {unit}"
    return f"{milliseconds * 1e6:.0f} ns"


def rate_of(run):
    for key, unit in (("items_per_second", "/s"), ("bytes_per_second", "B/s")):
        if key in run:
            value = run[key]
            for prefix, factor in (("G", 1e9), ("M", 1e6), ("k", 1e3), ("", 1)):
                if value >= factor:
                    return f"{value / factor:.2f} {prefix}{unit}"
    return ""


def goal_of(name, run):
    """Text and whether it is met."""
    goal = next((goal for prefix, goal in GOALS.items() if name == prefix or name.startswith(prefix + "/")), None)
    if not goal:
        return "", True
    key, order, wanted, unit = goal
    value = run.get(key, 0)
    if key in ("time", "cpu_time"):
        value = run.get({"time": "real_time"}.get(key, key), 0)
        value *= MILLISECONDS[run.get("time_unit", "ms")] / MILLISECONDS[unit]
    if run.get("error_occurred"):
        return f"{order} {wanted:,} {unit}: missed", False
    met = value < wanted if order == "<" else value > wanted
    return f"{order} {wanted:,} {unit}: {value:,.2f} {'met' if met else 'missed'}", met


def main(paths):
    all_met = True
    print(f"{'benchmark':44} {'median':>12} {'rate':>14}  goal")
    for path in map(pathlib.Path, paths):
        for name, run in medians(path).items():
            goal, met = goal_of(name, run)
            all_met &= met and not run.get("error_occurred")
            print(f"{name[:44]:44} {time_of(run):>12} {rate_of(run):>14}  {goal}")
    return 0 if all_met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
