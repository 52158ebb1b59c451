"""What a Dockerfile says, as steps: pure parsing, so that a rehearsal can carry them out without a container engine."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from dockerfile_parse import DockerfileParser


@dataclass(frozen=True)
class Step:
    """One instruction that changes files: RUN a command, COPY paths, or change the folder or the account."""

    kind: str
    value: str
    copied_from: str | None = None


@dataclass
class Stage:
    """One FROM with what follows. `environment` holds the ENV values as they stand at the end."""

    base: str
    name: str
    steps: list[Step] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    user: str = "0"
    folder: str = "/"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    healthcheck: list[str] = field(default_factory=list)


class UnknownInstructionError(ValueError):
    """The rehearsal does not know an instruction of the Dockerfile: it must be taught, not skipped."""


def parse_stages(path: Path) -> list[Stage]:
    """The stages of a Dockerfile in order. Raises UnknownInstructionError."""
    stages: list[Stage] = []
    for entry in DockerfileParser(fileobj=path.open("rb")).structure:
        instruction, value = entry["instruction"].upper(), entry["value"]
        if instruction == "COMMENT":
            continue
        if instruction == "FROM":
            words = value.split()
            name = words[2] if len(words) == 3 and words[1].upper() == "AS" else str(len(stages))
            stages.append(Stage(words[0], name))
            continue
        _add(stages[-1], instruction, value)
    return stages


def _add(stage: Stage, instruction: str, value: str) -> None:
    match instruction:
        case "RUN":
            stage.steps.append(Step("RUN", value))
        case "COPY":
            source = re.match(r"--from=(\S+)\s+", value)
            stage.steps.append(Step("COPY", value[source.end() :] if source else value, source[1] if source else None))
        case "WORKDIR":
            stage.folder = value
            stage.steps.append(Step("WORKDIR", value))
        case "ENV":
            for word in shlex.split(value):
                name, _, content = word.partition("=")
                stage.environment[name] = content
                stage.steps.append(Step("ENV", f"{name}={content}"))
        case "USER":
            stage.user = value
        case "ENTRYPOINT":
            stage.entrypoint = json.loads(value)
        case "CMD":
            stage.command = json.loads(value)
        case "HEALTHCHECK":
            stage.healthcheck = json.loads(value[value.index("CMD") + 3 :])
        case "EXPOSE":
            pass
        case _:
            raise UnknownInstructionError(f"the rehearsal does not know {instruction}")
