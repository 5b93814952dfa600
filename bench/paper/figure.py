"""Draws the distributions of bench/paper as an SVG: one panel per path, share of keys shown within a time. Standard library only."""
import math
from xml.sax.saxutils import escape

COLOURS = {"ours": "#1565c0", "stock": "#ef6c00", "ssh": "#616161"}
NAMES = {"ours": "Sallyport", "stock": "Mosh 1.4.0", "ssh": "ssh"}
WIDTH, HEIGHT, LEFT, TOP, GAP_X, GAP_Y = 380, 210, 62, 70, 60, 74
SHORTEST_MS, LONGEST_MS = 1, 100_000
TICKS = [(1, "1 ms"), (10, "10 ms"), (100, "100 ms"), (1000, "1 s"), (10_000, "10 s"), (100_000, "100 s")]


def across(milliseconds):
    inside = min(max(milliseconds, SHORTEST_MS), LONGEST_MS)
    return WIDTH * math.log(inside / SHORTEST_MS) / math.log(LONGEST_MS / SHORTEST_MS)


def curve(keys):
    """Steps of the cumulative share, each at least half a unit wide. What was never shown keeps it below one."""
    points, x, shown = [f"M0,{HEIGHT}"], 0, 0
    for key in sorted((key for key in keys if key["finished"]), key=lambda key: key["ms"]):
        if across(key["ms"]) >= x + 0.5:
            points.append(f"V{HEIGHT * (1 - shown / len(keys)):.1f}H{across(key['ms']):.1f}")
            x = across(key["ms"])
        shown += 1
    return "".join(points) + f"V{HEIGHT * (1 - shown / len(keys)):.1f}H{WIDTH}"


def panel(title, runs):
    lines = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff" stroke="#9e9e9e"/>',
             f'<text x="0" y="-10" font-weight="bold">{escape(title)}</text>']
    for time, name in TICKS:
        lines.append(f'<path d="M{across(time):.1f},0V{HEIGHT}" stroke="#e0e0e0"/>'
                     f'<text x="{across(time):.1f}" y="{HEIGHT + 16}" text-anchor="middle">{name}</text>')
    for percent in (0, 25, 50, 75, 100):
        y = HEIGHT * (1 - percent / 100)
        lines.append(f'<path d="M0,{y:.1f}H{WIDTH}" stroke="#e0e0e0"/><text x="-6" y="{y + 4:.1f}" text-anchor="end">{percent} %</text>')
    for run in runs:
        dashes = ' stroke-dasharray="5 3"' if run["display"] == "never" and run["program"] != "ssh" else ""
        lines.append(f'<path d="{curve(run["keys"])}" fill="none" stroke="{COLOURS[run["program"]]}" '
                     f'stroke-width="2"{dashes}/>')
    return lines


def legend(runs):
    lines, x = [], 0
    entries = [(program, "") for program in COLOURS if any(run["program"] == program for run in runs)]
    if any(run["display"] == "never" and run["program"] != "ssh" for run in runs):
        entries.append(("off", ' stroke-dasharray="5 3"'))
    for program, dashes in entries:
        name = NAMES.get(program, "prediction off")
        lines.append(f'<path d="M{x},-4h28" stroke="{COLOURS.get(program, "#000000")}" stroke-width="2"{dashes}/><text x="{x + 34}" y="0">{name}</text>')
        x += 60 + 7 * len(name)
    return lines


def save(path, title, key, panels):
    """Writes panels (lists of SVG lines), two beside each other, under a title and a key."""
    rows = (len(panels) + 1) // 2
    width, height = LEFT + min(len(panels), 2) * (WIDTH + GAP_X), TOP + rows * (HEIGHT + GAP_Y)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
             'font-family="sans-serif" font-size="12" fill="#212121">',
             f'<rect width="{width}" height="{height}" fill="#fafafa" stroke="none"/>',
             f'<text x="{LEFT}" y="22" font-size="14" font-weight="bold">{title}</text>',
             f'<g transform="translate({LEFT},42)">', *key, "</g>"]
    for number, shown in enumerate(panels):
        x, y = LEFT + number % 2 * (WIDTH + GAP_X), TOP + 14 + number // 2 * (HEIGHT + GAP_Y)
        lines += [f'<g transform="translate({x},{y})">', *shown, "</g>"]
    with open(path, "w") as file:
        file.write("\n".join([*lines, "</svg>"]) + "\n")


def draw(runs, titles, path):
    of = {name: [run for run in runs if run["path"] == name] for name in titles}
    save(path, "Share of keys whose effect is on the screen within a time", legend(runs),
         [panel(titles[name], found) for name, found in of.items() if found])
