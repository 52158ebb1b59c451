"""Reads SQL statements with PostgreSQL's own parser: which objects they touch, and how strongly they lock them.

Lock levels are those of the PostgreSQL manual, chapter 13.3 and the pages of each command. A form that is not listed
counts as ACCESS EXCLUSIVE: a warning too many is better than a table that stands still.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pgparse

Kind = Literal["schema", "relation", "relations of", "sequences of", "function", "functions of", "type", "role", "any"]
Action = Literal["alter", "create", "replace", "read", "name"]

LOCK_LEVELS = (
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)
STRONGEST = LOCK_LEVELS[-1]

# Forms of ALTER TABLE that need less than ACCESS EXCLUSIVE.
WEAKER_ALTERATIONS = {
    "AT_SetStatistics": "SHARE UPDATE EXCLUSIVE",
    "AT_SetOptions": "SHARE UPDATE EXCLUSIVE",
    "AT_ResetOptions": "SHARE UPDATE EXCLUSIVE",
    "AT_SetRelOptions": "SHARE UPDATE EXCLUSIVE",
    "AT_ValidateConstraint": "SHARE UPDATE EXCLUSIVE",
    "AT_ClusterOn": "SHARE UPDATE EXCLUSIVE",
    "AT_DropCluster": "SHARE UPDATE EXCLUSIVE",
    "AT_AttachPartition": "SHARE UPDATE EXCLUSIVE",
    "AT_EnableTrig": "SHARE ROW EXCLUSIVE",
    "AT_DisableTrig": "SHARE ROW EXCLUSIVE",
    "AT_EnableTrigAll": "SHARE ROW EXCLUSIVE",
    "AT_DisableTrigAll": "SHARE ROW EXCLUSIVE",
    "AT_EnableTrigUser": "SHARE ROW EXCLUSIVE",
    "AT_DisableTrigUser": "SHARE ROW EXCLUSIVE",
}
RELATION_KINDS = {"OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_SEQUENCE", "OBJECT_INDEX"}
ON_A_TABLE = {"OBJECT_TRIGGER", "OBJECT_RULE", "OBJECT_POLICY"}
FUNCTION_KINDS = {"OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE", "OBJECT_AGGREGATE"}
TYPE_KINDS = {"OBJECT_TYPE", "OBJECT_DOMAIN"}


@dataclass(frozen=True, slots=True)
class Touch:
    """One object a statement touches. `lock` is the level on a relation, None where none is taken."""

    kind: Kind
    schema: str
    name: str
    action: Action
    lock: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: its text, its node name in the parser's tree, and what it touches."""

    text: str
    node: str
    touches: tuple[Touch, ...]
    concurrent: bool = False
    index: str = ""

    @property
    def lock(self) -> str | None:
        """The strongest lock it takes on an existing relation."""
        return strongest(touch.lock for touch in self.touches)


class UnreadableStatementError(ValueError):
    """The text is no valid PostgreSQL."""


def strongest(levels: Iterator[str | None]) -> str | None:
    """The strongest of several lock levels."""
    named = [level for level in levels if level]
    return max(named, key=LOCK_LEVELS.index) if named else None


def read_statements(text: str) -> tuple[Statement, ...]:
    """Every statement of a script, in order. Raises UnreadableStatementError."""
    try:
        parsed = pgparse.parse(text)
    except pgparse.PGQueryError as error:
        raise UnreadableStatementError(str(error)) from error
    encoded = text.encode()
    statements = []
    for entry in parsed:
        start = entry.get("stmt_location", 0)
        length = entry.get("stmt_len") or len(encoded) - start
        ((node, tree),) = entry["stmt"].items()
        statements.append(
            Statement(
                text=encoded[start : start + length].decode().strip(),
                node=node,
                touches=tuple(dict.fromkeys(_touches(node, tree))),
                concurrent=bool(tree.get("concurrent")) or _is_concurrent_reindex(node, tree),
                index=tree.get("idxname", ""),
            )
        )
    return tuple(statements)


def _is_concurrent_reindex(node: str, tree: dict[str, Any]) -> bool:
    return node == "ReindexStmt" and any(p["DefElem"]["defname"] == "concurrently" for p in tree.get("params", ()))


def _words(names: list[dict[str, Any]]) -> list[str]:
    return [name["String"]["sval"] for name in names if "String" in name]


