"""What a nanoBragg program prints with ``-printout``, read strictly.

A header says what it derived, then comes one block a pixel of the region of interest, fast first:

    100   20 : stol = 2.20246e+09 or 0.220246
    at 0.06 0.02275 0.01725
    hkl= -1.495269 1.884682 4.923007  hkl0= -1 2 5
     F_cell=13.4945  F_latt=-0.534181   I = 51.9625
    I/steps     51.96250354
    polar      0.9076894765
    omega   5.113011311e-05
    capfrac               1
    pixel    0.002411593683

The pixel is named fast, then slow. hkl has 6 decimals, F_cell, F_latt and stol (1/m, then 1/Å) 6
significant digits; the last line is what the image holds, a float32, at 10. For a pixel with
several evaluations the block shows the last one and the sum of all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields

from parity_bridge.files.plain_numbers import plain_integer, plain_number


@dataclass(frozen=True)
class LoopCounts:
    """Steps of each loop that a program sums over, by its own derivation."""

    oversample: int
    layers: int
    sources: int
    phi_steps: int
    domains: int


@dataclass(frozen=True)
class PixelBlock:
    """One printed pixel."""

    pixel: tuple[int, int]  # slow, fast
    stol: float  # 1/m
    hkl: tuple[float, float, float]
    hkl0: tuple[int, int, int]
    F_cell: float  # electrons
    F_latt: float
    image: float  # photons


_COUNTS = {
    # The factors of -oversample_thick, -oversample_polar and -oversample_omega follow.
    "oversample": re.compile(
        r"^ *(\d+)x\1 pixel oversample steps(?: \+(?:thick|polar|omega))*$", re.MULTILINE
    ),
    "layers": re.compile(r"^ *sensor is \S+ m thick in (\d+) layers\b", re.MULTILINE),
    "sources": re.compile(r"^ *(\d+) sources$", re.MULTILINE),
    "phi_steps": re.compile(r"^ *(\d+) phi steps from ", re.MULTILINE),
    "domains": re.compile(r"^ *(\d+) mosaic domains over ", re.MULTILINE),
}

_DETECTOR = re.compile(r" pixel=\S+ meters \((\d+)x(\d+) pixels\)$", re.MULTILINE)

_HEAD = re.compile(r"^ *(\d+) +(\d+) : stol = ", re.MULTILINE)
_BODY = re.compile(
    r"(?P<stol>\S+) or (\S+)\n"
    r"at (\S+) (\S+) (\S+)\n"
    r"hkl= (?P<h>\S+) (?P<k>\S+) (?P<l>\S+)  hkl0= (?P<h0>\S+) (?P<k0>\S+) (?P<l0>\S+)\n"
    r" F_cell=(?P<F_cell>\S+)  F_latt=(?P<F_latt>\S+)   I = (\S+)\n"
    r"I/steps +(\S+)\n"
    r"polar +(\S+)\n"
    r"omega +(\S+)\n"
    r"capfrac +(\S+)\n"
    r"pixel +(?P<image>\S+)\n"
)

_LARGEST_INDEX = 2**31


def read_counts(text: str) -> LoopCounts:
    """Read the counts in the header of ``text``; raise ValueError for a missing one."""
    return LoopCounts(**{field.name: _read_count(text, field.name) for field in fields(LoopCounts)})


def read_detector(text: str) -> tuple[int, int] | None:
    """Return the pixels along slow and fast in the header of ``text``; None: it has none."""
    found = _DETECTOR.search(text)
    return (int(found[2]), int(found[1])) if found else None


def read_blocks(text: str, pixels: Sequence[tuple[int, int]]) -> list[PixelBlock]:
    """Read the blocks of ``pixels`` (slow, fast): these and no others, in this order.

    Raise ValueError, saying what is wrong, for other pixels and for a block that is not as above.
    """
    blocks = [_read_block(text, head) for head in _HEAD.finditer(text)]
    found = [block.pixel for block in blocks]
    wrong = next((pair for pair in zip(pixels, found, strict=False) if pair[0] != pair[1]), None)
    if wrong is not None:
        raise ValueError(
            f"printed pixel {_pixel_text(wrong[1])} where {_pixel_text(wrong[0])} was asked for"
        )
    if len(found) != len(pixels):
        raise ValueError(f"printed {len(found)} pixels where {len(pixels)} were asked for")
    return blocks


def _read_count(text: str, name: str) -> int:
    found = _COUNTS[name].search(text)
    count = plain_integer(found[1]) if found else 0
    if count < 1:
        raise ValueError(f"printed nothing that states its number of {name.replace('_', ' ')}")
    return count


def _read_block(text: str, head: re.Match[str]) -> PixelBlock:
    pixel = plain_integer(head[2]), plain_integer(head[1])
    body = _BODY.match(text, head.end())
    if body is None:
        raise ValueError(
            f"printed a block of pixel {_pixel_text(pixel)} that is cut short or another's"
        )
    try:
        for word in body.groups():
            plain_number(word)
        number = {name: plain_number(word) for name, word in body.groupdict().items()}
        h0, k0, l0 = (_parse_miller_index(body[name]) for name in ("h0", "k0", "l0"))
    except ValueError as error:
        complaint = str(error).partition(";")[0]
        raise ValueError(
            f"printed a block of pixel {_pixel_text(pixel)} in which {complaint}"
        ) from None
    return PixelBlock(
        pixel=pixel,
        stol=number["stol"],
        hkl=(number["h"], number["k"], number["l"]),
        hkl0=(h0, k0, l0),
        F_cell=number["F_cell"],
        F_latt=number["F_latt"],
        image=number["image"],
    )


def _parse_miller_index(word: str) -> int:
    index = plain_integer(word)
    if not -_LARGEST_INDEX <= index < _LARGEST_INDEX:
        raise ValueError(f"{word!r} is no Miller index")
    return index


def _pixel_text(pixel: tuple[int, int]) -> str:
    return f"{pixel[0]} {pixel[1]} (slow, fast)"
