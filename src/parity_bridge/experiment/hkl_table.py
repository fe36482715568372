"""Which structure factors an engine was given, as records state them (contract §5)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from parity_bridge.files.schema import Count, Number, Schema

#: A nearest Miller index.
Index = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]


class IndexBounds(Schema):
    """Smallest and largest nearest Miller index this pixel asked for, not the table's extents."""

    h_min: Index
    h_max: Index
    k_min: Index
    k_max: Index
    l_min: Index
    l_max: Index


class HklTable(Schema):
    """Where the structure factors came from."""

    source: Literal["none", "text", "cache"]
    file: str | None
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None
    entries: Count
    extents: IndexBounds | None
    default_F: Number
