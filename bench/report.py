"""docs/performance.md, from what was measured."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

#: Workload of the load driver -> (what it is, its row in peers.md, our budget in CPU ms a request).
WORKLOADS = {
    "w1": ("read by id", 1.04, 0.4),
    "w2": ("search, 20 a page", 2.84, 1.0),
    "w3": ("create", 5.33, 1.5),
    "w4": ("update with If-Match", 5.64, 1.6),
    "w5": ("transaction of 20", 102.4, 10.0),
    "w6": ("mixed 70/20/10", 1.98, 0.7),
}
SLOWEST_PAGE, GROWTH = 25.0, 1.3
COACH = 150  # milliseconds
RATE, MEMORY = 5000, 700  # resources a second, megabytes


def text(found: dict[str, Any]) -> str:
    """The whole page."""
    parts = [
        "# Performance",
        "Measured by `make bench`, on the whole product: access decided, audit written, fsync on.",
        _machine(),
        _starts(found.get("starts")),
        _pages(found.get("pages")),
        _coach(found.get("coach")),
        _import(found.get("fhir")),
        _record(found.get("fhir")),
        _floor(found.get("fhir")),
        _profile(found.get("fhir")),
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


def _beside(found: dict[str, Any]) -> str:
    """What else the machine did when this part began."""
    if "load" not in found:
        return ""
    load, cores = found["load"], os.cpu_count() or 1
    told = f"Load of the machine (one minute) before it began: {load:.1f} on {cores} cores"
    return told + (". **Times by the clock are too long.**" if load > 0.3 * cores else ".")


def _starts(found: dict[str, Any] | None) -> str:
    if not found:
        return ""
    rows = [
        ("first start from nothing, demo's people included", f"{found['first']:.1f} s", "15 s"),
        ("later start", f"{found['later']:.1f} s", "3 s"),
        ("memory of all processes, idle (PSS)", f"{found['memory']:.0f} MB", "400 MB"),
    ]
    return (
        _section(f"Starting ({found['on']})", ("", "measured", "budget"), rows)
        + f"\n\n{_beside(found)}".rstrip()
    )


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
        f"Budget: p95 {SLOWEST_PAGE:.0f} ms, growth {GROWTH}×. Stored: {seeded}. {_beside(found)}"
    )


def _coach(found: dict[str, Any] | None) -> str:
    if not found:
        return ""
    rows = "\n".join(
        f"| {name} | {one['letters']:,} | {one['median']:.0f}, **{one['p95']:.0f} ms** "
        f"| {one['cpu_median']:.0f}, {one['cpu_p95']:.0f} ms |"
        for name, one in found["sizes"].items()
    )
    return (
        f"## The coach beside an answer ({found['on']})\n\n"
        "| what it reads | characters | median, p95 | CPU: median, p95 |\n|---|---|---|---|\n"
        f"{rows}\n\n`python -m bench coach`: server time of the whole application, one request after the "
        f"other; the page asks 0.6 s after the last key. Budget: p95 {COACH} ms. {_beside(found)}"
    )


def _import(found: dict[str, Any] | None) -> str:
    if not found:
        return ""
    one = found["import"]
    rate = one["stored"] / one["seconds"]
    return (
        f"## Import ({found['on']})\n\n`rapport import` of the Synthea set: {one['stored']:,} resources "
        f"stored, {one['refused']} refused, in {one['seconds']:.1f} s: **{rate:,.0f} resources/s** "
        f"(budget {RATE:,}, the peer 150–166). {_beside(one)}"
    )


def _record(found: dict[str, Any] | None) -> str:
    if not found:
        return ""
    sizes = sorted(found["sizes"], key=int)
    text = ""
    for size in sizes:
        text += _of_size(found, found["sizes"][size]) + "\n\n"
    first = found["sizes"][sizes[0]]["median"]
    rows = []
    for name, (words, _, _) in WORKLOADS.items() if len(sizes) > 1 else ():
        cpu = [found["sizes"][size]["median"][name]["server_cpu_ms_per_req"]["total"] for size in sizes]
        if name in first:
            rows.append((words, *(f"{each:.2f}" for each in cpu), f"**{cpu[-1] / cpu[0]:.2f}×**"))
    if rows:
        head = ("", *(f"{found['sizes'][size]['stored']:,} stored" for size in sizes), f"budget {GROWTH}×")
        text += _section("The same with more stored, CPU ms a request", head, rows) + "\n\n"
    return (
        f"{text}16 connections, {found['rounds']} rounds of {found['round']} s (medians), load driver "
        "and server on the same machine. Compare CPU time: it survives a noisy machine. Other work: cores "
        f"that were busy with neither. {_beside(found)}"
    )


def _of_size(found: dict[str, Any], one: dict[str, Any]) -> str:
    rows = []
    for name, (words, peer, budget) in WORKLOADS.items():
        if name in one["median"]:
            rows.append(_workload(words, peer, budget, one["median"][name]))
    head = ("", "req/s", "p50/p95/p99 ms", "CPU ms a request (web + database)", "budget", "peer")
    head = (*head, "errors", "other work")
    text = _section(f"The record over HTTP, {one['stored']:,} resources stored ({found['on']})", head, rows)
    text += (
        f"\n\nMemory of all processes under load (PSS, the most): {one['memory']:.0f} MB (budget {MEMORY})."
    )
    broken = {name: words for name, words in one["preflight"].items() if words is not True}
    said = "\n".join(f"- {name}: {words}" for name, words in broken.items())
    return text + (f"\n\nThe driver's own checks that failed:\n{said}" if broken else "")


def _workload(words: str, peer: float, budget: float, one: dict[str, Any]) -> tuple[str, ...]:
    cpu = one["server_cpu_ms_per_req"]
    return (
        words,
        f"{one['req_per_s']:,.0f}",
        f"{one['p50_ms']:.0f}/{one['p95_ms']:.0f}/{one['p99_ms']:.0f}",
        f"**{cpu['total']:.2f}** ({cpu['app']:.2f} + {cpu['db']:.2f})",
        f"{budget:.1f}",
        f"{peer:g}",
        str(one["errors"]),
        f"{one.get('other_cpu_share', 0.0):.1f}",
    )


def _floor(found: dict[str, Any] | None) -> str:
    if not found:
        return ""
    rows = []
    for size in sorted(found["sizes"], key=int):
        one = found["sizes"][size]
        for name, floor in one["floor"].items():
            whole = one["median"][name]["server_cpu_ms_per_req"]["total"] if name in one["median"] else 0.0
            bare, line = floor["postgresql"] / 1e3, floor["parts"].get("libpq", 0.0) / 1e3
            rows.append(
                (
                    f"{WORKLOADS[name][0]}, {one['stored']:,} stored",
                    f"{floor['statements']:.1f}",
                    f"{bare:.2f}",
                    f"{line:.2f}",
                    f"**{bare + line:.2f}**",
                    f"{whole:.2f}",
                )
            )
    head = ("", "statements", "PostgreSQL", "libpq", "floor", "as served")
    return _section("The floor: the same statements, CPU ms a request", head, rows) + (
        "\n\nThe statements of a request, audit and gate included, sent one after the other over one "
        "connection: what PostgreSQL (all its processes) and the C library take for them. Nothing that uses "
        "PostgreSQL can be cheaper; what is served costs more by Python, HTTP, and many clients at once. It "
        "is taken after the load, on what that left behind: searches then find more than they did under load."
    )


def _profile(found: dict[str, Any] | None) -> str:
    if not found:
        return ""
    size = min(found["sizes"], key=int)
    one = found["sizes"][size]
    names = [name for name in WORKLOADS if name in one["floor"] and name in one["median"]]
    parts = sorted(
        {part for name in names for part in one["floor"][name]["parts"]},
        key=lambda part: -max(one["floor"][name]["parts"].get(part, 0.0) for name in names[:-1]),
    )
    rows = [
        (part, *(f"{one['floor'][name]['parts'].get(part, 0.0):.0f}" for name in names)) for part in parts
    ]
    inside = {name: sum(one["floor"][name]["parts"].values()) for name in names}
    web = {name: one["median"][name]["server_cpu_ms_per_req"]["app"] * 1e3 for name in names}
    data = {name: one["median"][name]["server_cpu_ms_per_req"]["db"] * 1e3 for name in names}
    rows += [
        ("web server, threads, kernel", *(f"{web[name] - inside[name]:.0f}" for name in names)),
        ("PostgreSQL", *(f"{data[name]:.0f}" for name in names)),
        ("**all, as served**", *(f"**{web[name] + data[name]:.0f}**" for name in names)),
    ]
    title = f"Where the time goes, CPU µs a request ({one['stored']:,} stored)"
    return _section(title, ("", *(WORKLOADS[name][0] for name in names)), rows)


def _section(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [f"## {title}", "", "| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])
