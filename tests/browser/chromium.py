"""A real Chromium without a window, driven over its DevTools protocol."""

import asyncio
import base64
import itertools
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

PATIENCE: Final = 60.0
"""A machine under load starts a browser slowly."""
_FLAGS: Final = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--disable-extensions", "--hide-scrollbars", "--mute-audio"),
    *("--remote-debugging-port=0", "--disable-features=Translate,MediaRouter,OptimizationHints"),
)


class PageError(Exception):
    """A script raised in the page, or the browser refused a command."""


@dataclass
class Tab:
    """One tab; `requests` are the URLs that it asked for, `messages` what its console shows."""

    socket: ClientWebSocketResponse
    session: str
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _answers: dict[int, "asyncio.Future[dict[str, Any]]"] = field(default_factory=dict)
    _loaded: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": parameters}
        await self.socket.send_json(message | ({"sessionId": self.session} if self.session else {}))
        async with asyncio.timeout(PATIENCE):
            result = await answer
        if "error" in result:
            message = f"{method}: {result['error']}"
            raise PageError(message)
        found: dict[str, Any] = result["result"]
        return found

    async def read(self) -> None:
        """Receive answers and events until the browser ends."""
        async for message in self.socket:
            if message.type is not WSMsgType.TEXT:
                return
            content = json.loads(message.data)
            if "id" in content:
                if (answer := self._answers.pop(content["id"], None)) and not answer.done():
                    answer.set_result(content)
                continue
            self._event(content.get("method"), content.get("params", {}))

    def _event(self, method: str | None, parameters: dict[str, Any]) -> None:
        match method:
            case "Network.requestWillBeSent":
                self.requests.append(parameters["request"]["url"])
            case "Page.loadEventFired":
                self._loaded.set()
            case "Log.entryAdded":
                self.messages.append(parameters["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.messages.append(str(parameters["exceptionDetails"]))

    async def look(self, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Set the size of the window and the colour scheme."""
        await self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await self.send("Emulation.setEmulatedMedia", features=features)

    async def scripts(self, *, run: bool) -> None:
        """Switch the scripts of pages on or off."""
        await self.send("Emulation.setScriptExecutionDisabled", value=not run)

    async def go(self, url: str) -> None:
        """Open a page and wait until it is loaded."""
        self._loaded.clear()
        await self.send("Page.navigate", url=url)
        async with asyncio.timeout(PATIENCE):
            await self._loaded.wait()

    async def run(self, script: str) -> Any:
        """Run a script in the page, wait for its promise, and return its value."""
        result = await self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise PageError(str(result["exceptionDetails"]))
        return result["result"].get("value")

    async def until(self, script: str) -> None:
        """Wait until a script returns something true."""
        async with asyncio.timeout(PATIENCE):
            while not await self.run(script):
                await asyncio.sleep(0.05)

    async def press(self, key: str) -> None:
        """Press a key, such as Tab or Enter."""
        codes = {"Tab": 9, "Enter": 13}
        text = {"text": "\r"} if key == "Enter" else {}
        await self.send("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=codes[key], **text)
        await self.send("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=codes[key])

    async def screenshot(self, file: Path, *, tallest: int = 4000) -> None:
        """Write the whole page, to its end or to a height, as a PNG."""
        size = (await self.send("Page.getLayoutMetrics"))["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], tallest), "scale": 1}
        shot = await self.send("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(shot["data"]))


@asynccontextmanager
async def chromium() -> AsyncIterator[Tab]:
    """Start a browser with one tab, and end it with everything that it wrote."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "expected Chromium on this machine; scripts/setup-system installs it"
    with TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as directory:
        process = await asyncio.create_subprocess_exec(
            program,
            *_FLAGS,
            f"--user-data-dir={directory}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            async with ClientSession() as session, _connected(session, Path(directory)) as tab:
                yield tab
                with suppress(PageError, TimeoutError, ConnectionError):
                    await _browser(tab).send("Browser.close")
        finally:
            await _ended(process)


def _browser(tab: Tab) -> Tab:
    """Return the same connection, to send commands to the browser itself."""
    return Tab(tab.socket, "", _numbers=tab._numbers, _answers=tab._answers)


@asynccontextmanager
async def _connected(session: ClientSession, directory: Path) -> AsyncIterator[Tab]:
    port, path = await _port(directory / "DevToolsActivePort")
    async with session.ws_connect(f"ws://127.0.0.1:{port}{path}", max_msg_size=0) as socket:
        browser = Tab(socket, "")
        reading = asyncio.create_task(browser.read())
        try:
            target = await browser.send("Target.createTarget", url="about:blank")
            attached = await browser.send("Target.attachToTarget", targetId=target["targetId"], flatten=True)
            tab = Tab(socket, attached["sessionId"], _numbers=browser._numbers, _answers=browser._answers)
            browser._event = tab._event  # type: ignore[method-assign] # one connection serves both
            for domain in ("Page", "Runtime", "Network", "Log"):
                await tab.send(f"{domain}.enable")
            yield tab
        finally:
            reading.cancel()


async def _port(file: Path) -> tuple[str, str]:
    """Wait for the browser to write where it listens."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(OSError):
                lines = file.read_text(encoding="ascii").splitlines()
                if len(lines) == 2:
                    return lines[0], lines[1]
            await asyncio.sleep(0.05)


async def _ended(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            process.kill()
            await process.wait()
