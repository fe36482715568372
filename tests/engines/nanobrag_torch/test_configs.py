"""What the public port is told for each flag, and what the steps of its sweeps become."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from parity_bridge.api import Experiment
from parity_bridge.engines.nanobrag_torch.beam_config import beam_config
from parity_bridge.engines.nanobrag_torch.crystal_config import crystal_config
from parity_bridge.engines.nanobrag_torch.detector_config import detector_config
from parity_bridge.engines.nanobrag_torch.package import load_package
from parity_bridge.engines.nanobrag_torch.sampled_steps import spindle_sweep
from parity_bridge.experiment.model import Sweep

pytestmark = pytest.mark.usefixtures("stand_in")

PLAIN = "-cell 50 60 70 80 95 100 -default_F 10 -N 6 -detpixels_s 64 -detpixels_f 32"


def configured(flags: str) -> dict[str, Any]:
    """Return all fields of the three configurations; enumerations by name."""
    experiment, package = (
        Experiment.from_nanobragg([*PLAIN.split(), *flags.split()]),
        load_package(),
    )
    beam = torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64)
    configs = (
        crystal_config(package, experiment),
        detector_config(package, experiment),
        beam_config(package, experiment, beam),
    )
    fields = {name: value for config in configs for name, value in vars(config).items()}
    return {k: value.name if isinstance(value, Enum) else value for k, value in fields.items()}


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("", {"spixels": 64, "fpixels": 32, "beam_center_s": None, "beam_center_source": "auto"}),
        ("", {"detector_pivot": "BEAM", "oversample": -1, "mosaic_domains": 1, "phi_steps": 1}),
        ("-Xbeam 3 -Ybeam 2", {"beam_center_s": 3, "beam_center_f": 2}),
        ("-Xbeam 3", {"beam_center_s": 3, "beam_center_f": None, "beam_center_source": "explicit"}),
        ("-adxv -Xbeam 3 -Ybeam 2", {"beam_center_s": 64 * 0.1 - 2, "beam_center_f": 3}),
        ("-xds -Xbeam 3 -Ybeam 2", {"beam_center_s": None, "detector_pivot": "SAMPLE"}),
        ("-xds -ORGX 10.5 -ORGY 20.5", {"beam_center_s": 2.0, "beam_center_f": 1.0}),
        ("-dials", {"spindle_axis": (0, 1, 0), "polarization_axis": (0, 1, 0)}),
        ("-denzo", {"detector_convention": "DENZO", "detector_pivot": "BEAM"}),
        ("-twotheta 10 -detector_rotx 1 -detector_roty 2 -detector_rotz 3",
         {"detector_twotheta_deg": 10, "detector_rotx_deg": 1, "detector_roty_deg": 2,
          "detector_rotz_deg": 3, "detector_pivot": "BEAM"}),
        ("-fdet_vector 0 0 1 -beam_vector 1 0 0 -spindle_axis 0 1 0 -polar_vector 1 0 0",
         {"detector_convention": "CUSTOM", "custom_fdet_vector": (0, 0, 1),
          "custom_sdet_vector": None, "custom_beam_vector": (1, 0, 0), "spindle_axis": (0, 1, 0),
          "polarization_axis": (1, 0, 0)}),
        ("-close_distance 50 -curved_det -point_pixel -distance 100",
         {"close_distance_mm": 50, "curved_detector": True, "point_pixel": True}),
        ("-oversample 3 -oversample_omega -oversample_polar -oversample_thick -lambda 2",
         {"oversample": 3, "oversample_omega": True, "oversample_polar": True,
          "oversample_thick": True, "wavelength_A": 2}),
        ("-detector_thick 450 -detector_abs 500 -thicksteps 5",
         {"detector_thick_um": 450, "detector_abs_um": 500, "detector_thicksteps": 5}),
        ("-detector_thick 450", {"detector_abs_um": 450, "detector_thicksteps": 2}),
        ("-mosaic 0.5", {"mosaic_spread_deg": 0.5, "mosaic_domains": 10, "mosaic_seed": 12345678}),
        ("-mosaic 0.5 -mosaic_dom 3 -mosaic_seed 7", {"mosaic_domains": 3, "mosaic_seed": 7}),
        ("-misset 1 2 3", {"misset_deg": (1, 2, 3), "misset_random": False}),
        ("-misset random -misset_seed 9", {"misset_random": True, "misset_seed": 9}),
        ("-phi 3 -osc 1 -phisteps 4", {"phi_start_deg": 3, "osc_range_deg": 1, "phi_steps": 4}),
        ("-gauss_xtal -fudge 2", {"shape": "GAUSS", "fudge": 2}),
        ("-tophat_spots -Na 0", {"shape": "TOPHAT", "N_cells": (1, 6, 6)}),
        ("-polar 0.9 -fluence 1e20", {"polarization_factor": 0.9, "fluence": 1e20, "flux": 0}),
        ("-nopolar -dmin 2 -water 3", {"nopolar": True, "dmin": 2, "water_size_um": 3}),
        ("-flux 1e12 -exposure 2 -beamsize 0.5",
         {"flux": 1e12, "exposure": 2, "beamsize_mm": 0.5}),
    ],
)  # fmt: skip
def test_each_flag_reaches_its_field(flags: str, expected: dict[str, Any]) -> None:
    fields = configured(flags)
    assert {name: fields[name] for name in expected} == expected


def test_a_matrix(tmp_path: Path) -> None:
    file = tmp_path / "A.mat"
    file.write_text("0.05 0.01 0\n0 0.06 0.005\n0 0 0.055\n")
    flags = f"-mat {file} -lambda 2 -default_F 1"
    config = crystal_config(load_package(), Experiment.from_nanobragg(flags.split()))
    assert np.allclose(config.mosflm_b_star, [0.005, 0.03, 0.0])
    assert (config.cell_a, config.cell_alpha) == (40.0, 90.0)


def test_sources_come_from_the_port(tmp_path: Path) -> None:
    fields = configured("-hdivrange 2 -hdivsteps 3 -dispersion 1 -dispsteps 2 -lambda 2")
    assert len(fields["source_directions"]) == 3
    given = load_package().classes["generate_sources_from_divergence_dispersion"].given
    assert given["hdiv_params"] == {"hdivsteps": 3, "hdivrange": 0.002, "hdivstep": None}
    assert given["disp_params"] == {"dispsteps": 2, "dispersion": 0.01}
    assert given["central_wavelength_m"] == pytest.approx(2e-10)
    file = tmp_path / "s.txt"
    file.write_text("-10 0 0 1 1e-10\n-10 0 1\n")
    assert len(configured(f"-sourcefile {file} -lambda 1")["source_directions"]) == 2


@pytest.mark.parametrize(
    ("sweep", "expected"),
    [
        (Sweep(), (0.0, 1)),
        (Sweep(range=2.0), (2.0, 2)),
        (Sweep(step=0.5), (1.0, 2)),
        (Sweep(steps=4), (1.0, 4)),
        (Sweep(range=2.0, steps=4), (2.0, 4)),
        (Sweep(range=1.0, step=0.3), (pytest.approx(1.2), 4)),
        (Sweep(range=1.0, step=0.5, steps=3), (1.5, 3)),
    ],
)  # fmt: skip
def test_steps_of_a_sweep(sweep: Sweep, expected: tuple[float, int]) -> None:
    assert spindle_sweep(sweep) == expected
