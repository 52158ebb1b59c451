"""Why a file cannot be read, each with what to do about it."""

from __future__ import annotations

MESSAGES = {
    "empty_file": "The file is empty. Choose the file again and check that it opens on your computer.",
    "file_too_large": "The file is larger than 10 MB. Save it without pictures, or as plain text.",
    "unsupported_type": "This kind of file cannot be read. Send a PDF, a Word file (.docx), JSON Resume or plain text.",
    "legacy_word": "This is an old or protected Office file. Save it as .docx or PDF without a password.",
    "encrypted_pdf": "This PDF is protected by a password. Save a copy without a password and send that.",
    "damaged_file": "The file is damaged and cannot be opened. Export it again from the program that made it.",
    "image_only_pdf": (
        "This PDF holds only pictures of text, so there is nothing to read. Export it from the original program, "
        "or run text recognition (OCR) first."
    ),
    "no_text": "No text was found in the file. Check that it is the right one.",
    "too_many_pages": "The document has more than 40 pages. Send the resume alone.",
    "too_much_text": "The document holds more text than a resume can. Send the resume alone.",
    "zip_bomb": "The document unpacks to far more data than a resume holds and was not opened. Save it again as .docx.",
    "invalid_json": "The file is not valid JSON. Check it with a JSON validator, or send a PDF.",
    "not_json_resume": "This JSON is no JSON Resume: it has no basics, work or education. Send a JSON Resume or a PDF.",
    "timed_out": "Reading the file took too long and was stopped. Send a simpler version, such as plain text.",
    "too_much_memory": "Reading the file needed too much memory and was stopped. Save it without pictures.",
}


class UnreadableDocument(ValueError):  # noqa: N818 - named as the answer names it
    """A file that gives no draft. `code` is stable; the message is for the person and says what to do."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.message = MESSAGES[code]
        super().__init__(self.message)


class ImporterBusy(Exception):  # noqa: N818 - named as the answer names it
    """Nothing is wrong with the file: every slot stayed taken until the deadline, so the same file may come again."""

    def __init__(self) -> None:
        super().__init__("Too many files are being read at this moment. Send the file again in a few seconds.")
