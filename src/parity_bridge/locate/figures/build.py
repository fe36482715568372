"""All figures of an experiment at some pixels."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from parity_bridge.engines.c_core import CCore
from parity_bridge.experiment.behaviours import REFERENCE, Behaviours
from parity_bridge.locate.figures.beam import beam_figures
from parity_bridge.locate.figures.constants import register_constants
from parity_bridge.locate.figures.crystal import crystal_figures
from parity_bridge.locate.figures.detector import detector_figures
from parity_bridge.locate.figures.lattice import index_figures, lattice_figures, lookup_figures
from parity_bridge.locate.figures.mosaic import mosaic_figures
from parity_bridge.locate.figures.orientation import orientation_figures
from parity_bridge.locate.figures.photons import photon_figures, sum_figures
from parity_bridge.locate.figures.quantity import Quantity
from parity_bridge.locate.figures.reference import Reference
from parity_bridge.locate.figures.scattering import scattering_figures
from parity_bridge.locate.figures.subpixel import subpixel_figures
from parity_bridge.locate.figures.traced import Ledger

if TYPE_CHECKING:
    from parity_bridge.experiment.model import Experiment


@lru_cache(maxsize=8)
def figures_of(
    experiment: Experiment,
    pixels: tuple[tuple[int, int], ...],
    behaviours: Behaviours = REFERENCE,
) -> tuple[Quantity, ...]:
    """Return all figures of ``pixels`` (slow, fast), in the order of the contract.

    Raise what ``CCore.observe`` raises.
    """
    observations = CCore().observe(experiment, pixels, behaviours=behaviours)
    return figures_of_reference(Reference(experiment, behaviours, observations))


def figures_of_reference(reference: Reference) -> tuple[Quantity, ...]:
    """Return all figures of what the reference observed."""
    ledger = Ledger()
    register_constants(ledger)
    detector = detector_figures(ledger, reference)
    beam = beam_figures(ledger, reference, detector)
    crystal = crystal_figures(ledger, reference, beam.lambda0)
    with ledger.at("omega_subpixel"):
        subpixel = subpixel_figures(ledger, reference, detector)
    with ledger.at("orientation"):
        matrices = mosaic_figures(ledger, reference)
        axes = orientation_figures(ledger, reference, crystal.edges, detector.spindle, matrices)
    scattering = scattering_figures(ledger, reference, detector, beam, subpixel)
    with ledger.at("hkl_subpixel"):
        index = index_figures(reference, axes, scattering.q)
    with ledger.at("lattice"):
        F_latt = lattice_figures(ledger, reference, crystal, index)
    with ledger.at("f_cell_stats"):
        F_cell = lookup_figures(ledger, reference, index)
    scales = (subpixel.capture, scattering.polar, subpixel.omega)
    with ledger.at("intensity_pre_norm"):
        running = sum_figures(ledger, reference, beam, (F_cell, F_latt), scales)
    photon_figures(ledger, reference, beam, running, scales)
    return tuple(ledger.quantities)
