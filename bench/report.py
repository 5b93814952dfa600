"""What scripts/bench measured, as a table: for a terminal, for README.md, and as an SVG."""
import statistics
import textwrap
from figures import FIGURES

BEGIN, END = "<!-- begin: written by scripts/bench --readme -->", "<!-- end -->"
COLUMNS = ["ours", "stock", "floor", "pty"]


def values(report, server, figure):
    """Of the runs in which nothing was wrong."""
    return [run["figures"][figure.name] for run in report["runs"]
            if run["server"] == server and not run["wrong"] and figure.name in run["figures"]]


def spread(found):
    """Median (least..most)."""
    if not found:
        return ""
    median = statistics.median(found)
    return number(median) + (f" ({number(min(found))}..{number(max(found))})" if len(found) > 1 else "")


def number(value):
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def verdict(figure, ours, stock):
    if figure.goal is None:
        return ""
    met = figure.goal.met(ours, stock)
    return "?" if met is None else "met" if met else "missed"


def rows(report):
    """Label, unit, a text for each of COLUMNS, ratio, goal, verdict: of each figure that was tried."""
    tried = {run["measurement"] for run in report["runs"]}
    for figure in FIGURES:
        if figure.measurement not in tried:
            continue
        found = {server: values(report, server, figure) for server in COLUMNS}
        ours, stock = (statistics.median(found[server]) if found[server] else None for server in ("ours", "stock"))
        goal = figure.goal.text() if figure.goal else ""
        if ours is None:
            yield [figure.label, figure.unit, "failed", *(spread(found[server]) for server in COLUMNS[1:]), "", goal, "failed"]
            continue
        ratio = f"{ours / stock:.3f}" if stock else ""
        yield [figure.label, figure.unit, *(spread(found[server]) for server in COLUMNS), ratio, goal, verdict(figure, ours, stock)]


HEADINGS = ["figure", "unit", "ours", "stock", "three bare processes", "bare PTY", "ours/stock", "goal", ""]


def failures(report):
    """What was wrong, in words; each once."""
    return list(dict.fromkeys(f"{run['measurement']} of {run['server']}: {what}" for run in report["runs"] for what in run["wrong"]))


def machine_words(report):
    machine = report["machine"]
    return f"{machine['processors']} processors ({machine['model']}), Linux {machine['kernel']}, {machine['system']}"


def conditions(report):
    words = f"Median (least..most) of {report['rounds']} rounds, the servers by turns" + (", short measurements" if report["length"] != "full" else "")
    return f"{words}. {machine_words(report)}. Stock: {report['stock'] or 'not measured'}. Revision {report['revision']}, {report['date']}."


def text_table(report):
    table = [HEADINGS, *rows(report)]
    widths = [max(len(row[i]) for row in table) for i in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in table]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def markdown_table(report):
    lines = ["| " + " | ".join(row) + " |" for row in [HEADINGS, ["---"] * len(HEADINGS), *rows(report)]]
    wrong = [f"- failed: {what}" for what in failures(report)]
    return "\n".join(["\n".join(textwrap.wrap(conditions(report), 120)), "", *lines, *([""] if wrong else []), *wrong])


def into_readme(report, path):
    with open(path) as file:
        before, rest = file.read().split(BEGIN)
    with open(path, "w") as file:
        file.write(f"{before}{BEGIN}\n{markdown_table(report)}\n{END}{rest.split(END, 1)[1]}")
