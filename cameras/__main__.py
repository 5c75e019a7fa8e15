"""`python -m cameras --port 8554 --scenes DIR`: simulated cameras until stopped by Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
from pathlib import Path

from cameras.access import Credentials
from cameras.server import CameraServer


def main() -> None:
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("libav").setLevel(logging.WARNING)
    credentials = None
    if options.user:
        credentials = Credentials(options.user, options.password, options.auth)
    asyncio.run(_serve(CameraServer(options.scenes, credentials), options.host, options.port))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m cameras", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8554, help="0 chooses a free port")
    parser.add_argument("--scenes", type=Path, default=Path("var/scenes"), help="folder for the drawn clips")
    parser.add_argument("--user", default="", help="ask for this user")
    parser.add_argument("--password", default="")
    parser.add_argument("--auth", choices=("digest", "basic"), default="digest")
    return parser.parse_args()


async def _serve(server: CameraServer, host: str, port: int) -> None:
    port = await server.start(host, port)
    print(f"cameras at rtsp://{host}:{port}/<workshop>/<raw|washing|production>", flush=True)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    running = asyncio.create_task(server.run())
    stopping = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await server.stop()
    stopping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        for task in done:
            task.result()


if __name__ == "__main__":
    main()
