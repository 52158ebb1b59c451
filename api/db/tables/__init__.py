"""All operational tables, one file per subject (DESIGN section 6)."""

from api.db.tables.accounts import Consent, ErasureRequest, IdempotencyKey, OutboxMessage, User
from api.db.tables.audit import AuditEntry
from api.db.tables.counters import RequestCounter
from api.db.tables.identities import EndedIdentity, Identity
from api.db.tables.learning import Dataset, DatasetFile, ExchangeRate, Model, TuningRun
from api.db.tables.outcomes import CheckIn, OutcomeEvent
from api.db.tables.person import (
    Conversation,
    ConversationAnswer,
    PersonalityScore,
    ProfileImport,
    ProfileRecord,
    Upload,
)
from api.db.tables.resumes import FramingDraw, GenerationRun, JobAd, Resume, ResumeVersion
from api.db.tables.sharing import ShareLink, ViewEvent
from api.db.tables.tombstones import Deletion

__all__ = [
    "AuditEntry",
    "CheckIn",
    "Consent",
    "Conversation",
    "ConversationAnswer",
    "Dataset",
    "DatasetFile",
    "Deletion",
    "EndedIdentity",
    "ErasureRequest",
    "ExchangeRate",
    "FramingDraw",
    "GenerationRun",
    "IdempotencyKey",
    "Identity",
    "JobAd",
    "Model",
    "OutboxMessage",
    "OutcomeEvent",
    "PersonalityScore",
    "ProfileImport",
    "ProfileRecord",
    "RequestCounter",
    "Resume",
    "ResumeVersion",
    "ShareLink",
    "TuningRun",
    "Upload",
    "User",
    "ViewEvent",
]
