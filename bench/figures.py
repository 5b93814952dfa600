"""The figures of whole sessions: what each is called, which measurement gives it, and its goal (issue 5)."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """At most (or at least) a number; or at most a share of what stock needed in the same run."""
    limit: float
    least: bool = False
    of_stock: bool = False

    def text(self):
        if self.of_stock:
            return "stock's" if self.limit == 1 else f"{self.limit:g} of stock's"
        return f"{'at least' if self.least else 'at most'} {self.limit:g}"

    def met(self, ours, stock):
        """None if that cannot be said."""
        if self.of_stock:
            return None if stock is None else ours <= self.limit * stock
        return ours >= self.limit if self.least else ours <= self.limit


@dataclass(frozen=True)
class Figure:
    name: str
    measurement: str
    label: str
    unit: str
    goal: Goal | None = None


def at_most(limit):
    return Goal(limit)


def _output():
    for kind, label in (("plain", "plain"), ("coloured", "coloured"), ("utf8", "UTF-8"), ("scroll", "scroll"),
                        ("escapes", "escapes"), ("jumps", "cursor jumps")):
        text = kind in ("plain", "coloured", "utf8")
        yield Figure(f"{kind}_mb_per_s", kind, f"output, {label}", "MB/s", Goal(65 if text else 45, least=True))
        yield Figure(f"{kind}_cpu_s_per_mb", kind, f"CPU for it, {label}", "s/MB", at_most(0.012 if text else 0.02))


def _wire():
    for script, label in (("typing", "typing"), ("editor", "full-screen editor"), ("log", "scrolling log")):
        yield Figure(f"{script}_down_bytes", "wire", f"down the wire, {label}", "bytes", Goal(1, of_stock=True))


FIGURES = [
    Figure("isolated_p50_ms", "isolated", "isolated key echo, p50", "ms", at_most(0.4)),
    Figure("isolated_p99_ms", "isolated", "isolated key echo, p99", "ms"),
    Figure("isolated_cpu_per_key_ms", "isolated", "server CPU per isolated key", "ms", at_most(0.25)),
    Figure("back_to_back_p50_ms", "back_to_back", "keys back to back, p50", "ms", at_most(2)),
    Figure("back_to_back_cpu_per_key_ms", "back_to_back", "server CPU per key back to back", "ms", at_most(0.25)),
    *_output(),
    Figure("pss_mb", "memory", "PSS of a session, 20 sessions", "MB", at_most(1.6)),
    Figure("big_pss_mb", "big", "1000x1000 screen full of colour, PSS", "MB", at_most(25)),
    Figure("big_peak_rss_mb", "big", "the same, peak RSS", "MB"),
    Figure("connect_ms", "start", "start to CONNECT line", "ms", at_most(6.4)),
    Figure("first_output_ms", "start", "contact to first output", "ms", at_most(15)),
    Figure("idle_wakeups_per_s", "memory", "idle session, wake-ups", "1/s", Goal(1, of_stock=True)),
    Figure("idle_cpu_us_per_s", "memory", "idle session, CPU", "us/s", Goal(1, of_stock=True)),
    Figure("path_p50_ms", "path", "100 ms round trip, p50", "ms", at_most(101)),
    Figure("loss_mean_ms", "loss", "100 ms, 29 % loss each way, mean", "ms", Goal(0.9, of_stock=True)),
    Figure("loss_p99_ms", "loss", "100 ms, 29 % loss each way, p99", "ms", Goal(0.9, of_stock=True)),
    *_wire(),
    Figure("forged_cpu_us", "forged", "CPU per forged datagram", "us", at_most(2.5)),
]
MEASUREMENTS = list(dict.fromkeys(figure.measurement for figure in FIGURES))
GROUPS = {
    "echo": ["isolated", "back_to_back"],
    "output": ["plain", "coloured", "utf8", "scroll", "escapes", "jumps"],
}
