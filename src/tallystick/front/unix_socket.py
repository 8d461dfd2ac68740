"""A listening unix socket: only whom the file's mode lets in connects, and its file goes when the server does."""

from __future__ import annotations

import errno
import os
import socket
import stat
from pathlib import Path

from ..errors import StartupError

BACKLOG = 2048
"""Connections that wait to be accepted, on any listener."""
PATH_BYTES_MAX = 107
"""unix(7): `sun_path` with its end."""


class UnixListener:
    """A socket and its file."""

    def __init__(self, listening: socket.socket, path: Path) -> None:
        self.socket = listening
        self.path = path
        self._made = _file_of(path)

    def remove(self) -> None:
        """Remove the file, once, unless another server has put its own there: nobody connects any more."""
        made, self._made = self._made, None
        if made is not None and _file_of(self.path) == made:
            self.path.unlink(missing_ok=True)


def bind_unix(path: Path, mode: int) -> UnixListener:
    """Listen at ``path`` with this file mode; raises :class:`StartupError`.

    A socket that nobody listens on any more is replaced.
    """
    path = path.absolute()
    if len(os.fsencode(path)) > PATH_BYTES_MAX:
        raise StartupError(f"unix_socket: {path} is longer than {PATH_BYTES_MAX} bytes")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _make_room(path)
        listener.bind(str(path))
        # Nobody can connect before listen(), so the mode is never wider than it shall be.
        path.chmod(mode)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise StartupError(f"cannot listen on the unix socket {path}: {error.strerror}") from error
    except StartupError:
        listener.close()
        raise
    return UnixListener(listener, path)


def _make_room(path: Path) -> None:
    """Remove what a server that died has left behind, and nothing else."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise StartupError(f"unix_socket: {path} is there and is no socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        reached = probe.connect_ex(str(path))
    if reached != errno.ECONNREFUSED:
        raise StartupError(f"unix_socket: somebody already listens on {path}")
    path.unlink()


def _file_of(path: Path) -> tuple[int, int, int] | None:
    """Which file it is; file systems give the number of one that is gone to the next one."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns
