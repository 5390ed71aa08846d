"""tables.py - what was measured as Markdown, and what of the demands was missed."""
from workloads import GCC_LIMIT_S, GROWTH_LIMIT, NNC_LIMIT_MS, NUMERICS, SEPARATE_LIMIT


def markdown(rows):
    """Aligned; the first column to the left, the others to the right."""
    width = [max(len(row[c]) for row in rows) for c in range(len(rows[0]))]
    lines = []
    for number, row in enumerate(rows):
        cells = [cell.ljust(width[c]) if c == 0 else cell.rjust(width[c]) for c, cell in enumerate(row)]
        lines.append("| " + " | ".join(cells) + " |")
        if number == 0:
            rule = ["-" * (w + 2) if c == 0 else "-" * (w + 1) + ":" for c, w in enumerate(width)]
            lines.append("|" + "|".join(rule) + "|")
    return lines


def number(value):
    """Three digits or more: 0.571, 12.3, 1847."""
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 1000 \
        else f"{value:.0f}"


def pair(timing):
    return f"{number(timing.median)} / {number(timing.minimum)}"


class Judge:
    """Says of each figure whether it is as demanded, and keeps what is not."""

    def __init__(self):
        self.missed = []

    def say(self, good, text):
        if not good:
            self.missed.append(text)
        return "reached" if good else "MISSED"


def comparison(results, judge):
    """A row for each workload: nnc beside the fastest of its peers."""
    rows = [["work", "peer", *[f"nnc {numerics}" for numerics in NUMERICS], "peer's best", "ratios", "demanded"]]
    for result in results:
        workload, own = result.workload, [pair(result.nnc[numerics]) for numerics in NUMERICS]
        if not result.peers:
            rows.append([workload.title, "-", *own, "-", "-", f"{workload.demanded:g}, not measured"])
            continue
        best = min(result.peers, key=lambda name: result.peers[name].median)
        ratio = result.peers[best].median / result.nnc["fused"].median
        least = result.peers[best].minimum / result.nnc["fused"].minimum
        verdict = judge.say(ratio >= workload.demanded,
                            f"{workload.title}: {ratio:.3g} times as fast as {best} instead of {workload.demanded:g}")
        rows.append([workload.title, best, *own, pair(result.peers[best]), f"{ratio:.3g} / {least:.3g}",
                     f"{workload.demanded:g}, {verdict}"])
    return markdown(rows)


def numerics(results, judge):
    rows = [["work", "separate : fused", "demanded", "fast : fused", "update"]]
    for result in results:
        fused = result.nnc["fused"].median
        separate, fast = (result.nnc[kind].median / fused for kind in ("separate", "fast"))
        verdict = judge.say(separate <= SEPARATE_LIMIT, f"{result.workload.title}: separate numerics take "
                            f"{separate:.3f} times as long as fused instead of at most {SEPARATE_LIMIT}")
        rows.append([result.workload.title, f"{separate:.2f}", f"<= {SEPARATE_LIMIT}, {verdict}", f"{fast:.2f}",
                     result.update if result.workload.batch else "-"])
    return markdown(rows)


def shares(results, peak, judge):
    """At the minimum, as `nnc bench` does: a share of what the machine can do at its best."""
    rows = [["work", "GFLOP/s", "of FMA peak", "demanded"]]
    for result in results:
        workload, rate = result.workload, result.flops / result.nnc["fused"].minimum * 1e-3
        share, demand = rate / peak, "-"
        if workload.share:
            verdict = judge.say(share >= workload.share,
                                f"{workload.title}: {100 * share:.0f} % of the FMA peak instead of "
                                f"{100 * workload.share:.0f} %")
            demand = f"{100 * workload.share:.0f} %, {verdict}"
        rows.append([workload.title, f"{rate:.1f}", f"{100 * share:.0f} %", demand])
    return markdown(rows)


def pytorch(results):
    """All the ways in which PyTorch was run; empty if it was not."""
    modes = list(dict.fromkeys(name for result in results for name in result.peers if name.startswith("PyTorch")))
    rows = [["work", *modes]]
    for result in results:
        if any(mode in result.peers for mode in modes):
            rows.append([result.workload.title,
                         *[pair(result.peers[mode]) if mode in result.peers else "-" for mode in modes]])
    return markdown(rows) if modes else []


def printing(printed, judge):
    """nnc's own time and gcc's for the networks of the comparison, and how much more C lanes and tiles are."""
    rows = [["network", "nnc, target c", "nnc, target native", "demanded", "gcc -O2, native", "demanded",
             "KB of C, target c", "native", "growth", "demanded"]]
    for row in printed:
        slowest = max(minimum for _, minimum in row.times.values())
        growth = row.bytes["native"] / row.bytes["c"]
        quick = judge.say(slowest < NNC_LIMIT_MS,
                          f"{row.network}: nnc takes {slowest:.1f} ms instead of less than {NNC_LIMIT_MS}")
        compiled = judge.say(row.seconds < GCC_LIMIT_S,
                             f"{row.network}: gcc takes {row.seconds:.1f} s instead of less than {GCC_LIMIT_S}")
        small = judge.say(growth < GROWTH_LIMIT,
                          f"{row.network}: target native prints {growth:.1f} times the C of target c instead of less "
                          f"than {GROWTH_LIMIT}")
        times = [f"{median:.1f} / {minimum:.1f} ms" for median, minimum in row.times.values()]
        sizes = [f"{row.bytes[target] / 1e3:.0f}" for target in ("c", "native")]
        rows.append([row.network, *times, f"< {NNC_LIMIT_MS} ms, {quick}", f"{row.seconds:.1f} s",
                     f"< {GCC_LIMIT_S} s, {compiled}", *sizes, f"{growth:.1f}", f"< {GROWTH_LIMIT}, {small}"])
    return markdown(rows)


def specs(times, limit_of, judge):
    """nnc's own time for all of specs/. Judged by the minimum: a process of some milliseconds is at the mercy of
    whatever else runs."""
    rows = [["nnc itself, median / minimum in ms", "target c", "target native", "demanded"]]
    for spec, by_target in times.items():
        slowest, limit = max(minimum for _, minimum in by_target.values()), limit_of(spec)
        verdict = judge.say(slowest < limit, f"{spec}: nnc takes {slowest:.1f} ms instead of less than {limit}")
        rows.append([spec, *[f"{median:.1f} / {minimum:.1f}" for median, minimum in by_target.values()],
                     f"< {limit}, {verdict}"])
    return markdown(rows)


HEAD = "# nnc beside other programs\n\nMade by `make bench`: a section for each processor on which it ran last.\n"


def with_section(text, processor, section):
    """The results of all processors, of which those of one are new."""
    kept = [part for part in text.split("\n## ")[1:] if part.split("\n", 1)[0] != processor]
    return "\n## ".join([HEAD, *sorted(kept + [f"{processor}\n\n{section}"])])
