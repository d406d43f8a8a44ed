"""What axe finds on a page."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

AXE = Path(__file__).parents[1] / "node" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")


async def findings(page: Page) -> list[str]:
    """What is serious or critical: the rule, and the elements that break it."""
    # It comes as a script of the debugger's, which the page's own policy is not asked about.
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    report: dict[str, Any] = await page.evaluate(
        "() => axe.run(document, {resultTypes: ['violations']})"
    )
    return [
        f"{each['id']} ({each['impact']}): {each['help']}\n" + "\n".join(_elements(each))
        for each in report["violations"]
        if each["impact"] in GRAVE
    ]


def _elements(violation: dict[str, Any]) -> list[str]:
    nodes: list[dict[str, Any]] = violation["nodes"]
    return [f"  {node['html'][:160]}\n    {node['failureSummary'][:300]}" for node in nodes[:5]]
