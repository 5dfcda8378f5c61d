"""A delivered file as a stream of UTF-8 bytes: unpacked, one kind of line end.

Bytes that mean nothing in the file's encoding are passed on as they are. They are no UTF-8, so the
line they stand in is found and rejected further on, and its neighbours are not touched.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from crossbrand.land.model import FileRefusedError

BLOCK = 8 * 1024 * 1024
SAMPLE = 4 * 1024 * 1024

GZIP = b"\x1f\x8b"
PARQUET = b"PAR1"

# What people deliver by mistake, by its first bytes, and what they should do instead.
NOT_TEXT = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook. Unpack it, or save the sheet as CSV UTF-8",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook. Save the sheet as CSV UTF-8",
    b"%PDF": "a PDF. Export the data as CSV, JSON lines or Parquet",
    b"BZh": "compressed with bzip2. Unpack it, or compress it with gzip",
    b"\xfd7zXZ\x00": "compressed with xz. Unpack it, or compress it with gzip",
    b"(\xb5/\xfd": "compressed with zstd. Unpack it, or compress it with gzip",
    b"7z\xbc\xaf": "a 7-Zip archive. Unpack it first",
    b"SQLite format 3\x00": "an SQLite database. Export the table as CSV",
    b"ORC": "an ORC file. Convert it to Parquet",
    b"Obj\x01": "an Avro file. Convert it to Parquet",
}

Watch = Callable[[int], None]
"""Is told how many more bytes of the file have been read."""


class WatchedFile(io.RawIOBase):
    """A file that tells how far it has been read."""

    def __init__(self, path: Path, watch: Watch) -> None:
        self._file = path.open("rb", buffering=0)
        self._watch = watch

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        count = self._file.readinto(cast(bytearray, buffer))
        self._watch(count or 0)
        return count or 0

    def close(self) -> None:
        self._file.close()
        super().close()


def file_hash(path: Path, watch: Watch) -> str:
    """The sha256 of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while block := file.read(4 * 1024 * 1024):
            digest.update(block)
            watch(len(block))
    return digest.hexdigest()


def first_bytes(path: Path) -> tuple[bytes, bool, bool]:
    """The file's first bytes (of the content, where it is compressed), whether it is gzip, and
    whether those bytes are all there is.

    Raises FileRefusedError where the file is nothing that could be text.
    """
    with path.open("rb") as file:
        head = file.read(16)
    compressed = head.startswith(GZIP)
    blocks = raw_blocks(path, compressed, lambda _: None, size=SAMPLE)
    sample, complete = b"", True
    for block in blocks:
        sample += block
        if len(sample) >= SAMPLE:
            complete = False
            break
    for magic, what in NOT_TEXT.items():
        if sample.startswith(magic):
            raise FileRefusedError(f"it is {what}.")
    if compressed and sample.startswith((PARQUET, GZIP)):
        inside = "Parquet" if sample.startswith(PARQUET) else "gzip again"
        raise FileRefusedError(f"it is gzip with {inside} inside. Unpack it first.")
    return sample, compressed, complete


def raw_blocks(path: Path, compressed: bool, watch: Watch, size: int = BLOCK) -> Iterator[bytes]:
    """The content in blocks, unpacked. Raises FileRefusedError for broken gzip."""
    with WatchedFile(path, watch) as file:
        buffered = io.BufferedReader(file, 1024 * 1024)
        stream: BinaryIO = (
            cast(BinaryIO, gzip.GzipFile(fileobj=buffered)) if compressed else buffered
        )
        while True:
            try:
                block = stream.read(size)
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise FileRefusedError(
                    f"its gzip is broken or cut short ({error}). Deliver the file again."
                ) from error
            if not block:
                return
            yield block


def utf8_blocks(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The same text in UTF-8, without a byte order mark.

    Raises FileRefusedError where UTF-16 or UTF-32 has lost bytes: all that follows would be
    shifted.
    """
    wide = encoding.startswith(("utf-16", "utf-32", "utf_16", "utf_32"))
    if encoding in ("utf-8", "ascii"):
        first = True
        for block in blocks:
            yield block.removeprefix(codecs.BOM_UTF8) if first else block
            first = False
        return
    errors = "surrogatepass" if wide else "surrogateescape"
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    try:
        for block in blocks:
            text = decoder.decode(block)
            if wide:
                _refuse_shifted(text)
            yield text.removeprefix("\ufeff").encode("utf-8", errors)
        yield decoder.decode(b"", final=True).encode("utf-8", errors)
    except UnicodeError as error:
        reason = error.reason if isinstance(error, UnicodeDecodeError) else error
        raise FileRefusedError(
            f"it cannot be read as {encoding}: {reason}. "
            "Bytes are missing in it, or --encoding is not what it is. Deliver it again."
        ) from error


def _refuse_shifted(text: str) -> None:
    """A lost byte turns line ends of UTF-16 into U+0A00, a sign that nobody delivers."""
    if "\u0a00" in text:
        raise FileRefusedError(
            "a byte is missing in its UTF-16, which shifts all that follows. Deliver it again."
        )


def one_kind_of_line_end(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Old Macintosh files end their lines with CR alone: these become LF. Others pass untouched.

    The first line end of the file tells which kind it is. CRs that end lines in a file of another
    kind are found by the CSV reader.
    """
    carriage = None
    held = b""
    for block in blocks:
        block, held = held + block, b""
        if carriage is None:
            feed, back = block.find(b"\n"), block.find(b"\r")
            if back == len(block) - 1 and feed < 0:
                held = block  # whether LF follows is not known yet
                continue
            if back >= 0 or feed >= 0:
                carriage = back >= 0 and (feed < 0 or back < feed - 1)
        if carriage:
            if block.endswith(b"\r"):
                block, held = block[:-1], b"\r"
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        yield block
    if held:
        yield held.replace(b"\r", b"\n")
