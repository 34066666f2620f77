"""The conversation between the processes of the engine: frames over a socket."""

from __future__ import annotations

import io
import json
import socket
import struct
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from typing import IO, Any

#: Kinds of frames: an object in JSON; a piece of bytes; the last piece.
HEAD, DATA, END = b"H", b"D", b"E"
#: A worker asks the client for the answer of a query on a store outside; a message answers it.
ASK = b"A"
#: The last piece of an answer whose worker does nothing more.
LEAVE = b"L"
#: Four bytes of length, one of kind; the content follows.
_HEADER = struct.Struct(">I1s")
#: The longest piece of a body, and how much is read at once, in bytes.
_PIECE, _GULP = 1 << 20, 1 << 16
#: A longer head is not remembered, in bytes.
_SHORT = 1000


class Broken(OSError):
    """The stream ended before the frame that had to come."""


class Frames:
    """A connection as framed bytes.

    Args:
        connection: The socket; it stays the caller's.
        idle: Called whenever the socket's timeout passes and nothing came; it raises to give up.

    Attributes:
        gathered: The frames that have come whole, and are not received yet.
    """

    def __init__(self, connection: socket.socket, idle: Callable[[], None] | None = None) -> None:
        self._connection = connection
        self._idle = idle
        #: The beginning of the next frame, and how much of it is needed to go on, in bytes.
        self._part, self._needed = bytearray(), _HEADER.size
        self.gathered: deque[tuple[bytes, bytes]] = deque()

    def fileno(self) -> int:
        """Return the descriptor, for `select`."""
        return self._connection.fileno()

    def send(self, *frames: tuple[bytes, bytes]) -> None:
        """Send frames, each a kind and a content."""
        parts = [part for kind, content in frames for part in (_header(kind, content), content)]
        self._connection.sendall(b"".join(parts))

    def receive(self) -> tuple[bytes, bytes]:
        """Read one frame: its kind and its content.

        Raises:
            Broken: The stream ends before the frame does.
        """
        while not self.gathered:
            try:
                piece = self._connection.recv(_GULP)
            except TimeoutError:
                if not self._idle:
                    raise
                self._idle()
                continue
            if not piece:
                raise Broken("the stream ended")
            self._add(piece)
        return self.gathered.popleft()

    def gather(self) -> bool:
        """Read what has come, without waiting; return whether the stream goes on.

        Raises:
            BlockingIOError: Nothing has come.
        """
        piece = self._connection.recv(_GULP, socket.MSG_DONTWAIT)
        self._add(piece)
        return bool(piece)

    def _add(self, piece: bytes) -> None:
        """Find the frames that are whole now."""
        if self._part:
            self._part += piece
            piece = bytes(self._part) if len(self._part) >= self._needed else b""
        at, length = 0, len(piece)
        while length - at >= _HEADER.size:
            size, kind = _HEADER.unpack_from(piece, at)
            self._needed = _HEADER.size + size
            if length - at < self._needed:
                break
            self.gathered.append((kind, piece[at + _HEADER.size : at + self._needed]))
            at, self._needed = at + self._needed, _HEADER.size
        if at < length:
            self._part = bytearray(piece[at:])
        elif piece:
            self._part.clear()

    def send_message(self, head: dict[str, Any], *bodies: bytes | IO[bytes]) -> None:
        """Send a head, and bodies, each in pieces; of a file, no more than one is in memory."""
        frames = [(HEAD, encode(head))]
        for body in bodies:
            file = io.BytesIO(body) if isinstance(body, bytes) else body
            piece = file.read(_PIECE)
            while following := file.read(_PIECE):
                self.send(*frames, (DATA, piece))
                frames, piece = [], following
            frames.append((END, piece))
        self.send(*frames)

    def receive_head(self) -> dict[str, Any]:
        """Read the head of a message; of equal heads it is the same object."""
        return decode(self.receive()[1])

    def receive_body(self) -> bytes:
        """Read one body to its end."""
        kind, content = self.receive()
        pieces = [content]
        while kind == DATA:
            kind, content = self.receive()
            pieces.append(content)
        return b"".join(pieces)


def encode(head: dict[str, Any]) -> bytes:
    """Write the content of a head."""
    return json.dumps(head).encode()


def decode(head: bytes) -> dict[str, Any]:
    """Read the content of a head; it must not be changed."""
    return _decode_short(head) if len(head) <= _SHORT else dict(json.loads(head))


@lru_cache(256)  # most jobs have one of a few heads, and so have most answers
def _decode_short(head: bytes) -> dict[str, Any]:
    return dict(json.loads(head))


def _header(kind: bytes, content: bytes) -> bytes:
    return _HEADER.pack(len(content), kind)
