"""A real Chromium without a window, spoken to by its own debugging protocol over two pipes."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

PATIENCE = 30.0
FLAGS = (
    *("--headless=new", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--disable-extensions", "--disable-background-networking", "--disable-component-update", "--hide-scrollbars"),
    *("--force-device-scale-factor=1", "--lang=en-US", "--host-resolver-rules=MAP * ~NOTFOUND"),
)


def binary() -> str | None:
    """Where Chromium is, by its names in Debian and elsewhere."""
    return next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )


class Chromium:
    """One browser with one page. It reaches nothing but files: no name of a server is known to it."""

    def __init__(self, program: str, profile: Path, *flags: str, fonts: Path | None = None) -> None:
        """`flags` are more of the program's own; `fonts` is fontconfig's file, in place of the machine's."""
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # which it refuses to be run with by root
        command = [program, *FLAGS, *flags, *sandbox, f"--user-data-dir={profile}", "about:blank"]
        environment = os.environ | ({"FONTCONFIG_FILE": str(fonts)} if fonts is not None else {})
        plumbing = ["bash", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "bash", *command]
        with (profile.parent / "chromium.log").open("wb") as log:
            self._process = subprocess.Popen(
                plumbing,
                pass_fds=(theirs_in, theirs_out),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=environment,
            )
        os.close(theirs_in)
        os.close(theirs_out)
        self._buffer, self._last = b"", 0
        self.said: list[dict[str, Any]] = []
        """What the page has said by itself: exceptions, words on the console, requests."""
        targets = self._call("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        self._session = self._call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call("Page.setLifecycleEventsEnabled", enabled=True)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        return self._call(method, self._session, **params)

    def _call(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        self._last += 1
        message = {"id": self._last, "method": method, "params": params} | ({"sessionId": session} if session else {})
        os.write(self._out, json.dumps(message).encode() + b"\0")
        answer = self._until(lambda found: found.get("id") == self._last)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def _until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        while True:
            while b"\0" not in self._buffer:
                ready, _, _ = select.select([self._in], [], [], max(0.0, end - time.monotonic()))
                block = os.read(self._in, 1 << 20) if ready else b""
                assert block, f"Chromium does not answer (exit code {self._process.poll()})"
                self._buffer += block
            text, _, self._buffer = self._buffer.partition(b"\0")
            found = json.loads(text)
            if "method" in found:
                self.said.append(found)
            if wanted(found):
                return found

    # -- pages -----------------------------------------------------------------------------------------------------

    def show(self, width: int, height: int, *, dark: bool = False, paper: bool = False) -> None:
        """How large the window is, and what the reader likes."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media="print" if paper else "screen", features=[scheme])

    def open(self, page: Path, fragment: str = "", *, scripts: bool = True) -> None:
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self._go("about:blank")
        self.said.clear()
        self._go(page.as_uri() + fragment)

    def _go(self, url: str) -> None:
        self.loaded(self.call("Page.navigate", url=url)["loaderId"])

    def loaded(self, loader: str = "") -> None:
        """Wait until a page has been loaded: the one of this loader, or whichever comes next."""

        def is_it(found: dict[str, Any]) -> bool:
            event = found.get("params", {})
            return found.get("method") == "Page.lifecycleEvent" and (
                event["name"] == "load" and loader in ("", event["loaderId"])
            )

        if not (loader and any(map(is_it, self.said))):
            self._until(is_it)

    def ask(self, expression: str) -> Any:
        """What an expression of JavaScript comes to in the page; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def picture(self, width: int, most: int) -> bytes:
        """The page from its top to its end, or so far down, as PNG."""
        height = min(most, self.ask("Math.ceil(document.documentElement.getBoundingClientRect().height)"))
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        return base64.b64decode(
            self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"]
        )

    def click(self, selector: str) -> None:
        """Press the left button over the middle of an element, as a hand does."""
        at = self.ask(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " e.scrollIntoView({block: 'center'});"
            " const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2] })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1], button="left", clickCount=1)

    def type(self, text: str) -> None:
        for letter in text:
            self.call("Input.dispatchKeyEvent", type="keyDown", text=letter)
            self.call("Input.dispatchKeyEvent", type="keyUp", text=letter)

    def key(self, name: str, code: int) -> None:
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code)

    def troubles(self) -> list[str]:
        """Exceptions, and whatever the browser itself complains of."""
        found = []
        for event in self.said:
            if event["method"] == "Runtime.exceptionThrown":
                found.append(json.dumps(event["params"]["exceptionDetails"]))
            elif event["method"] == "Log.entryAdded":
                found.append(event["params"]["entry"]["text"])
        return found

    def requests(self) -> list[str]:
        """What was fetched since the page was opened."""
        sent = (event for event in self.said if event["method"] == "Network.requestWillBeSent")
        return [event["params"]["request"]["url"] for event in sent]

    def close(self) -> None:
        with suppress(AssertionError, OSError):
            self._call("Browser.close")
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._out)
        os.close(self._in)
