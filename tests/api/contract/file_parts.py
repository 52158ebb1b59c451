"""What Schemathesis must know of multipart: the bytes of a file have no JSON type.

It draws `{"file": 1073.25}` as a violation of `type: string`, and sends a text file with these digits: what arrives is
as documented. Its own check knows this of plain fields, not of files. All other checks of such a case stand.
"""

from typing import Any

import schemathesis
from schemathesis.core.parameters import ParameterLocation

ACCEPTED_THOUGH_INVALID = "ST201"


@schemathesis.hook
def filter_failure(_context: Any, failure: Any, case: Any, _response: Any) -> bool:
    """Drop the one failure that says that a number, a boolean or nothing was accepted as a file."""
    return not (failure.code == ACCEPTED_THOUGH_INVALID and only_a_file_has_another_type(case))


def only_a_file_has_another_type(case: Any) -> bool:
    """Whether a case breaks the document only by the JSON type of what it sends as a file."""
    if case.media_type != "multipart/form-data" or not isinstance(case.body, dict) or "file" not in case.body:
        return False
    negative = {location for location, component in case.meta.components.items() if component.mode.is_negative}
    return negative == {ParameterLocation.BODY} and isinstance(case.body["file"], int | float | None)
