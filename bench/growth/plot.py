"""Draws the tables of bench/growth as an SVG: one panel per figure, a logarithmic axis across and one from zero up. Standard library only."""
import math
import os
import sys
from xml.sax.saxutils import escape

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../paper"))
from figure import COLOURS, HEIGHT, WIDTH, legend, save  # noqa: E402

DASHES = ' stroke-dasharray="5 3"'


def ceiling(value):
    """The next of 1, 2, 2.5, 5, 10 times a power of ten."""
    power = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value * 0.999)


def number(value):
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:g}"


def panel(title, axis, lines):
    """`lines`: (server, dashed or not, [(x, y)...])."""
    points = [point for _, _, line in lines for point in line]
    low, high = min(x for x, _ in points), max(x for x, _ in points)
    top = ceiling(max(y for _, y in points) or 1)

    def across(x):
        return WIDTH * math.log(x / low) / math.log(high / low) if high > low else WIDTH / 2

    out = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff" stroke="#9e9e9e"/>',
           f'<text x="0" y="-10" font-weight="bold">{escape(title)}</text>',
           f'<text x="{WIDTH}" y="{HEIGHT + 32}" text-anchor="end">{escape(axis)}</text>']
    for x in sorted({x for x, _ in points if len(lines[0][2]) < 6 or math.isclose(math.log10(x), round(math.log10(x)), abs_tol=0.02)}):
        out.append(f'<path d="M{across(x):.1f},0V{HEIGHT}" stroke="#e0e0e0"/>'
                   f'<text x="{across(x):.1f}" y="{HEIGHT + 16}" text-anchor="middle">{number(x)}</text>')
    for quarter in range(5):
        y = HEIGHT * (1 - quarter / 4)
        out.append(f'<path d="M0,{y:.1f}H{WIDTH}" stroke="#e0e0e0"/><text x="-6" y="{y + 4:.1f}" text-anchor="end">{top * quarter / 4:g}</text>')
    for server, dashed, line in lines:
        path = "L".join(f"{across(x):.1f},{HEIGHT * (1 - y / top):.1f}" for x, y in line)
        out.append(f'<path d="M{path}" fill="none" stroke="{COLOURS[server]}" stroke-width="2"{DASHES if dashed else ""}/>')
        out += [f'<circle cx="{across(x):.1f}" cy="{HEIGHT * (1 - y / top):.1f}" r="3" fill="{COLOURS[server]}"/>' for x, y in line]
    return out


def panels(tables):
    """The panels of what was measured: (title, axis, lines)."""
    def lines(table, x, y, dashed=False):
        return [(server, dashed, [(row[x], row[y]) for row in rows if row.get(y) is not None]) for server, rows in tables.get(table, {}).items()]

    found = [("Memory of a session, MB (dashed: while typing)", "sessions of the host",
              lines("sessions", "sessions", "pss_mb_per_session") + lines("sessions", "sessions", "pss_mb_per_session_typing", True)),
             ("CPU of an idle session, µs a second", "sessions of the host", lines("sessions", "sessions", "idle_cpu_us_per_s_per_session")),
             ("CPU per key, ms", "sessions of the host, each typing a key a second", lines("sessions", "sessions", "typing_cpu_ms_per_key")),
             ("Echo of a key, ms: median (dashed: 99th percentile)", "sessions of the host, each typing a key a second",
              lines("sessions", "sessions", "echo_p50_ms") + lines("sessions", "sessions", "echo_p99_ms", True)),
             ("Memory of one session, MB", "bytes typed and echoed (+1)", [(server, False, [(x + 1, y) for x, y in line])
                                                                          for server, _, line in lines("fed", "bytes", "pss_mb")]),
             ("Memory allocated by both ends' libraries, MB", "hours of simulated use",
              [(server, False, [(x, y / 1e6) for x, y in line]) for server, _, line in lines("age", "hours", "allocated_bytes")])]
    return [entry for entry in found if any(line for _, _, line in entry[2])]


def draw(tables, path):
    servers = [{"program": server, "display": "always"} for server in COLOURS if any(server in table for table in tables.values())]
    save(path, "How cost grows: with the sessions of a host, and with the age of one", legend(servers),
         [panel(*entry) for entry in panels(tables)])
