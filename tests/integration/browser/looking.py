"""What is asked of every page that people read, at every size."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from integration.browser.chromium import Chromium


class Look(NamedTuple):
    """How a reader has the page before them."""

    name: str
    width: int
    height: int
    dark: bool = False
    paper: bool = False


LOOKS = (
    Look("phone", 360, 740),
    Look("phone in the dark", 360, 740, dark=True),
    Look("desktop", 1280, 900),
    Look("desktop in the dark", 1280, 900, dark=True),
    Look("paper", 794, 1123, paper=True),  # A4 at 96 dots an inch
)

_AXE = """axe.run(document, {resultTypes: ["violations"]}).then(found => found.violations.map(
  v => v.id + ": " + v.nodes.map(n => n.html.slice(0, 120) + " " + n.failureSummary).join(" | ")))"""
# What a closed <details> holds has a place as well, though nobody sees it: `checkVisibility` knows.
# The head of a table is out of sight on a phone, for screen readers alone.
_WIDE = """[...document.querySelectorAll("body *")].filter(e => {
  const b = e.getBoundingClientRect();
  if (!e.checkVisibility() || e.closest("thead") || b.width <= 1 || b.height <= 1) return false;
  return b.right > WIDTH + 1 || b.left < -1;
}).map(e => e.tagName + "." + e.className + " " + e.textContent.slice(0, 40))"""
_COVERED = """(() => {
  const boxes = [...document.querySelectorAll("h1, h2, p, li, tr, label, button, summary, dt, dd")]
    .filter(e => e.checkVisibility()).map(e => [e, e.getBoundingClientRect()])
    .filter(([, b]) => b.width > 1 && b.height > 1);
  const found = [];
  for (const [a, one] of boxes) for (const [b, two] of boxes) {
    if (a === b || a.contains(b) || b.contains(a) || a.closest("thead") || b.closest("thead")) continue;
    const across = Math.min(one.right, two.right) - Math.max(one.left, two.left);
    const down = Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top);
    if (across > 1 && down > 1) found.push(a.textContent.slice(0, 40) + " / " + b.textContent.slice(0, 40));
  }
  return found.slice(0, 5);
})()"""


def faults(browser: Chromium, axe: str, page: Path, look: Look) -> list[str]:
    """What is wrong with a page: nothing, for a reader with eyes, with a screen reader, with a phone or on paper.

    Places of elements are compared, with the fonts of this machine: what must hold on each is that nothing lies outside
    the window or over something else. How a page looks with given fonts is in `pictures`.
    """
    browser.show(look.width, look.height, dark=look.dark, paper=look.paper)
    browser.open(page)
    found = [f"outside the window: {what}" for what in browser.ask(_WIDE.replace("WIDTH", str(look.width)))]
    found += [f"one over the other: {what}" for what in browser.ask(_COVERED)]
    if browser.ask("document.documentElement.scrollWidth") > look.width:  # a phone would make its window wider instead
        found.append("it scrolls sideways")
    found += browser.troubles()
    found += [
        f"fetched {url[:80]}" for url in browser.requests() if url != page.as_uri() and not url.startswith("data:")
    ]
    if not look.paper:  # its colours are for ink
        browser.ask(f"{axe}; 0")
        found += browser.ask(_AXE)
    return found
