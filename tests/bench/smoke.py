#!/usr/bin/env python3
"""The measurements of whole sessions still run: each once, very short, with ours and the floors. Asserts no time.
Environment: SALLYPORT_SERVER, SALLYPORT_BENCH (folder of session_bench and floor)."""
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench"))
sys.dont_write_bytecode = True
import figures  # noqa: E402
import plot  # noqa: E402
import report  # noqa: E402

BENCH = os.environ["SALLYPORT_BENCH"]
SERVERS = {"ours": os.environ["SALLYPORT_SERVER"], "floor": os.path.join(BENCH, "floor"), "pty": "pty"}
FLOOR = ["start", "isolated", "back_to_back", "plain", "memory", "forged"]
PTY = ["isolated", "plain"]


def run(step):
    measurement, server = step
    environment = dict(os.environ, LANG="C.UTF-8", LC_ALL="C.UTF-8")
    done = subprocess.run([os.path.join(BENCH, "session_bench"), measurement, SERVERS[server], "--smoke"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, env=environment, timeout=60)
    found = json.loads(done.stdout)
    return {"round": 1, "measurement": measurement, "server": server, **found}


def main():
    measurements = [name for name in figures.MEASUREMENTS if name != "wire"]
    steps = [(name, "ours") for name in measurements] + [(name, "floor") for name in FLOOR] + [(name, "pty") for name in PTY]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(run, steps))
    failed = 0
    for one in runs:
        wanted = [figure.name for figure in figures.FIGURES if figure.measurement == one["measurement"]]
        missing = [name for name in wanted if name not in one["figures"]] if one["server"] == "ours" else []
        if one["wrong"] or missing or not one["figures"]:
            failed += 1
            print(f"FAILED {one['measurement']} of {one['server']}: wrong {one['wrong']}, missing {missing}")
    whole = {"machine": {"processors": 1, "model": "m", "kernel": "k", "system": "s"}, "date": "d", "revision": "r", "length": "smoke",
             "rounds": 1, "stock": None, "runs": runs}
    assert len(report.text_table(whole).splitlines()) == 2 + sum(f.measurement != "wire" for f in figures.FIGURES)
    runs[0]["wrong"].append("a wrong screen")
    assert "failed" in report.text_table(whole) and "a wrong screen" in report.markdown_table(whole)
    with tempfile.NamedTemporaryFile("r") as file:
        plot.draw(whole, file.name)
        assert file.read().startswith("<svg")
    print(f"{len(runs)} measurements, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
