"""A Dockerfile read as steps."""

from pathlib import Path

import pytest

from deploy.image_steps import Step, UnknownInstructionError, parse_stages

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLE = """FROM debian:bookworm-slim AS build
ENV A=1 B="two words"
RUN apt-get update \\
    && echo done
FROM debian:bookworm-slim
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY a b ./
USER 10001
HEALTHCHECK --interval=30s CMD ["true"]
ENTRYPOINT ["python"]
CMD ["serve"]
"""


def test_stages(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(EXAMPLE)
    build, final = parse_stages(tmp_path / "Dockerfile")
    assert build.environment == {"A": "1", "B": "two words"}
    assert build.steps[-1].value.endswith("&& echo done")
    assert final.steps == [
        Step("COPY", "/opt/venv /opt/venv", "build"),
        Step("WORKDIR", "/app"),
        Step("COPY", "a b ./"),
    ]
    assert (final.user, final.folder, final.entrypoint, final.command) == ("10001", "/app", ["python"], ["serve"])
    assert final.healthcheck == ["true"]


def test_what_is_not_known_is_not_skipped(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian\nONBUILD RUN true\n")
    with pytest.raises(UnknownInstructionError, match="ONBUILD"):
        parse_stages(tmp_path / "Dockerfile")


@pytest.mark.parametrize("name", ["api", "pipelines"])
def test_the_images(name: str) -> None:
    """Multi-stage, without root, without build tools at the end, from a hashed lock, with a health check."""
    first, last = parse_stages(PROJECT / f"deploy/images/{name}.Dockerfile")
    runs = " ".join(step.value for step in last.steps if step.kind == "RUN")
    assert (first.name, last.user) == ("build", "10001")
    assert last.healthcheck
    assert "pip" not in runs.replace("pipelines", "")
    assert any("--require-hashes" in step.value for step in first.steps)


@pytest.mark.parametrize("name", ["api", "pipelines"])
def test_every_copied_path_exists(name: str) -> None:
    for stage in parse_stages(PROJECT / f"deploy/images/{name}.Dockerfile"):
        for step in stage.steps:
            if step.kind == "COPY" and step.copied_from is None:
                assert all((PROJECT / source).exists() for source in step.value.split()[:-1])
