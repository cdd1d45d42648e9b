"""Why a file could not be read, as a code for programs and a sentence for people."""

from __future__ import annotations

SENTENCES = {
    "encrypted": "The file is protected by a password. Enter the password, or upload a copy without one.",
    "corrupt": "The file is damaged and cannot be opened. Ask the sender for it again, or save it anew.",
    "empty": "The file is empty. Upload it again.",
    "unsupported": "This kind of file cannot be read. Use PDF, PNG, JPEG, TIFF, WebP, or e-invoice XML (CII or UBL).",
    "too_large": "The file is larger than allowed. Split it, or ask for a higher limit.",
    "too_many_pages": "The file has more pages than allowed. Split it, or ask for a higher limit.",
    "too_many_pixels": "A page has more pixels than allowed. Scan it again at a lower resolution.",
    "too_many_attachments": "The file has more or larger attachments than allowed. Save it without them.",
    "pages_lost": "Not every page of the file could be read. Ask the sender for it again, or save it anew.",
    "timeout": "Reading the file took too long. Split it, or save it in a simpler form.",
    "out_of_memory": "Reading the file needs more memory than allowed. Split it, or save it in a simpler form.",
    "crashed": "The file made the reader fail. Save it anew, for instance by printing it to PDF.",
}


class Unreadable(Exception):
    """A file that cannot be read: the file's fault or its size, not a bug of ours.

    code: a key of SENTENCES (FORMATS.md, section 2). message: a sentence a person understands.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        self.message = f"{SENTENCES[code]} ({detail})" if detail else SENTENCES[code]
        super().__init__(f"{code}: {self.message}")
