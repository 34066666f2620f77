"""The conversation between the processes of the engine: frames over a socket."""

from __future__ import annotations

import json
import socket
import struct
from typing import IO, Any, cast

#: Kinds of frames: an object in JSON, bytes of a request or an answer, and its end.
HEAD, DATA, END = b"H", b"D", b"E"
#: Four bytes of length, one of kind; the content follows.
_HEADER = struct.Struct(">I1s")
#: The longest piece that one frame of a body carries, in bytes.
_PIECE = 1 << 20


class Broken(OSError):
    """The stream ended before the frame that had to come."""


class Frames:
    """A connection as framed bytes; its `write` makes a frame of data of each piece."""

    def __init__(self, connection: socket.socket) -> None:
        # Nothing is sent before the buffer is full: what fails early has a status of its own.
        self.stream = cast(IO[bytes], connection.makefile("rwb", buffering=1 << 16))
        self._connection = connection

    def fileno(self) -> int:
        """Give the descriptor, for `select`."""
        return self._connection.fileno()

    def send(self, kind: bytes, content: bytes = b"") -> None:
        """Write one frame; it may stay in the buffer until `flush`."""
        self.stream.write(_HEADER.pack(len(content), kind) + content)

    def write(self, content: bytes) -> int:
        """Write one frame of data."""
        self.send(DATA, content)
        return len(content)

    def flush(self) -> None:
        """Send what the buffer holds."""
        self.stream.flush()

    def receive(self) -> tuple[bytes, bytes]:
        """Read one frame: its kind and its content.

        Raises:
            Broken: The stream ends before the frame does.
        """
        header = self.stream.read(_HEADER.size)
        if len(header) < _HEADER.size:
            raise Broken("the stream ended")
        length, kind = _HEADER.unpack(header)
        content = self.stream.read(length)
        if len(content) < length:
            raise Broken("the stream ended within a frame")
        return kind, content

    def send_message(self, head: dict[str, Any], *bodies: bytes) -> None:
        """Send a head and bodies, each of them ended."""
        self.send(HEAD, json.dumps(head).encode())
        for body in bodies:
            for start in range(0, len(body), _PIECE):
                self.send(DATA, body[start : start + _PIECE])
            self.send(END)
        self.flush()

    def receive_head(self) -> dict[str, Any]:
        """Read the head of a message."""
        return dict(json.loads(self.receive()[1]))

    def receive_body(self) -> bytes:
        """Read one body to its end."""
        pieces = []
        kind, content = self.receive()
        while kind == DATA:
            pieces.append(content)
            kind, content = self.receive()
        return b"".join(pieces)
