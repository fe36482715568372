"""The time in UTC, in the two spellings the artefacts use."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> str:
    """Return the time as records state it: ``2026-01-31T23:59:59Z``."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def utc_stamp() -> str:
    """Return the time as folders are named: ``20260131T235959Z``."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
