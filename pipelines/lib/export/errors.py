"""What can go wrong in an export, in words an operator can act on."""

from __future__ import annotations


class ExportError(Exception):
    """Base of all export errors. The message says what happened and what to do; it holds no personal data."""


class ContractError(ExportError):
    """A contract file is not valid."""


class SchemaChangeError(ExportError):
    """A view changed in a way that cannot be carried over by itself. Names the statement that would be needed."""


class ShrunkTableError(ExportError):
    """The new snapshot of a table is suspiciously small, so the filled one stays."""


class LoadMismatchError(ExportError):
    """Rows written, rows loaded and distinct keys do not agree, so nothing was merged."""


class LoadFailedError(ExportError):
    """BigQuery ended a job in an error."""


class JobLostError(ExportError):
    """BigQuery stopped answering about a job, which may run on or have ended either way."""


class UnsettledMergeError(ExportError):
    """Nobody could say whether the transaction was committed. Run again: that is right in either case."""


class ConcurrentExportError(ExportError):
    """Another export runs, or moved the watermark in the meantime. Nothing was changed; run again."""


class UploadError(ExportError):
    """An object in Cloud Storage is not what was written."""


class UnportableValueError(ExportError):
    """A row holds a value that has no exact counterpart in BigQuery."""


class StoreUnavailableError(ExportError):
    """Postgres, Cloud Storage or BigQuery did not answer, after all retries. Run again."""


class LongRowError(ExportError):
    """A row is longer than a block of the reader."""
