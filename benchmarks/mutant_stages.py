"""In which stages of the chain each module of a port computes something.

The first figure that is missing is right where it is of such a stage. A helper serves several.
"""

from __future__ import annotations

_CONFIG, _OMEGA, _ORIENTATION = "config_snapshot", "omega_subpixel", "orientation"
_HKL, _LATTICE, _F_CELL = "hkl_subpixel", "lattice", "f_cell_stats"
_SUM, _SCALED, _FINAL = "intensity_pre_norm", "intensity_post_scale", "final_output"

_GEOMETRY = (_CONFIG, _ORIENTATION, _OMEGA, _HKL)

#: ``module`` or ``module.function``, the longer first.
STAGES: dict[str, tuple[str, ...]] = {
    "beam": (_CONFIG,),
    "chain": (_OMEGA, _ORIENTATION, _HKL, _SUM),
    "chain_state": (_OMEGA, _ORIENTATION, _HKL, _SUM),
    "crystal": (_CONFIG,),
    "detector": (_CONFIG, _OMEGA),
    "detector.in_roi": (_FINAL,),
    "deviates": (_CONFIG,),
    "engine": (_CONFIG,),
    "evaluation": (_LATTICE, _F_CELL, _SUM),
    "factor_accumulator": (_OMEGA, _SUM, _SCALED),
    "frame_context": (_CONFIG,),
    "lattice": (_LATTICE,),
    "libm": (*_GEOMETRY, _LATTICE, _SUM),
    "mosaic": (_CONFIG, _ORIENTATION),
    "orientations": (_ORIENTATION, _HKL),
    "parameters": (_CONFIG,),
    "photons": (_SUM, _SCALED, _FINAL),
    "pixel": (_SUM, _SCALED, _FINAL),
    "polarization": (_SUM, _SCALED),
    "random_misset": (_CONFIG,),
    "run_state": (_CONFIG, _F_CELL, _ORIENTATION),
    "scattering": (_HKL,),
    "scattering.is_beyond_dmin": (_HKL, _SUM),
    "scattering.update_polar": (_SUM, _SCALED),
    "setup": (_CONFIG, _ORIENTATION, _SUM, _SCALED),
    "structure_factors": (_HKL, _F_CELL),
    "subpixel": (_OMEGA, _SCALED),
    "sweep": (_CONFIG, _ORIENTATION),
    "units": (_CONFIG, _SCALED),
    "vec3": _GEOMETRY,
    "numpy_engine": (_CONFIG,),
    "numpy_engine.dot": _GEOMETRY,
    "numpy_engine.length": _GEOMETRY,
    "numpy_engine.sincg": (_LATTICE,),
    "numpy_engine.Port.position": (_OMEGA,),
    "numpy_engine.Port.omega": (_OMEGA, _SCALED),
    "numpy_engine.Port.polar": (_SUM, _SCALED),
    "numpy_engine.Port.nearest": (_HKL, _F_CELL),
    "numpy_engine.Port.look_up": (_F_CELL,),
    "numpy_engine.Port.pixel": (_OMEGA, _HKL, _LATTICE, _F_CELL, _SUM, _SCALED, _FINAL),
}


def is_stage_right(module: str, function: str, stage: str) -> bool:
    """Return whether ``function`` of ``module`` computes something in ``stage``."""
    return stage in STAGES.get(f"{module}.{function}", STAGES.get(module, ()))
