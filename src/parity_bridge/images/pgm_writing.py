"""The header of a binary PGM as the original program writes it (contract §9)."""

from __future__ import annotations


def pgm_header(fast: int, slow: int, scale: float) -> bytes:
    """Return what comes before the pixels, one byte each; ``scale`` is a remark in it."""
    return f"P5\n{fast} {slow}\n# pixels scaled by {scale:g}\n255\n".encode("ascii")
