"""Bytes of any format that is read to a submission."""

from __future__ import annotations

from aikg.intake import rdf
from aikg.intake.formats import recognise, unpack
from aikg.intake.submission import Limits, Submission, namespace


def read(
    body: bytes, media_type: str | None, file: str, name: str, limits: Limits | None = None
) -> Submission:
    """Read what was sent.

    Args:
        body: The bytes, which may be packed by gzip.
        media_type: What the sender calls them; where that says nothing, the file's ending counts.
        file: What the file is called in messages.
        name: The name of the submission, under which its nodes lie.
        limits: How much is read.

    Raises:
        RequestMalformed: The submission cannot have that name.
        UnsupportedMediaType: The format is none that is read.
        SubmissionMalformed: The bytes are not of the format; with the place.
        SubmissionTooLarge: There is more than the limits allow.
    """
    limits = limits or Limits()
    namespace(name)
    form = recognise(media_type, file)
    data = unpack(body, limits.bytes)
    return rdf.read(data, form, file, name, limits)
