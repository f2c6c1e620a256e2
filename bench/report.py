"""docs/performance.md, from what was measured."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path
from typing import Any

#: Workload of the load driver -> (what it is, its row in peers.md, our budget in CPU ms a request).
WORKLOADS = {
    "w1": ("read by id", 1.04, 0.4),
    "w2": ("search, 20 a page", 2.84, 1.0),
    "w3": ("create", 5.33, 1.5),
    "w4": ("update with If-Match", 5.64, 1.6),
    "w5": ("transaction of 20", 102.4, 10.0),
    "w6": ("mixed 70/20/10", 1.98, None),
}
SLOWEST_PAGE, GROWTH = 25.0, 1.3


def text(found: dict[str, Any]) -> str:
    """The whole page."""
    parts = [
        "# Performance",
        "Measured by `make bench`, on the whole product: access decided, audit written, fsync on.",
        _machine(),
        _others(found.get("load")),
        _starts(found.get("starts")),
        _pages(found.get("pages")),
        _import(found.get("import")),
        _record(found.get("import")),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _machine() -> str:
    try:
        models = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        models = []
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    name = models[0] if models else platform.processor() or platform.machine()
    return (
        f"Machine: {os.cpu_count()} cores ({name}), {memory:.0f} GiB, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}, the embedded PostgreSQL 18."
    )


def _others(load: float | None) -> str:
    cores = os.cpu_count() or 1
    if load is None or load < 1.5 * cores:
        return ""
    return (
        f"**The machine had other work meanwhile** (load average {load:.0f} on {cores} cores), so"
        " times by the clock are several times those of a quiet machine, and no budget is shown to be met or"
        " missed by them. CPU times are closer, and too high as well."
    )


def _starts(found: dict[str, Any] | None) -> str:
    if not found:
        return ""
    rows = [
        ("first start from nothing, demo's people included", f"{found['first']:.1f} s", "15 s"),
        ("later start", f"{found['later']:.1f} s", "3 s"),
        ("memory of all processes, idle (PSS)", f"{found['memory']:.0f} MB", "400 MB"),
    ]
    return _section(f"Starting ({found['on']})", ("", "measured", "budget"), rows)


def _pages(found: dict[str, Any] | None) -> str:
    sizes = sorted((size for size in found or {} if size.isdigit()), key=int)
    if not found or not sizes:
        return ""
    head = ["page"]
    for size in sizes:
        head += [f"{int(size):,} messages: median, p95", "KiB"]
    if len(sizes) > 1:
        head.append("p95 grows by")
    rows = []
    for name in found[sizes[0]]["pages"]:
        row = [name]
        for size in sizes:
            one = found[size]["pages"][name]
            row += [f"{one['median']:.1f}, **{one['p95']:.1f} ms**", f"{one['kib']:.0f}"]
        if len(sizes) > 1:
            row.append(
                f"{found[sizes[-1]]['pages'][name]['p95'] / found[sizes[0]]['pages'][name]['p95']:.2f}×"
            )
        rows.append(tuple(row))
    text = _section(f"Pages ({found['on']})", tuple(head), rows)
    seeded = "; ".join(
        f"{found[size]['messages']:,} messages of {found[size]['patients']:,} patients, "
        f"{found[size]['resources']:,} resources in all"
        for size in sizes
    )
    return (
        f"{text}\n\nServer time of the whole application, one request after the other, by many people. "
        f"Budget: p95 {SLOWEST_PAGE:.0f} ms, growth {GROWTH}×. Stored: {seeded}."
    )


def _import(found: dict[str, Any] | None) -> str:
    if not found:
        return ""
    stored = found["counts"]["stored"] or 0
    rate = stored / found["seconds"]
    return (
        f"## Import ({found['on']})\n\n`rapport import` of the Synthea set: {stored:,} resources "
        f"stored, {found['counts']['refused'] or 0} refused, in {found['seconds']:.1f} s: "
        f"**{rate:,.0f} resources/s** (the peer: 150–166; our aim: 3,000)."
    )


def _record(found: dict[str, Any] | None) -> str:
    if not found:
        return ""
    rows = []
    for name, (words, peer, budget) in WORKLOADS.items():
        one = found["median"].get(name)
        if one:
            cpu = one["server_cpu_ms_per_req"]
            rows.append(
                (
                    words,
                    f"{one['req_per_s']:,.0f}",
                    f"{one['p50_ms']:.0f}/{one['p95_ms']:.0f}/{one['p99_ms']:.0f}",
                    f"**{cpu['total']:.2f}** ({cpu['app']:.2f} + {cpu['db']:.2f})",
                    f"{budget:.1f}" if budget else "",
                    f"{peer:g}",
                    str(one["errors"]),
                )
            )
    head = ("", "req/s", "p50/p95/p99 ms", "CPU ms a request (web + database)", "budget", "peer", "errors")
    text = _section(f"The record over HTTP ({found['on']})", head, rows)
    broken = {name: words for name, words in found["preflight"].items() if words is not True}
    said = "\n".join(f"- {name}: {words}" for name, words in broken.items())
    return (
        f"{text}\n\n16 connections, {found['rounds']} rounds of {found['round']} s (medians), load driver "
        "and server on the same machine; the record holds the Synthea set. Compare CPU time: it survives a "
        "noisy machine." + (f"\n\nThe driver's own checks that failed:\n{said}" if broken else "")
    )


def _section(title: str, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [f"## {title}", "", "| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])
