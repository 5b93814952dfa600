"""Draws the figures of whole sessions as an SVG: a bar for each server on a logarithmic scale, its spread, and the goal as a line. Standard library only."""
import math
import statistics
from xml.sax.saxutils import escape

import report as reports
from figures import FIGURES

COLOURS = {"ours": "#1565c0", "stock": "#ef6c00", "floor": "#9e9e9e", "pty": "#cfcfcf"}
NAMES = {"ours": "Sallyport", "stock": "Mosh 1.4.0", "floor": "three bare processes", "pty": "bare PTY"}
GOAL = "#2e7d32"
LEFT, RIGHT, TOP, WIDTH, BAR, GAP = 250, 90, 70, 460, 11, 12


def panel(figure, found, y):
    """One figure's bars from `y` down: lines of SVG, and where the next begins. The scale is its own: ends at powers of ten."""
    medians = {server: statistics.median(some) for server, some in found.items() if some}
    goal = figure.goal.limit * (medians.get("stock", 0) if figure.goal.of_stock else 1) if figure.goal else None
    marks = [value for some in found.values() for value in some if value > 0] + ([goal] if goal else [])
    if not marks:
        return [], y
    low, high = 10 ** math.floor(math.log10(min(marks)) - 0.01), 10 ** math.ceil(math.log10(max(marks)) + 0.01)

    def across(value):
        return WIDTH * math.log(min(max(value, low), high) / low) / math.log(high / low)

    lines, top = [], y
    for server, median in medians.items():
        some = found[server]
        lines.append(f'<rect x="0" y="{y}" width="{max(across(median), 1):.1f}" height="{BAR}" fill="{COLOURS[server]}"/>'
                     f'<path d="M{across(min(some)):.1f},{y + BAR / 2}H{across(max(some)):.1f}" stroke="#000000"/>'
                     f'<text x="{WIDTH + 6}" y="{y + BAR - 1}">{reports.number(median)}</text>')
        y += BAR
    lines.append(f'<text x="-8" y="{(top + y) / 2 + 4}" text-anchor="end">{escape(figure.label)}, {escape(figure.unit)}</text>')
    if goal:
        lines.append(f'<path d="M{across(goal):.1f},{top - 3}V{y + 3}" stroke="{GOAL}" stroke-width="2"/>')
    return lines, y + GAP


def legend(servers):
    lines, x = [], 0
    for server in servers:
        lines.append(f'<rect x="{x}" y="-9" width="14" height="{BAR}" fill="{COLOURS[server]}"/><text x="{x + 20}" y="0">{escape(NAMES[server])}</text>')
        x += 40 + 7 * len(NAMES[server])
    lines.append(f'<path d="M{x},-12v16" stroke="{GOAL}" stroke-width="2"/><text x="{x + 8}" y="0">goal</text>')
    return lines


def draw(report, path):
    lines, y = [], 0
    for figure in FIGURES:
        more, y = panel(figure, {server: reports.values(report, server, figure) for server in reports.COLUMNS}, y)
        lines += more
    servers = [server for server in reports.COLUMNS if any(run["server"] == server for run in report["runs"])]
    width, height = LEFT + WIDTH + RIGHT, TOP + y + 10
    with open(path, "w") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
                   f'font-family="sans-serif" font-size="11"><rect width="{width}" height="{height}" fill="#ffffff"/>\n'
                   f'<text x="12" y="20">{escape(reports.machine_words(report))}; logarithmic, each row to its own scale</text>\n'
                   f'<g transform="translate({LEFT},48)">' + "".join(legend(servers)) + '</g>\n'
                   f'<g transform="translate({LEFT},{TOP})">\n' + "\n".join(lines) + "\n</g></svg>\n")
