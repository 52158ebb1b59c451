"""Objects are written as pydyf writes them."""

import importlib.util
import zlib
from types import ModuleType
from typing import Any

import pydyf
import pytest

from renderer import serialising


@pytest.fixture(scope="module")
def original() -> ModuleType:
    """A second copy of pydyf that nobody changed."""
    specification = importlib.util.find_spec("pydyf")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("value", [b"<00>", "/Name", 7, 0, -3, True, 2.0, -2.0, 0.25, 1e-7, -0.1, 123456.789])
def test_values_are_written_as_pydyf_writes_them(original: ModuleType, value: Any) -> None:
    assert serialising.to_bytes(value) == original._to_bytes(value)


def test_a_stream_holds_the_same_content(original: ModuleType) -> None:
    def made(module: ModuleType) -> Any:
        reference = module.Dictionary({"Type": "/Font", "Widths": module.Array([1, 2.5])})
        return module.Stream([b"BT", "text " * 50, reference], {"Kind": "/X"}, compress=True)

    def parts(data: bytes) -> tuple[bytes, bytes]:
        head, _, rest = data.partition(b"\nstream\n")
        return head.partition(b"/Length")[0], zlib.decompress(rest.removesuffix(b"\nendstream"))

    serialising.install()
    assert parts(made(pydyf).data) == parts(made(original).data)
