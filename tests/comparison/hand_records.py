"""Records of the 4096² benchmark written by hand from its published figures."""

from __future__ import annotations

from collections.abc import Sequence

from parity_bridge.experiment.hkl_table import HklTable, IndexBounds
from parity_bridge.taps.f_cell import FCellRecord, FCellValues, FractionalBounds, Lookup
from parity_bridge.taps.pixel_taps import PixelTaps

EDGE, CENTRE = (0, 0), (2048, 2048)
SUBPIXELS = ((0, 0), (0, 1), (1, 0), (1, 1))

NO_TABLE = HklTable(source="none", file=None, sha256=None, entries=0, extents=None, default_F=100.0)
STALE_CACHE = HklTable(
    source="cache",
    file="Fdump.bin",
    sha256="5f" * 32,
    entries=173166,
    extents=IndexBounds(h_min=-24, h_max=24, k_min=-28, k_max=28, l_min=-31, l_max=30),
    default_F=100.0,
)
TEXT_TABLE = STALE_CACHE.model_copy(
    update={"source": "text", "file": "grid.hkl", "sha256": "a0" * 32, "entries": 4}
)

_FRACTIONAL = {
    EDGE: ((-7.9, 39.35, -39.36), (-7.8, 39.36, -39.34)),
    CENTRE: ((-1e-6, 0.01, -0.03), (0.0, 0.03, -0.01)),
}
_ROUNDED = {EDGE: (-8, 39, -39), CENTRE: (0, 0, 0)}


def f_cell_record(
    pixel: tuple[int, int],
    implementation: str = "c",
    table: HklTable = NO_TABLE,
    F: tuple[float, ...] = (100.0,) * 4,
    *,
    outside: bool = False,
    default: bool = True,
) -> FCellRecord:
    """Four lookups that returned ``F``, all outside the table's box or all inside."""
    return FCellRecord(
        implementation=implementation,
        pixel_coords=pixel,
        tag="edge" if pixel == EDGE else "centre",
        oversample=2,
        values=_values(pixel, F, outside=outside, default=default),
        hkl_table=table,
        timestamp_utc="2026-01-31T12:00:00Z",
    )


def pixel_taps_of(records: Sequence[FCellRecord]) -> list[PixelTaps]:
    """The figures that are compared, one record a pixel."""
    return [PixelTaps.from_records([each]) for each in records]


def benchmark(implementation: str) -> list[FCellRecord]:
    """Edge and centre without a table."""
    return [f_cell_record(EDGE, implementation), f_cell_record(CENTRE, implementation)]


def benchmark_with_stale_cache() -> list[FCellRecord]:
    """Edge and centre as the C core observes them where it reads an old cache."""
    return [
        f_cell_record(EDGE, "c", STALE_CACHE, outside=True),
        f_cell_record(CENTRE, "c", STALE_CACHE, (0.0,) * 4, default=False),
    ]


def record_without_lookup(pixel: tuple[int, int], implementation: str = "c") -> FCellRecord:
    """Four evaluations, all of them skipped."""
    skipped = FCellValues(
        total_lookups=0,
        skipped_lookups=4,
        out_of_bounds_count=0,
        default_f_count=0,
        zero_f_count=0,
        mean_f_cell=None,
        hkl_bounds=None,
        hkl_fractional_bounds=None,
        rounding_margin=None,
        subpixels=(),
    )
    return f_cell_record(pixel, implementation).model_copy(update={"values": skipped})


def _values(
    pixel: tuple[int, int], F: tuple[float, ...], *, outside: bool, default: bool
) -> FCellValues:
    rounded = dict(zip(("h", "k", "l"), _ROUNDED[pixel], strict=True))
    return FCellValues(
        total_lookups=len(F),
        skipped_lookups=0,
        out_of_bounds_count=len(F) if outside else 0,
        default_f_count=len(F) if default else 0,
        zero_f_count=F.count(0.0),
        mean_f_cell=sum(F) / len(F),
        hkl_bounds=IndexBounds.model_validate(
            {f"{axis}_{end}": index for axis, index in rounded.items() for end in ("min", "max")}
        ),
        hkl_fractional_bounds=_fractional_bounds(pixel),
        rounding_margin=0.1,
        subpixels=tuple(
            Lookup(
                subpixel_index=subpixel,
                hkl_fractional=_FRACTIONAL[pixel][0],
                hkl_rounded=_ROUNDED[pixel],
                F_cell=value,
                out_of_bounds=outside,
            )
            for subpixel, value in zip(SUBPIXELS, F, strict=True)
        ),
    )


def _fractional_bounds(pixel: tuple[int, int]) -> FractionalBounds:
    low, high = _FRACTIONAL[pixel]
    return FractionalBounds(
        h_min=low[0], h_max=high[0], k_min=low[1], k_max=high[1], l_min=low[2], l_max=high[2]
    )
