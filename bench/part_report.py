"""Runs the programs of bench/parts (Google Benchmark) and prints one table."""
import json
import os
import statistics
import subprocess
import sys


def programs(folder, only):
    """Paths of the built programs whose name holds one of the words."""
    names = sorted(name for name in os.listdir(folder) if name.endswith("_bench") and os.access(os.path.join(folder, name), os.X_OK))
    return [os.path.join(folder, name) for name in names if not only or any(word in name for word in only)]


def run(program, quick):
    """What it measured, or None."""
    words = [program, "--benchmark_format=json", *(["--benchmark_min_time=0.05"] if quick else ["--benchmark_repetitions=3"])]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=600)
        return json.loads(done.stdout)["benchmarks"]
    except (subprocess.TimeoutExpired, ValueError):
        return None


def rows(measured):
    """Name, nanoseconds of CPU each (median), bytes a second: of each benchmark, its repetitions together."""
    names = dict.fromkeys(one["run_name"] for one in measured)
    for name in names:
        runs = [one for one in measured if one["run_name"] == name and one.get("run_type") == "iteration" and not one.get("error_occurred")]
        if not runs:
            yield [name, "failed", "", ""]
            continue
        unit = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}[runs[0]["time_unit"]]
        times = [one["cpu_time"] * unit for one in runs]
        rates = [one["bytes_per_second"] / 1e6 for one in runs if "bytes_per_second" in one]
        yield [name, f"{statistics.median(times):.1f}", f"{min(times):.1f}..{max(times):.1f}", f"{statistics.median(rates):.0f}" if rates else ""]


def measure(folder, only, quick, path):
    """Prints the table and writes `path`, if any. Exit status."""
    whole, failed = {}, []
    for program in programs(folder, only):
        name = os.path.basename(program).removesuffix("_bench")
        print(f"bench: {name}", file=sys.stderr, flush=True)
        whole[name] = run(program, quick)
        if whole[name] is None:
            failed.append(name)
            continue
        print(f"{name + ':':52} {'ns':>14} {'least..most':>24} {'MB/s':>8}")
        for row in rows(whole[name]):
            print(f"  {row[0]:50} {row[1]:>14} {row[2]:>24} {row[3]:>8}")
    if path:
        with open(path, "w") as file:
            json.dump(whole, file, indent=1)
    for name in failed:
        print(f"failed: {name}")
    return 1 if failed or not whole else 0
