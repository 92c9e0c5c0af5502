"""The page, in a real browser: drawn on, given pictures, and looked at."""

import os
import re
import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)
from strokes import STROKES

from mnist_estimators.serving import create_app

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

# Machines that run other tests as well are slow at times.
expect.set_options(timeout=30_000)


def _chromium() -> str:
    named = os.environ.get("MNIST_ESTIMATORS_BROWSER")
    found = named or shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip(
            "there is no browser: install Chromium, or name one with "
            "MNIST_ESTIMATORS_BROWSER"
        )
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_chromium(), args=arguments
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def url(mnist_model, running) -> Iterator[str]:
    app = create_app(mnist_model, recipe="fast_cnn", accuracy=0.9892)
    with running(app) as url:
        yield url


@pytest.fixture(scope="module")
def window(browser):
    """Open a window of a kind once; windows take longer to open than pages."""
    windows: dict[str, Page] = {}

    def open_window(**options: object) -> Page:
        kind = repr(options)
        if kind not in windows:
            context = browser.new_context(**{"viewport": DESKTOP, **options})
            windows[kind] = context.new_page()
        return windows[kind]

    return open_window


@pytest.fixture
def visit(window, url):
    """Load the page anew; it may not complain."""
    complaints: list[str] = []
    visited: list[Page] = []

    def note_error(error: object) -> None:
        complaints.append(str(error))

    def note_message(message: ConsoleMessage) -> None:
        complaints.append(message.text)

    def load(path: str = "/", **options: object) -> Page:
        page = window(**options)
        if page not in visited:
            visited.append(page)
            page.on("pageerror", note_error)
            page.on("console", note_message)
        page.goto(url + path)
        if path == "/":
            expect(page.locator("#bars li")).to_have_count(10)
        return page

    yield load
    for page in visited:
        page.unroute_all()
        page.remove_listener("pageerror", note_error)
        page.remove_listener("console", note_message)
    # A browser itself reports each answer that is an error.
    assert [one for one in complaints if "status of" not in one] == []


def draw(page: Page, digit: int, left=0.33, top=0.15, width=0.34, height=0.7) -> None:
    """Write a digit with the mouse, into a part of the sheet."""
    sheet = page.locator("#sheet").bounding_box()
    for stroke in STROKES[digit]:
        points = [
            (
                sheet["x"] + sheet["width"] * (left + width * x),
                sheet["y"] + sheet["height"] * (top + height * y),
            )
            for x, y in stroke
        ]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point)
        page.mouse.up()


@pytest.mark.parametrize("digit", range(10))
def test_each_digit_is_read_as_it_is_drawn(visit, digit):
    page = visit()

    draw(page, digit)

    expect(page.locator("#reading")).to_have_text(str(digit))
    expect(page.locator("#bars .best .label")).to_have_text(str(digit))
    expect(page.locator("#digits canvas")).to_have_count(1)
    expect(page.locator("#time")).to_have_text(re.compile(r"Read in \d+ ms"))


def test_it_reads_along_while_the_pen_is_down(visit):
    page = visit()
    sheet = page.locator("#sheet").bounding_box()
    page.mouse.move(sheet["x"] + 200, sheet["y"] + 60)
    page.mouse.down()
    page.mouse.move(sheet["x"] + 200, sheet["y"] + 300, steps=10)

    expect(page.locator("#reading")).to_have_text("1")
    page.mouse.up()


def test_several_digits_are_read_from_left_to_right(visit):
    page = visit()
    for place, digit in ((0.7, 2), (0.05, 3), (0.37, 0)):
        draw(page, digit, left=place, top=0.25, width=0.22, height=0.5)

    expect(page.locator("#reading")).to_have_text("302")
    expect(page.locator("#boxes .box")).to_have_count(3)
    page.get_by_role("button", name=re.compile("^2,")).click()
    expect(page.locator("#bars .best .label")).to_have_text("2")


def test_undo_and_clear(visit):
    page = visit()
    undo, clear = (page.get_by_role("button", name=name) for name in ("Undo", "Clear"))
    expect(undo).to_be_disabled()
    expect(clear).to_be_disabled()
    draw(page, 1, left=0.0)
    draw(page, 1, left=0.6)
    expect(page.locator("#reading")).to_have_text("11")

    undo.click()
    expect(page.locator("#reading")).to_have_text("1")
    clear.click()
    expect(page.locator("#reading")).to_have_text("Nothing yet")
    expect(page.locator("#digits canvas")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(page.locator("#reading")).to_have_text("1")


def test_drawing_with_the_keyboard_alone(visit):
    page = visit()
    page.keyboard.press("Tab")  # the API
    page.keyboard.press("Tab")
    expect(page.locator("#sheet")).to_be_focused()
    for key in ["ArrowUp"] * 12 + ["Space"] + ["ArrowDown"] * 24 + ["Space"]:
        page.keyboard.press(key)

    expect(page.locator("#reading")).to_have_text("1")
    for name in ("Undo", "Clear"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=name)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Choose a picture")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#reading")).to_have_text("Nothing yet")