def _named(kind: Kind, names: list[str], action: Action, lock: str | None = None) -> Touch:
    schema, name = (names[-2], names[-1]) if len(names) > 1 else ("", names[-1])
    return Touch(kind, schema, name, action, lock)


def _relation(tree: dict[str, Any], action: Action, lock: str | None) -> Touch:
    return Touch("relation", tree.get("schemaname", ""), tree["relname"], action, lock)


def _all_of(tree: Any, node: str) -> Iterator[dict[str, Any]]:
    """Every sub-tree of one node type, wherever it stands."""
    if isinstance(tree, dict):
        if node in tree and isinstance(tree[node], dict):
            yield tree[node]
        for value in tree.values():
            yield from _all_of(value, node)
    elif isinstance(tree, list):
        for value in tree:
            yield from _all_of(value, node)


def _touches(node: str, tree: dict[str, Any]) -> Iterator[Touch]:
    yield from _roles(tree)
    match node:
        case "CreateStmt":
            yield _relation(tree["relation"], "create", None)
            yield from _references(tree)
        case "CreateTableAsStmt":
            yield _relation(tree["into"]["rel"], "create", None)
            yield from _reads(tree["query"])
        case "CreateSeqStmt":
            yield _relation(tree["sequence"], "create", None)
        case "ViewStmt":
            yield _relation(tree["view"], "replace" if tree.get("replace") else "create", STRONGEST)
            yield from _reads(tree["query"])
        case "IndexStmt":
            level = "SHARE UPDATE EXCLUSIVE" if tree.get("concurrent") else "SHARE"
            yield _relation(tree["relation"], "alter", level)
        case "AlterTableStmt":
            commands = [command["AlterTableCmd"] for command in tree["cmds"]]
            yield _relation(tree["relation"], "alter", strongest(_alteration(command) for command in commands))
            yield from _references(tree)
        case "CreateTrigStmt":
            yield _relation(tree["relation"], "alter", "SHARE ROW EXCLUSIVE")
            yield _named("function", _words(tree["funcname"]), "read")
        case "AlterSeqStmt":
            yield _relation(tree["sequence"], "alter", "SHARE ROW EXCLUSIVE")
        case "RenameStmt" | "AlterObjectSchemaStmt" | "AlterOwnerStmt" | "CommentStmt":
            yield from _by_object_type(node, tree)
        case "DropStmt":
            yield from _dropped(tree)
        case "CreateFunctionStmt":
            yield _named("function", _words(tree["funcname"]), "replace" if tree.get("replace") else "create")
        case "AlterFunctionStmt":
            yield _named("function", _words(tree["func"]["objname"]), "alter")
        case "CreateEnumStmt":
            yield _named("type", _words(tree["typeName"]), "create")
        case "CompositeTypeStmt":
            yield Touch("type", tree["typevar"].get("schemaname", ""), tree["typevar"]["relname"], "create")
        case "CreateDomainStmt":
            yield _named("type", _words(tree["domainname"]), "create")
        case "AlterEnumStmt" | "AlterDomainStmt" | "AlterTypeStmt":
            yield _named("type", _words(tree["typeName"]), "alter")
        case "CreateSchemaStmt":
            yield Touch("schema", "", tree["schemaname"], "create")
        case "GrantStmt":
            yield from _granted(tree)
        case "AlterDefaultPrivilegesStmt":
            for option in tree.get("options", ()):
                if option["DefElem"]["defname"] == "schemas":
                    for name in _words(option["DefElem"]["arg"]["List"]["items"]):
                        yield Touch("schema", "", name, "read")
        case "InsertStmt" | "UpdateStmt" | "DeleteStmt" | "MergeStmt":
            yield _relation(tree["relation"], "read", "ROW EXCLUSIVE")
            yield from _reads(tree)
        case "TruncateStmt":
            for entry in tree["relations"]:
                yield _relation(entry["RangeVar"], "alter", STRONGEST)
        case "LockStmt":
            for entry in tree["relations"]:
                yield _relation(entry["RangeVar"], "read", LOCK_LEVELS[tree["mode"] - 1])
        case "SelectStmt":
            yield from _reads(tree)
        case "DoStmt":
            # Its body is a program: it may touch anything, so everything has to be ours.
            yield Touch("any", "", "", "alter")
        case "GrantRoleStmt" | "TransactionStmt" | "VariableSetStmt":
            return
        case _:
            for found in _all_of(tree, "RangeVar"):
                yield _relation(found, "alter", STRONGEST)
            if isinstance(tree.get("relation"), dict):
                yield _relation(tree["relation"], "alter", STRONGEST)


