from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from fold_guard.evidence.dossier import Dossier
from fold_guard.evidence.report import Report
from fold_guard.reports.html import render_audit, render_dossier
from tests.reports import hand_made

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

CONTRAST = """
() => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => {
      v /= 255;
      return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      const parts = rgb(colour);
      if (!colour.startsWith('color(') && (parts.length < 4 || parts[3] === 1)) return parts;
    }
    return [255, 255, 255];
  };
  const texts = 'h1, h2, h3, h4, h5, p, li, dt, dd, th, td, label, summary span, .picture text';
  return [...document.querySelectorAll(texts)]
    .filter(each => each.checkVisibility() && each.textContent.trim())
    .map(each => {
      const style = getComputedStyle(each);
      const ink = each instanceof SVGElement ? style.fill : style.color;
      const [a, b] = [light(rgb(ink)), light(behind(each))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      return [ratio, each.tagName + ' ' + each.textContent.trim().slice(0, 40)];
    });
}
"""
CUT_OFF = """
() => [...document.querySelectorAll('body *')]
  .filter(each => each.checkVisibility() && !each.closest('.scroll, pre, svg'))
  .filter(each => each.getBoundingClientRect().right > innerWidth + 0.5)
  .map(each => each.outerHTML.slice(0, 120))
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    missing = []
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        missing.append("Chromium (Debian: apt-get install chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing.append("the package playwright")
    if missing:
        reason = f"the report was not opened in a browser: {' and '.join(missing)} not installed"
        if os.environ.get("FOLD_GUARD_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


def drilled() -> Dossier:
    """Two plans with segments, failures and concerns; more classes than can be chosen."""
    labels = [f"class {i:02d} of many <b>" for i in range(30)]
    segments = {"ward": [f"ward number {i % 15}" for i in range(600)]}
    given = {"concerns": (hand_made.concern(), hand_made.concern(blocking=True))}
    fits = hand_made.classifier(
        600, labels, segments=segments, failures=hand_made.failures(4), **given
    )
    single = hand_made.classifier(600, folds=600, segments=segments, path="exact: " + "w" * 80)
    return hand_made.dossier(("fits", fits), ("single", single), headline=("accuracy", "log_loss"))


def numeric() -> Dossier:
    plans = (("a", hand_made.regressor()), ("b", hand_made.regressor(folds=300, scale=1e6)))
    return hand_made.dossier(*plans, headline=("mae", "r2", "mape"))


@pytest.fixture(scope="module")
def pages(
    tmp_path_factory: pytest.TempPathFactory,
    covid: Dossier,
    hostile: Dossier,
    bare: Dossier,
    refused_audit: Report,
) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    rendered = {
        "covid": render_dossier(covid),
        "hostile": render_dossier(hostile),
        "bare": render_dossier(bare),
        "audit": render_audit(refused_audit),
        "classes": render_dossier(drilled()),
        "numbers": render_dossier(numeric()),
    }
    found = {}
    for name, html in rendered.items():
        found[name] = folder / f"{name}.html"
        found[name].write_text(html, encoding="utf-8")
    return found


class Visit:
    """A page that notes whatever it should not do."""

    def __init__(
        self, browser: Browser, path: Path, width: int, scheme: Literal["light", "dark"] = "light"
    ) -> None:
        self.page: Page = browser.new_page(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.page.close()


@pytest.mark.parametrize("name", ["covid", "hostile", "bare", "audit", "classes", "numbers"])
@pytest.mark.parametrize("width", [360, 1280])
def test_silent_offline_and_within_the_window(
    browser: Browser, pages: dict[str, Path], name: str, width: int
) -> None:
    with Visit(browser, pages[name], width) as visit:
        for opened in (False, True):
            visit.page.evaluate(
                "opened => document.querySelectorAll('details').forEach(d => d.open = opened)",
                opened,
            )
            assert visit.page.evaluate("document.documentElement.scrollWidth") == width
            assert visit.page.evaluate(CUT_OFF) == []
        assert visit.complaints == []
        assert [url for url in visit.requests if not url.startswith("data:")] == [
            pages[name].as_uri()
        ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["covid", "audit", "classes"])
def test_text_stands_out_in_both_themes(
    browser: Browser, pages: dict[str, Path], name: str, scheme: Literal["light", "dark"]
) -> None:
    with Visit(browser, pages[name], 1280, scheme) as visit:
        visit.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        body = "getComputedStyle(document.body).backgroundColor"
        wanted = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 31)"}[scheme]
        assert visit.page.evaluate(body) == wanted
        ratios = visit.page.evaluate(CONTRAST)
        assert len(ratios) > 100
        assert [each for each in ratios if each[0] < 4.5] == []


def test_a_row_opens_without_script(browser: Browser, pages: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(pages["audit"].as_uri())
    row = page.locator("details.check.failed").first
    assert not row.locator(".inside").is_visible()
    row.locator("summary").first.click()
    assert row.locator(".inside").is_visible()
    context.close()


def test_rows_are_chosen_by_class_without_script(browser: Browser, pages: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(pages["classes"].as_uri())
    first, second = page.locator(".drill").all()

    def shown(drill: Locator) -> list[int]:
        return [i for i, panel in enumerate(drill.locator(".panel").all()) if panel.is_visible()]

    choices = first.locator("label").all()
    assert len(choices) == first.locator(".panel").count() == 1 + 12
    assert shown(first) == shown(second) == [0]
    for place, choice in enumerate(choices):
        choice.click()
        assert shown(first) == [place]
        named = choice.inner_text()
        assert named in first.locator(".panel").nth(place).locator("h5").inner_text()
    labels = first.locator(".panel").nth(5).locator("tbody tr td:nth-child(3)").all_inner_texts()
    assert set(labels) == {choices[5].inner_text()}
    # The other plan has choices of its own, and so have those who use no mouse.
    assert shown(second) == [0]
    second.locator("input").first.focus()
    page.keyboard.press("ArrowRight")
    assert shown(second) == [1]
    assert shown(first) == [12]
    context.close()


def test_print_shows_the_rows_of_every_class(browser: Browser, pages: dict[str, Path]) -> None:
    with Visit(browser, pages["classes"], 690) as visit:
        visit.page.emulate_media(media="print")
        panels = visit.page.locator(".panel").all()
        assert len(panels) > 13
        assert all(panel.is_visible() for panel in panels)
        assert not visit.page.locator(".choices").first.is_visible()
        assert visit.page.evaluate(CUT_OFF) == []


def test_print_opens_everything_and_cuts_nothing(
    browser: Browser, pages: dict[str, Path], tmp_path: Path
) -> None:
    with Visit(browser, pages["covid"], 1280, "dark") as visit:
        pdf = tmp_path / "report.pdf"
        visit.page.pdf(path=str(pdf), format="A4", print_background=True)
        content = pdf.read_bytes()
        assert content.startswith(b"%PDF")
        assert content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") >= 5
        visit.page.emulate_media(media="print")
        visit.page.set_viewport_size({"width": 690, "height": 1000})
        assert visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(255, 255, 255)"
        )
        hidden = visit.page.evaluate(
            "[...document.querySelectorAll('details > *')].filter(e => !e.checkVisibility()).length"
        )
        assert hidden == 0
        assert visit.page.evaluate(CUT_OFF) == []
        wide = visit.page.evaluate(
            "[...document.querySelectorAll('table, pre')]"
            ".filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
            ".map(e => e.textContent.slice(0, 80))"
        )
        assert wide == []


def test_screenshots_of_each_theme_differ(
    browser: Browser, pages: dict[str, Path], tmp_path: Path
) -> None:
    wanted: tuple[tuple[str, int, Literal["light", "dark"]], ...] = (
        ("light", 1280, "light"),
        ("dark", 1280, "dark"),
        ("phone", 360, "light"),
    )
    shots = {}
    for name, width, scheme in wanted:
        with Visit(browser, pages["covid"], width, scheme) as visit:
            shots[name] = visit.page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
    assert len({*shots.values()}) == 3
