"""The page in the system's Chromium: the whole job on phone and desktop, by keyboard, over restarts; and
axe.
"""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serve.browser import DESKTOP, PHONE, Serving, chromium
from tests.support.sound import noise, write_wav

pytestmark = [pytest.mark.slow, pytest.mark.tools("chromium")]

PICTURES = os.environ.get("REDBOOK_PICTURES", "")
"""A folder for pictures of the page; `make pictures` sets it."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    served = Serving(tmp_path)
    served.start()
    yield served
    served.close()


@pytest.fixture
def songs(tmp_path: Path) -> list[str]:
    titles = ("01 Prelude", "02 Étude", "03 Chorale")
    for number, title in enumerate(titles):
        write_wav(tmp_path / f"{title}.wav", noise(588 * (400 + 50 * number), number))
    return [str(tmp_path / f"{title}.wav") for title in titles]


def opened(browser: Any, serving: Serving, **more: Any) -> Any:
    """The page, signed in; what goes wrong in it fails the test."""
    context = browser.new_context(**{"viewport": PHONE, **more})
    page = context.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.goto(serving.url)
    page.wait_for_selector("#page-burn:not([hidden])")
    return page


def picture(page: Any, name: str) -> None:
    if PICTURES:
        # Not full_page=True: after it the page scrolls between the next press of the mouse and its release.
        before = page.viewport_size
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({**before, "height": height})
        page.screenshot(path=f"{PICTURES}/{name}.png")
        page.set_viewport_size(before)


def axe(page: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    # A page's own policy keeps scripts out; axe is not the page's.
    found = Axe().run(page).response["violations"]
    assert found == [], json.dumps([(v["id"], [n["html"] for n in v["nodes"]]) for v in found], indent=1)


def see(page: Any, text: str, seconds: float = 90) -> None:
    for _ in range(int(seconds * 10)):
        if any(one.is_visible() for one in page.get_by_text(text).all()):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{text!r} is not on the page:\n{page.inner_text('body')}")


def until(page: Any, expression: str, seconds: float = 60) -> None:
    """Without eval in the page, which its own policy forbids."""
    for _ in range(int(seconds * 10)):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(expression)


def add(page: Any, songs: list[str]) -> None:
    page.set_input_files("#files", songs)
    until(
        page,
        f"document.querySelectorAll('#tracks li').length === {len(songs)}"
        " && [...document.querySelectorAll('#tracks progress')].every((bar) => bar.hidden)",
    )


def titles(page: Any) -> list[str]:
    return list(page.eval_on_selector_all(".track-title", "(all) => all.map((one) => one.value)"))


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("phone", {"viewport": PHONE, "color_scheme": "light"}),
        ("desktop", {"viewport": DESKTOP, "color_scheme": "dark"}),
    ],
)
def test_the_whole_job(
    browser: Any, serving: Serving, songs: list[str], name: str, look: dict[str, Any]
) -> None:
    page = opened(browser, serving, **look)
    axe(page)
    add(page, songs)
    page.get_by_label("03 Chorale: up").click()
    page.get_by_label("Title of track 1").fill("Präludium")
    page.get_by_label("Title of the disc").fill("Sermon")
    page.get_by_label("How many good discs").fill("2")
    assert titles(page) == ["Präludium", "03 Chorale", "02 Étude"]
    axe(page)
    picture(page, f"page-{name}-burn")
    page.get_by_role("button", name="Burn 2 discs").click()
    see(page, "Put a blank disc into d1.")
    axe(page)
    picture(page, f"page-{name}-blank")
    serving.put_a_blank("d1", "3/0C/00@write:5")
    serving.put_a_blank("d2")
    see(page, "Take the disc out of d2: copy")
    see(page, "The disc in d1 is spoiled.")
    axe(page)
    picture(page, f"page-{name}-now")
    page.locator("#todo").get_by_label("Eject the disc in d1").click()
    see(page, "Put a blank disc into d1.")
    serving.put_a_blank("d1")
    see(page, "2 of 2 good, 1 spoiled (done)")
    page.get_by_role("link", name="Reports").click()
    page.get_by_role("link", name="Sermon", exact=True).click()
    page.wait_for_selector("#report-rows tr:nth-child(3)")
    states = page.eval_on_selector_all(
        "#report-rows td:nth-child(2)", "(all) => all.map((c) => c.textContent)"
    )
    assert sorted(states) == ["good", "good", "spoiled"]
    assert page.text_content("#report-tracks tr td:nth-child(2)") == "Präludium"
    # Words stay whole: a table that is too wide scrolls.
    assert page.evaluate("document.querySelector('#report th').offsetHeight < 60")
    axe(page)
    picture(page, f"page-{name}-report")
    page.get_by_role("link", name="Drives").click()
    page.wait_for_selector("#page-drives:not([hidden])")
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")  # nothing is cut off
    assert page.faults == []


def test_the_insert_is_all_that_is_printed(browser: Any, serving: Serving, songs: list[str]) -> None:
    page = opened(browser, serving)
    add(page, songs[:1])
    page.get_by_label("Title of the disc").fill("Sermon")
    page.get_by_role("button", name="Burn").click()
    see(page, "Put a blank disc into d1.")
    page.get_by_role("link", name="Reports").click()
    page.get_by_role("link", name="Sermon", exact=True).click()
    page.wait_for_selector("#report-tracks tr")
    page.evaluate("window.print = () => { window.printed = document.body.className }")
    page.get_by_role("button", name="Print the insert").click()
    assert page.evaluate("window.printed") == "insert"
    page.emulate_media(media="print")
    assert not page.is_visible("header")
    assert not page.is_visible("#report")
    assert "01 Prelude" in page.inner_text("#insert")
    assert re.search(r"\d:\d\d", page.inner_text("#insert"))
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert page.is_visible("#report")


def test_everything_can_be_done_by_keyboard(browser: Any, serving: Serving, songs: list[str]) -> None:
    """Tab, space, enter and letters: tracks are moved, renamed, removed, and the disc is ordered."""
    page = opened(browser, serving, viewport=DESKTOP)
    add(page, songs)

    def tab_to(label: str, *, back: bool = False) -> None:
        for _ in range(80):
            page.keyboard.press("Shift+Tab" if back else "Tab")
            said = page.evaluate(
                "document.activeElement.getAttribute('aria-label') || document.activeElement.labels?.[0]"
                "?.textContent || document.activeElement.textContent"
            )
            if said.strip() == label:
                return
        raise AssertionError(f"no key leads to {label}")

    page.focus("#main")
    tab_to("01 Prelude: down")
    page.keyboard.press("Enter")
    assert titles(page) == ["02 Étude", "01 Prelude", "03 Chorale"]
    page.keyboard.press("Space")  # the focus went with the track
    assert titles(page) == ["02 Étude", "03 Chorale", "01 Prelude"]
    assert "is track 3 now" in page.text_content("#said")
    tab_to("02 Étude: remove", back=True)
    page.keyboard.press("Enter")
    assert titles(page) == ["03 Chorale", "01 Prelude"]
    page.focus("#main")
    tab_to("Title of the disc")
    page.keyboard.type("Typed")
    tab_to("How many good discs")
    page.keyboard.press("ArrowUp")
    tab_to("Burn 2 discs")
    page.keyboard.press("Enter")
    see(page, "0 of 2 good, 2 to go (under way)")
    tab_to("Pause order 1")
    page.keyboard.press("Enter")
    see(page, "Typed is paused.")
    assert page.faults == []


def test_a_server_that_was_restarted_is_found_again(browser: Any, serving: Serving, songs: list[str]) -> None:
    """Killed, and started again: the page says so, asks for the new token, and shows everything anew."""
    page = opened(browser, serving)
    add(page, songs[:1])
    page.get_by_role("button", name="Burn").click()
    see(page, "0 of 1 good")
    serving.end(signal.SIGKILL)
    see(page, "No connection to redbook.")
    serving.start()
    page.wait_for_selector("#page-login:not([hidden])", timeout=60_000)
    axe(page)
    page.get_by_label("The token that").fill(serving.url.partition("#")[2])
    page.get_by_role("button", name="Open").click()
    page.wait_for_selector("#page-burn:not([hidden])")
    assert page.text_content("#trouble") == ""
    page.get_by_role("link", name="Now").click()
    serving.put_a_blank("d2")
    see(page, "1 of 1 good (done)")
    # Files that the server before was sent are sent again by the page that has them.
    page.get_by_role("link", name="Burn").click()
    add(page, songs[1:2])
    serving.end(signal.SIGKILL)
    see(page, "No connection to redbook.")
    serving.start()
    page.wait_for_selector("#page-login:not([hidden])", timeout=60_000)
    page.get_by_label("The token that").fill(serving.url.partition("#")[2])
    page.get_by_role("button", name="Open").click()
    page.wait_for_selector("#page-burn:not([hidden])")
    until(page, "!document.querySelector('#burn-button').disabled")
    page.get_by_role("button", name="Burn").click()
    see(page, "0 of 1 good, 1 to go (under way)")
    assert page.faults == []


def test_a_drop_without_a_file_is_told(browser: Any, serving: Serving, songs: list[str]) -> None:
    page = opened(browser, serving)
    page.evaluate(
        "document.querySelector('#drop').dispatchEvent(new DragEvent('drop',"
        " {dataTransfer: new DataTransfer(), bubbles: true, cancelable: true}))"
    )
    see(page, "There was no file in what was dropped.")
    add(page, songs[:1])
    assert not page.is_visible("#trouble")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_label("Title of the disc").click()  # a browser asks nobody who has not touched the page
    with page.expect_event("close"):
        page.close(run_before_unload=True)  # the list would be lost with the tab
    assert asked == ["beforeunload"]
    assert page.faults == []


def test_a_wrong_token_is_told_and_the_address_does_not_keep_it(browser: Any, serving: Serving) -> None:
    page = browser.new_context(viewport=PHONE).new_page()
    page.goto(serving.url.partition("#")[0] + "#wrong")
    page.wait_for_selector("#page-login:not([hidden])")
    see(page, "this is not the token")
    page.get_by_label("The token that").fill(serving.url.partition("#")[2])
    page.get_by_role("button", name="Open").click()
    page.wait_for_selector("#page-burn:not([hidden])")
    assert page.url.endswith("#burn")
    page.reload()  # the cookie is enough
    page.wait_for_selector("#page-burn:not([hidden])")


def test_what_cannot_be_used_is_told_where_it_stands(
    browser: Any, serving: Serving, songs: list[str], tmp_path: Path
) -> None:
    (tmp_path / "letter.wav").write_text("Dear Anna, <b>no sound</b> here")
    cut = tmp_path / "cut.wav"
    cut.write_bytes(Path(songs[0]).read_bytes()[:200_000])
    page = opened(browser, serving)
    page.set_input_files("#files", [str(tmp_path / "letter.wav")])
    see(page, "letter.wav: ")
    assert page.is_disabled("#burn-button")
    see(page, "1 file cannot be used: take it off the list")  # why there is nothing to press
    page.get_by_label("letter: remove").click()
    page.set_input_files("#files", [str(cut)])
    until(
        page, "!document.querySelector('#burn-button').disabled || document.querySelector('#tracks .trouble')"
    )
    if not page.is_disabled("#burn-button"):
        page.get_by_role("button", name="Burn").click()
    see(page, "cut.wav")
    page.wait_for_selector(".trouble:has-text('cut.wav')")
    axe(page)


def test_what_is_to_be_known_of_a_disc_is_read_before_it_is_ordered(
    browser: Any, serving: Serving, songs: list[str]
) -> None:
    """Converted files: the first press of Burn shows what becomes of them, the second one orders. Whatever is
    changed in between is checked anew.
    """
    examples = Path(__file__).parents[2] / "examples" / "audio"
    page = opened(browser, serving)
    add(page, [songs[0], str(examples / "03 Chorale.opus")])
    page.get_by_label("Title of the disc").fill("Sermon")
    page.get_by_role("button", name="Burn").click()
    see(page, "Opus, 48 kHz, stereo: 48 to 44.1 kHz (soxr VHQ); to 16 bit with TPDF dither")
    see(page, "PCM, 44.1 kHz, 16 bit, stereo: bit for bit")
    see(page, "Written session-at-once, with CD-Text.")
    assert page.evaluate("document.activeElement.id") == "plan"
    assert page.text_content("#burn-button") == "Burn like this"
    axe(page)
    picture(page, "page-phone-plan")
    page.get_by_label("Title of track 2").fill("Choral")
    assert not page.is_visible("#plan")
    assert page.text_content("#burn-button") == "Burn"
    page.get_by_role("button", name="Only check").click()
    page.wait_for_selector("#plan:has-text('Choral – The Examples')")
    page.get_by_role("button", name="Burn like this").click()
    see(page, "0 of 1 good, 1 to go (under way)")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.faults == []


def test_a_drive_s_details_are_shown(browser: Any, serving: Serving) -> None:
    page = opened(browser, serving)
    page.get_by_role("link", name="Drives").click()
    page.get_by_label("What is known of d1").click()
    see(page, "d1: no burn could start now")
    see(page, "insert a blank CD-R or CD-RW")
    see(page, "52x 48x 40x 32x 24x 16x 8x 4x")
    assert page.evaluate("document.activeElement.id") == "doctor"
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.faults == []


def test_two_operators_see_the_same(browser: Any, serving: Serving, songs: list[str]) -> None:
    anna, ben = opened(browser, serving), opened(browser, serving, viewport=DESKTOP)
    add(anna, songs[:1])
    anna.get_by_label("Title of the disc").fill("Sermon")
    anna.get_by_label("How many good discs").fill("3")
    anna.get_by_role("button", name="Burn 3 discs").click()
    see(anna, "0 of 3 good")
    ben.get_by_role("link", name="Now").click()
    see(ben, "0 of 3 good, 3 to go (under way)")
    ben.get_by_label("Pause order 1").click()
    see(anna, "Sermon is paused.")
    anna.locator("#todo").get_by_label("Continue order 1").click()
    see(ben, "0 of 3 good, 3 to go (under way)")
    ben.on("dialog", lambda dialog: dialog.accept())
    ben.get_by_label("Cancel order 1").click()
    see(anna, "0 of 3 good (cancelled)")


def test_the_first_signal_lets_a_disc_finish(browser: Any, serving: Serving, songs: list[str]) -> None:
    page = opened(browser, serving)
    add(page, songs[:1])
    page.get_by_label("How many good discs").fill("2")
    page.get_by_role("button", name="Burn 2 discs").click()
    see(page, "0 of 2 good")
    serving.put_a_blank("d1")
    see(page, "Copy 1")
    assert serving.end(signal.SIGTERM) == 0
    serving.start()
    page.goto("about:blank")
    page.goto(serving.url)
    page.wait_for_selector("#page-burn:not([hidden])")
    page.get_by_role("link", name="Now").click()
    see(page, "1 of 2 good")
