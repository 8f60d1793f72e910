"""An SFTP server of asyncssh over a folder. Arguments: port, host key, the key that is let in, home."""

from __future__ import annotations

import asyncio
import sys

import asyncssh


async def serve(port: str, host_key: str, let_in: str, home: str) -> None:
    await asyncssh.listen(
        "127.0.0.1",
        int(port),
        server_host_keys=[host_key],
        authorized_client_keys=let_in,
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=home.encode()),
    )
    await asyncio.Event().wait()


asyncio.run(serve(*sys.argv[1:]))
