"""Blocks of the second detector as the rows of one pixel: what its subpixels looked up (§5, §6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from parity_bridge.engines.checks import check_evaluations
from parity_bridge.engines.nanobragg_program.evaluations import NotPrintedError, single_evaluations
from parity_bridge.engines.nanobragg_program.frame import FrameContext
from parity_bridge.engines.nanobragg_program.printout import LoopCounts, PixelBlock
from parity_bridge.engines.nanobragg_program.runs import run_subpixels
from parity_bridge.errors import UsageError
from parity_bridge.experiment.hkl_table import HklTable
from parity_bridge.experiment.model import Experiment
from parity_bridge.files.private_folder import private_folder
from parity_bridge.taps.counting import subpixel_rows
from parity_bridge.taps.evaluations import EvaluationKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Largest relative error of a number with 6 significant digits.
_SIX_DIGITS = 5e-6


def all_lookup_rows(
    frame_context: FrameContext, pixel: tuple[int, int], counts: LoopCounts, table: HklTable
) -> NDArray[np.void]:
    """Return rows of dtype ``EVALUATION`` of ``pixel`` (slow, fast) from as many runs as it takes.

    Raise NotPrintedError where a program does not print them, and what runs raise.
    """
    experiment, oversample = frame_context.experiment, counts.oversample
    with private_folder() as folder:
        variants = single_evaluations(experiment, counts, folder)
        check_evaluations(oversample**2 * len(variants))
        # A sweep that stands still is run once.
        rows_of = {
            variant: _rows_of_run(frame_context, variant, pixel, oversample, table)
            for variant in dict.fromkeys(variants)
        }
    # Subpixels are the outermost loop.
    rows = np.stack([rows_of[variant] for variant in variants], axis=1)
    source, phi_step = np.divmod(np.arange(len(variants)), counts.phi_steps)
    rows["source"], rows["phi_step"] = source, phi_step
    flat: NDArray[np.void] = rows.ravel()
    return flat


def _rows_of_run(
    frame_context: FrameContext,
    variant: Experiment,
    pixel: tuple[int, int],
    oversample: int,
    table: HklTable,
) -> NDArray[np.void]:
    """Return the rows of the only evaluation of each subpixel."""
    program, program_input = frame_context.program, frame_context.program_input
    blocks = run_subpixels(program, program_input, variant, pixel, oversample)
    if blocks is None:
        raise NotPrintedError(
            "nothing that follows the words typed divides the detector into subpixels; write the "
            "flags out in full, each once"
        )
    return lookup_rows(variant, blocks, oversample, table)


def lookup_rows(
    experiment: Experiment, blocks: Sequence[PixelBlock], oversample: int, table: HklTable
) -> NDArray[np.void]:
    """Return rows of dtype ``EVALUATION`` of one pixel from the ``blocks`` of its subpixels.

    Blocks and rows are slow-major. The rows hold the place, how the evaluation ended, and hkl,
    hkl0, F_latt and F_cell as printed. The program does not print whether an index lies outside
    the box and ``default_F`` was returned: that is decided from the printed hkl0 and the extents
    of ``table``, and an interpolated F comes from inside the box anyway. Where an evaluation made
    no lookup, its block repeats the values of an earlier one, which are ignored.
    Raise UsageError where the printed digits leave open whether the resolution cut dropped it.
    """
    rows = subpixel_rows(oversample)
    rows["kind"] = [_evaluation_kind(experiment, block) for block in blocks]
    reached, has_lookup = (
        rows["kind"] != EvaluationKind.BEYOND_DMIN,
        rows["kind"] == EvaluationKind.LOOKUP,
    )
    masks = {"hkl": reached, "hkl0": reached, "F_latt": reached, "F_cell": has_lookup}
    for name, mask in masks.items():
        printed = np.array([getattr(block, name) for block in blocks])
        rows[name][mask] = printed[mask]
    rows["out_of_bounds"][has_lookup] = _outside_box(rows["hkl0"][has_lookup], table)
    rows["default_f"] = rows["out_of_bounds"] if table.source != "none" else has_lookup
    return rows


def _evaluation_kind(experiment: Experiment, block: PixelBlock) -> EvaluationKind:
    """Return how the only evaluation of a subpixel ended (contract §6).

    %g prints 0 for nothing but 0, so that a lattice factor of exactly 0 can be recognized.
    """
    if experiment.sampling.dmin > 0 and _is_beyond(experiment.sampling.dmin, block):
        return EvaluationKind.BEYOND_DMIN
    if block.F_latt == 0.0 and experiment.crystal.water == 0.0:
        return EvaluationKind.NO_LATTICE
    return EvaluationKind.LOOKUP


def _is_beyond(dmin: float, block: PixelBlock) -> bool:
    """Return whether sin(theta)/lambda, 1/m, exceeds its value at the cut ``dmin``, Å."""
    cut = 0.5 / (dmin * 1e-10)
    if abs(block.stol - cut) <= _SIX_DIGITS * cut:
        raise UsageError(
            f"-dmin {dmin!r}: subpixel {block.pixel[0]} {block.pixel[1]} (slow, fast) lies on the "
            "cut as far as a program prints it; change -dmin by a hundred-thousandth of itself"
        )
    return block.stol > cut


def _outside_box(hkl0: NDArray[np.int32], table: HklTable) -> NDArray[np.bool_]:
    """Return which of ``hkl0``, (lookups, 3), lie outside the table's box; none without a table."""
    box = table.extents
    if box is None:
        return np.zeros(len(hkl0), dtype=np.bool_)
    low, high = (box.h_min, box.k_min, box.l_min), (box.h_max, box.k_max, box.l_max)
    outside: NDArray[np.bool_] = np.any((hkl0 < low) | (hkl0 > high), axis=1)
    return outside
