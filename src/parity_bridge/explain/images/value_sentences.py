"""What an image is of the reference's, in the words that a user reads."""

from __future__ import annotations

from parity_bridge.explain.images.noise_fit import NoiseFit
from parity_bridge.explain.images.value_fit import ValueFit
from parity_bridge.explain.images.value_reason import DEFAULT_OFFSET, ImageCase, ImageMatch

_LARGEST_16_BITS = 65535.0
_LARGEST_8_BITS = 255.0


def match_text(case: ImageCase, match: ImageMatch) -> str:
    """Return what the image is, the end of "the image ...", I being the reference's photons."""
    fit = match.fit
    text = _noise_text(fit) if isinstance(fit, NoiseFit) else _values_text(case, fit)
    return text + (f", {match.arrangement.does}" if match.arrangement.does else "")


def match_names(match: ImageMatch) -> tuple[str, ...]:
    """Return the names of everything that is done to the reference's image."""
    fit = match.fit
    names = ("noise",) if isinstance(fit, NoiseFit) else fit.names
    return (*names, match.arrangement.name) if match.arrangement.does else names or ("rounding",)


def match_evidence(case: ImageCase, match: ImageMatch) -> list[str]:
    """Return what the text rests on, a sentence each."""
    fit = match.fit
    if isinstance(fit, NoiseFit):
        text = (
            f"The sum of image - I - {_number(fit.offset)} is {fit.mean_sigmas:.2f} standard "
            f"deviations from 0, its mean square {fit.variance_ratio:.4f} of Poisson's, over "
            f"{fit.pixels} pixels with photons."
        )
        return [text]
    low, high = fit.line.slopes
    lines = [] if low == high else [f"Any scale from {low!r} to {high!r} gives the same pixels."]
    formula = _formula(case, fit.line.slope)
    if formula is not None:
        lines.append(f"{formula} is {float(fit.line.slope)!r}.")
    return lines


def _noise_text(fit: NoiseFit) -> str:
    adc = "" if fit.offset == DEFAULT_OFFSET else f" with `-adc {_number(fit.offset)}`"
    return (
        f"looks like I with Poisson noise and an offset of {_number(fit.offset)}, as `-noisefile` "
        f"writes it{adc} (mean square of the noise {fit.variance_ratio:.3f} of "
        "Poisson's)"
    )


def _values_text(case: ImageCase, fit: ValueFit) -> str:
    if fit.is_identity:
        return "is I at every pixel"
    text = f"is {_expression(case, fit)} at every pixel"
    if fit.top is not None:
        text += f", clipped to {_number(fit.top)} at {fit.clipped} of them"
    written = _written_by(case, fit)
    return text if written is None else f"{text}, as {written} writes it"


def _expression(case: ImageCase, fit: ValueFit) -> str:
    """Return ``round(2.5*I + 40)``."""
    slope, offset = fit.line.slope, fit.line.offset
    factor = _formula(case, slope) or _number(slope)
    text = "I" if slope == 1.0 else f"{factor}*I"
    if offset:
        text += f" {'-' if offset < 0 else '+'} {_number(abs(offset))}"
    return text if fit.rounding == "none" else f"{fit.rounding}({text})"


def _written_by(case: ImageCase, fit: ValueFit) -> str | None:
    """Return the original program's flags that write such values; None where none do (§9)."""
    slope, offset = fit.line.slope, fit.line.offset
    formula = _formula(case, slope)
    is_integer_file = (
        fit.rounding == "round"
        and offset > 0
        and fit.top in (None, _LARGEST_16_BITS)
        and case.image.max() <= _LARGEST_16_BITS
    )
    if is_integer_file:
        words = [] if formula else [f"-scale {_number(slope)}"]
        words += [] if offset == DEFAULT_OFFSET else [f"-adc {_number(offset)}"]
        return f"`-intfile` with `{' '.join(words)}`" if words else "`-intfile`"
    is_pgm = (
        fit.rounding == "floor"
        and offset == 0.0
        and fit.top in (None, _LARGEST_8_BITS)
        and case.image.max() <= _LARGEST_8_BITS
    )
    if is_pgm:
        return "`-pgmfile`" if formula else f"`-pgmfile` with `-pgmscale {_number(slope)}`"
    return None


def _formula(case: ImageCase, slope: float) -> str | None:
    """Return how the original program chooses this scale; None where it does not."""
    return next((text for text, scale in case.chosen_scales.items() if scale == slope), None)


def _number(value: float) -> str:
    return f"{value:.9g}"
