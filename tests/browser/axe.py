"""axe-core 4.14.1 (npm `axe-core`, MPL-2.0, beside this file) on a page in a real browser.

from tests.browser.axe import findings
assert not findings(page)
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

_SOURCE = Path(__file__).with_name("axe.min.js")
#: WCAG 2.2 A and AA, and what axe calls good practice.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def findings(page: Page) -> list[str]:
    """What axe finds wrong on the page as it stands: one line a rule and place, none when all is well.

    The script is evaluated by the browser's own tools, so that the page's CSP stays as strict as it is.
    """
    page.evaluate(_SOURCE.read_text("utf-8") + ";0")
    result = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", TAGS
    )
    return [
        f"{rule['id']} ({rule['impact']}): {rule['help']}: {node['target']} {node['html'][:160]}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]
