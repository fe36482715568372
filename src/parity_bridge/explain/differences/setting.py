"""Lengths, numbers and directions of the reference's setup that a difference may be measured in."""

from __future__ import annotations

from parity_bridge.taps.pixel_taps import PixelTaps

_CONFIG = "config_snapshot"
_AXES = {"fast": "fdet_vector", "slow": "sdet_vector", "the normal": "odet_vector"}
#: Words for the numbers by which a sum may be multiplied or divided.
_COUNTS = {
    "steps": "steps", "oversample": "oversample", "sources": "sources", "phi steps": "phisteps",
    "domains": "mosaic_domains", "layers": "detector_thicksteps", "fluence": "fluence",
}  # fmt: skip
_SUMS = ("electrons²", "photons", "photons/sr")
#: Units of vectors that have components along the axes of the detector.
_IN_LABORATORY = ("m", "1/m")
_CELLS = ("Na", "Nb", "Nc")


def lengths_of(reference: PixelTaps, unit: str) -> dict[str, float]:
    """Return amounts in ``unit`` by which a figure may be off, by what they are."""
    table = reference.hkl_table
    if unit == "electrons" and table is not None:
        return {"default_F": table.default_F}
    get = _numbers(reference)
    lengths: dict[str, float] = {}
    if unit == "m":
        for name, key in (
            ("a subpixel", "subpixel_size"), ("a pixel", "pixel_size"),
            ("a layer", "detector_thickstep"),
        ):  # fmt: skip
            lengths |= {f"half {name}": get.get(key, 0.0) / 2.0, name: get.get(key, 0.0)}
        gap = get.get("distance", 0.0) - get.get("close_distance", 0.0)
        lengths["the distance less the close distance"] = gap
    elif unit == "rad":
        step = get.get("phistep", 0.0)
        lengths = {
            "half a phi step": step / 2.0,
            "a phi step": step,
            "the range": get.get("osc", 0.0),
        }
    elif unit == "1/m" and get.get("lambda0"):
        lengths = {"1/λ": 1.0 / get["lambda0"]}
    return {name: length for name, length in lengths.items() if length}


def factors_of(reference: PixelTaps, unit: str) -> dict[str, float]:
    """Return numbers that a figure in ``unit`` may be multiplied or divided by, by what they are.

    A sum has those of the loops, a number without a unit the cells, a length those of the two
    distances; a step those by which it divides a range into one more or less.
    """
    if unit == "1":
        return cells_of(reference)
    get = _numbers(reference)
    if unit == "m":
        return _ratios(get) | _ends(get, "layers", "detector_thicksteps")
    if unit == "rad":
        return _ends(get, "phi steps", "phisteps")
    if unit not in _SUMS:
        return {}
    factors = {name: get[key] for name, key in _COUNTS.items() if key in get}
    if "oversample" in factors:
        factors["oversample²"] = factors["oversample"] ** 2
    return factors


def _ratios(get: dict[str, float]) -> dict[str, float]:
    """Return close distance over distance, and its square."""
    if not get.get("distance"):
        return {}
    ratio = get.get("close_distance", 0.0) / get["distance"]
    name = "close distance/distance"
    return {name: ratio, f"({name})²": ratio * ratio} if ratio not in (0.0, 1.0) else {}


def _ends(get: dict[str, float], name: str, key: str) -> dict[str, float]:
    """Return what a range divided by one number less or more makes of a step."""
    steps = get.get(key, 0.0)
    if steps <= 1.0:
        return {}
    return {
        f"n/(n - 1) of n {name}": steps / (steps - 1.0),
        f"(n - 1)/n of n {name}": (steps - 1.0) / steps,
    }


def cells_of(reference: PixelTaps) -> dict[str, float]:
    """Return Na, Nb and Nc, the cells along each axis; empty where they are not recorded."""
    get = _numbers(reference)
    return {name: get[name] for name in _CELLS if name in get}


def directions_of(reference: PixelTaps, unit: str) -> dict[str, tuple[float, ...]]:
    """Return the axes of the detector, by name, for vectors in the laboratory; else nothing."""
    if unit not in _IN_LABORATORY:
        return {}
    get = _numbers(reference)
    axes = {
        name: tuple(get.get(f"{key}.{axis}", 0.0) for axis in "xyz") for name, key in _AXES.items()
    }
    return axes if all(any(axis) for axis in axes.values()) else {}


def _numbers(reference: PixelTaps) -> dict[str, float]:
    """Return the reference's derived numbers by name, without the prefix."""
    if _CONFIG not in reference.taps:
        return {}
    return {
        name.removeprefix("derived."): float(value)
        for name, value in reference.taps[_CONFIG].pixel.items()
        if name.startswith("derived.") and isinstance(value, int | float)
    }
