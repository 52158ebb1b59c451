"""Import of resumes: a file in, a draft with the origin of every field out. Parsing runs in a child process."""

from api.profile.importer.draft import ImportDraft, Provenance, Source
from api.profile.importer.errors import ImporterBusy, UnreadableDocument
from api.profile.importer.sandbox import parse_document, parse_document_async

__all__ = [
    "ImportDraft",
    "ImporterBusy",
    "Provenance",
    "Source",
    "UnreadableDocument",
    "parse_document",
    "parse_document_async",
]
