"""A float32 engine compared again in float64: what float32 leaves open, and what it hides.

The tolerances of float32 let a wrong constant pass, and the rounding of float32 is no budget of
noise. Where the engine can compute in float64 too, the same comparison there says more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from parity_bridge.bridge.answer import PairAnswer, Side
from parity_bridge.bridge.compare import compare_pair
from parity_bridge.comparison.provenance import Provenance
from parity_bridge.comparison.single_precision import is_of_single_precision
from parity_bridge.engines.run import observe
from parity_bridge.errors import BridgeError
from parity_bridge.explain.explanation import Finding
from parity_bridge.taps.registry import choose_taps

_SINGLE, _DOUBLE = "float32", "float64"


def in_float64(
    pair: PairAnswer, finding: Finding, find: Callable[[PairAnswer], Finding]
) -> Finding:
    """Return ``finding`` with what ``find`` finds of the same comparison in float64.

    It is returned as it is where the other side is not an engine in float32, or cannot be run in
    float64.
    """
    doubled = _pair_in_float64(pair)
    return finding if doubled is None else _merged(pair, finding, find(doubled))


def _pair_in_float64(pair: PairAnswer) -> PairAnswer | None:
    """Return the comparison with the same engine in float64; None where it has none."""
    run = pair.other.run
    if run is None or run.choice.dtype != _SINGLE or pair.comparison.verdict == "shapes differ":
        return None
    try:
        again = observe(replace(run.choice, dtype=_DOUBLE), run.parsed, run.targets)
        taps = again.recorded(choose_taps(pair.other.tap_ids))
    except BridgeError:
        return None
    if type(again.engine) is not type(run.engine):
        # An engine that was created elsewhere only has the name of another.
        return None
    other = Side(again.pixel_taps(taps), provenance=Provenance.of_run(again), run=again)
    return compare_pair(pair.reference, other)


def _merged(pair: PairAnswer, single: Finding, double: Finding) -> Finding:
    """Return the finding of float32, or that of float64 where it says more."""
    names = f"{pair.comparison.other} and {pair.comparison.reference}"
    if single.reason == "agreement":
        if double.reason in ("agreement", "noise"):
            return single
        hidden = f"{names} agree within the tolerances of float32, which hide a difference"
        return single.model_copy(
            update={
                "sentence": f"{hidden}: in float64, {double.sentence}",
                "differences": double.differences,
                "transplants": double.transplants,
                "stages": double.stages,
                "compared_again_in": _DOUBLE,
            }
        )
    if double.reason == "agreement":
        return _of_float32(pair, single, names)
    if (double.reason, double.names) == (single.reason, single.names) and single.is_sufficient:
        return single
    sentence = f"compared again in float64, as float32 leaves it open: {double.sentence}"
    return double.model_copy(update={"sentence": sentence, "compared_again_in": _DOUBLE})


def _of_float32(pair: PairAnswer, single: Finding, names: str) -> Finding:
    """Return the finding of a difference that float64 does not have.

    No behaviour or slip is the reason, whatever it reproduces: it would show in float64 too.
    """
    divergences = (pixel.first_divergence for pixel in pair.comparison.pixels)
    first = next((item for item in divergences if item is not None), None)
    said: dict[str, object] = {"compared_again_in": _DOUBLE}
    figure = "" if first is None else f" in `{first.tap}.{first.field}`"
    if is_of_single_precision(pair.comparison, pair.reference.pixels, pair.other.pixels):
        sentence = (
            f"{pair.comparison.other} differs first{figure} by the rounding or the range of "
            f"float32, further than its tolerances allow; in float64 {names} agree."
        )
        said |= {"reason": "noise", "names": ()}
    elif single.names:
        sentence = f"{pair.comparison.other} differs first{figure}; in float64 {names} agree."
        said |= {"reason": "unexplained", "names": ()}
    else:
        sentence = f"{single.sentence.removesuffix('.')}; in float64 {names} agree."
    return single.model_copy(update={**said, "sentence": sentence})
