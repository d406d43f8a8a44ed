"""What verifying a bundle came to, as lines for people."""

from collections.abc import Iterator

from rich.text import Text

from laneway.evidence.report import About, Check, Report, Result

from .look import worded
from .text import clean, date_and_clock

MOST = 10
"""Findings of one check that are shown; ``--json`` has all."""

_SIGNS = {
    Result.OK: ("✓", "green"),
    Result.FAILED: ("✗", "bold red"),
    Result.SKIPPED: ("–", "dim"),
}


def lines(report: Report) -> Iterator[Text]:
    """Everything: what it is about, each check, and the verdict."""
    if report.about is not None:
        yield from about(report.about, believed=report.verified)
        yield Text()
    width = max(len(check.name) for check in report.checks)
    for check in report.checks:
        yield from _check(check, width)
    yield Text()
    yield verdict(report)


def about(told: About, *, believed: bool) -> Iterator[Text]:
    """Which operation it is about, and how that stood; or what it only claims."""
    dry = " (dry run)" if told.dry_run else ""
    yield Text.assemble(
        (clean(told.operation), "bold cyan"),
        f"  {clean(told.title, 80)}{dry} on {clean(told.lane)}",
    )
    made = f"{date_and_clock(told.exported_at)} by Laneway {clean(told.laneway, 40)}"
    so_far = "" if told.complete else " so far"
    yield Text.assemble(
        worded(clean(told.status)) if believed else Text(f"says {clean(told.status)}"),
        (f" · {clean(told.plan)} · {told.events} events{so_far} · made {made}", "dim"),
    )


def _check(check: Check, width: int) -> Iterator[Text]:
    quiet = "dim" if check.result is Result.SKIPPED else ""
    first, *others = [*_told(check)]
    yield Text.assemble(
        "  ",
        _SIGNS[check.result],
        f" {check.name.ljust(width)}  ",
        (first.plain, quiet or first.style),
    )
    for line in others:
        yield Text.assemble(" " * (width + 6), line)


def _told(check: Check) -> Iterator[Text]:
    if not check.found:
        yield Text(clean(check.message))
    for found in check.found[:MOST]:
        yield Text(clean(found))
        if found.where:
            yield Text(f"at {clean(found.where)}", style="dim")
    if len(check.found) > MOST:
        yield Text(f"… and {len(check.found) - MOST} more (--json has all)", style="dim")


def verdict(report: Report) -> Text:
    """Whether it is verified, in one line."""
    sign = ("✓", "green") if report.verified else ("✗", "bold red")
    return Text.assemble(sign, (f" {clean(report.summary)}", "bold"))
