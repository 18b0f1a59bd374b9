"""What a file is by its first bytes, whatever its name says."""

from pathlib import Path

_SIGNS = {
    b"PK\x03\x04": "a ZIP archive or a workbook",
    b"PK\x05\x06": "an empty ZIP archive",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"GIF8": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\x1f\x8b": "a compressed file",
    b"BZh": "a compressed file",
    b"7z\xbc\xaf": "a compressed file",
    b"Rar!": "a compressed file",
    b"\xd0\xcf\x11\xe0": "an old Office file, or one that a password protects",
    b"{\\rtf": "a text document in RTF",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"SQLite format 3": "a database",
    b"<!doctype html": "a web page",
    b"<html": "a web page",
}
_SPACE = b"\xef\xbb\xbf \t\r\n"


def foreign(path: Path) -> str:
    """What a file that should be text is instead, in words; nothing where it may be text."""
    with path.open("rb") as stream:
        start = stream.read(512)
    plain = start.lstrip(_SPACE)
    for sign, name in _SIGNS.items():
        if start.startswith(sign) or plain.lower().startswith(sign):
            return name
    return ""


def is_archive(path: Path) -> bool:
    """Whether a file begins as ZIP archives, and so workbooks, do."""
    with path.open("rb") as stream:
        return stream.read(4) == b"PK\x03\x04"