def test_drawing_with_a_finger(visit):
    page = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    sheet = page.locator("#sheet").bounding_box()
    cdp = page.context.new_cdp_session(page)
    for stroke in STROKES[7]:
        points = [
            (
                sheet["x"] + sheet["width"] * (0.33 + 0.34 * x),
                sheet["y"] + sheet["height"] * (0.15 + 0.7 * y),
            )
            for x, y in stroke
        ]
        for number, (x, y) in enumerate(points):
            kind = "touchMove" if number else "touchStart"
            touch = {"type": kind, "touchPoints": [{"x": x, "y": y}]}
            cdp.send("Input.dispatchTouchEvent", touch)
        cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    expect(page.locator("#reading")).to_have_text("7")
    assert page.evaluate("scrollY") == 0


def file(name: str, kind: str, content: bytes) -> dict[str, object]:
    return {"name": name, "mimeType": kind, "buffer": content}


def test_a_picture_is_read(visit, mnist, png, on_paper):
    page = visit()
    images = [mnist.X_test[mnist.y_test == digit][0] for digit in (4, 2)]

    page.set_input_files("#photo", file("42.png", "image/png", png(on_paper(*images))))

    expect(page.locator("#reading")).to_have_text("42")
    expect(page.locator("#boxes .box")).to_have_count(2)


def test_a_picture_is_dropped(visit, mnist, png, on_paper):
    page = visit()
    image = on_paper(mnist.X_test[mnist.y_test == 5][3])
    content = list(png(image))
    page.evaluate(
        """(bytes) => {
            const transfer = new DataTransfer();
            const file = new File([new Uint8Array(bytes)], "5.png");
            transfer.items.add(file);
            const stage = document.getElementById("stage");
            for (const name of ["dragenter", "drop"]) {
                stage.dispatchEvent(new DragEvent(name, {
                    dataTransfer: transfer, bubbles: true, cancelable: true,
                }));
            }
        }""",
        content,
    )

    expect(page.locator("#reading")).to_have_text("5")


def test_a_text_file_is_told_apart(visit):
    page = visit()

    page.set_input_files("#photo", file("notes.txt", "text/plain", b"four"))

    message = page.get_by_role("alert")
    expect(message).to_contain_text("notes.txt is not a picture that can be read")
    expect(page.locator("#reading")).to_have_text("Nothing yet")
    page.get_by_role("button", name="Undo").click()
    expect(message).to_have_text("")


def test_a_file_that_is_too_large_is_not_even_sent(visit):
    page = visit()

    def lower_the_limit(route):
        told = route.fetch().json()
        told["limits"]["body_bytes"] = 2_000_000
        route.fulfill(json=told)

    page.route("**/model", lower_the_limit)
    page.route("**/predict", lambda route: pytest.fail("it was sent"))
    page.reload()
    expect(page.locator("#bars li")).to_have_count(10)

    page.set_input_files("#photo", file("large.png", "image/png", bytes(2_000_001)))

    expect(page.get_by_role("alert")).to_contain_text("at most 2 MB")


def test_a_busy_server_is_asked_again(visit):
    page = visit()
    answers = iter(
        [{"status": 503, "json": {"detail": "busy"}, "headers": {"Retry-After": "1"}}]
    )

    def answer(route):
        refusal = next(answers, None)
        route.continue_() if refusal is None else route.fulfill(**refusal)

    page.route("**/predict", answer)
    sheet = page.locator("#sheet").bounding_box()
    page.mouse.click(sheet["x"] + 300, sheet["y"] + 200)

    expect(page.get_by_role("alert")).to_have_text("busy")
    expect(page.get_by_role("alert")).to_have_text("")
    expect(page.locator("#reading")).to_have_text(re.compile(r"\d"))


@pytest.mark.parametrize(
    ("viewport", "colours"),
    [(DESKTOP, "light"), (PHONE, "dark")],
    ids=["desktop", "phone in the dark"],
)
def test_the_audit_of_accessibility_finds_nothing(visit, viewport, colours):
    page = visit(viewport=viewport, color_scheme=colours, reduced_motion="reduce")
    found = Axe().run(page).response["violations"]
    draw(page, 3, left=0.05)
    draw(page, 8, left=0.55)
    expect(page.locator("#reading")).to_have_text("38")
    found += Axe().run(page).response["violations"]
    page.goto(page.url + "docs")
    expect(page.locator("#operations section").first).to_be_visible()
    found += Axe().run(page).response["violations"]

    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_nothing_is_wider_than_a_phone(visit, path):
    page = visit(path, viewport={"width": 320, "height": 640})

    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_fingers_find_their_targets(visit):
    page = visit(viewport=PHONE, has_touch=True, is_mobile=True)

    for target in page.locator("button, label.button, nav a").all():
        assert target.bounding_box()["height"] >= 40


def test_the_api_is_written_out(visit):
    page = visit("/docs")

    expect(page.get_by_role("heading", name="POST /predict")).to_be_visible()
    expect(page.get_by_text("curl --data-binary @four.png")).to_be_visible()