def _alteration(command: dict[str, Any]) -> str:
    subtype = command["subtype"]
    if subtype == "AT_AddConstraint":
        constraint = command.get("def", {}).get("Constraint", {})
        if constraint.get("contype") == "CONSTR_FOREIGN":
            return "SHARE ROW EXCLUSIVE"
    return WEAKER_ALTERATIONS.get(subtype, STRONGEST)


def _references(tree: dict[str, Any]) -> Iterator[Touch]:
    """Tables that foreign keys point to."""
    for constraint in _all_of(tree, "Constraint"):
        if "pktable" in constraint:
            yield _relation(constraint["pktable"], "read", "SHARE ROW EXCLUSIVE")


def _reads(tree: Any) -> Iterator[Touch]:
    named = {common["ctename"] for common in _all_of(tree, "CommonTableExpr")}
    for found in _all_of(tree, "RangeVar"):
        if found.get("schemaname") or found["relname"] not in named:
            yield _relation(found, "read", "ACCESS SHARE")


def _roles(tree: Any) -> Iterator[Touch]:
    """Roles that are named, as grantees or as new owners."""
    if isinstance(tree, dict):
        if tree.get("roletype") == "ROLESPEC_CSTRING":
            yield Touch("role", "", tree["rolename"], "name")
        tree = list(tree.values())
    if isinstance(tree, list):
        for value in tree:
            yield from _roles(value)


def _names_of(item: dict[str, Any]) -> list[str]:
    if "List" in item:
        return _words(item["List"]["items"])
    if "ObjectWithArgs" in item:
        return _words(item["ObjectWithArgs"]["objname"])
    if "TypeName" in item:
        return _words(item["TypeName"]["names"])
    return _words([item])


def _by_object_type(node: str, tree: dict[str, Any]) -> Iterator[Touch]:
    kind = tree.get("renameType") or tree.get("objectType") or tree.get("objtype") or ""
    level = "SHARE UPDATE EXCLUSIVE" if node == "CommentStmt" else STRONGEST
    if isinstance(tree.get("relation"), dict):
        yield _relation(tree["relation"], "alter", level)
    elif kind == "OBJECT_SCHEMA":
        name = tree.get("subname") or _names_of(tree["object"])[0]
        yield Touch("schema", "", name, "alter")
    elif "object" in tree:
        names = _names_of(tree["object"])
        if kind in FUNCTION_KINDS:
            yield _named("function", names, "alter")
        elif kind in TYPE_KINDS:
            yield _named("type", names, "alter")
        elif kind in RELATION_KINDS:
            yield _named("relation", names, "alter", level)
        elif len(names) > 1:  # a column, a constraint, a trigger: the table stands before it
            yield _named("relation", names[:-1], "alter", level)


def _dropped(tree: dict[str, Any]) -> Iterator[Touch]:
    kind = tree["removeType"]
    level = "SHARE UPDATE EXCLUSIVE" if tree.get("concurrent") else STRONGEST
    for item in tree["objects"]:
        names = _names_of(item)
        if kind == "OBJECT_SCHEMA":
            yield Touch("schema", "", names[0], "alter")
        elif kind in FUNCTION_KINDS:
            yield _named("function", names, "alter")
        elif kind in TYPE_KINDS:
            yield _named("type", names, "alter")
        elif kind in ON_A_TABLE:
            yield _named("relation", names[:-1], "alter", level)
        else:
            yield _named("relation", names, "alter", level)


def _granted(tree: dict[str, Any]) -> Iterator[Touch]:
    kind = tree["objtype"]
    if tree["targtype"] == "ACL_TARGET_ALL_IN_SCHEMA":
        whole: Kind = {"OBJECT_SEQUENCE": "sequences of", "OBJECT_TABLE": "relations of"}.get(kind, "functions of")  # type: ignore[assignment]
        for name in _words(tree["objects"]):
            yield Touch(whole, name, "", "alter")
        return
    for item in tree["objects"]:
        if "RangeVar" in item:
            yield _relation(item["RangeVar"], "alter", None)
        elif kind in FUNCTION_KINDS:
            yield _named("function", _names_of(item), "alter")
        elif kind in TYPE_KINDS:
            yield _named("type", _names_of(item), "alter")
        elif kind == "OBJECT_SCHEMA":
            yield Touch("schema", "", _words([item])[0], "alter")
