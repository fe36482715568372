"""Flags of the original program that are known and refused, each with the reason."""

from __future__ import annotations

_SWEEPS = (
    "this version computes one source, one spindle angle, one mosaic domain and no sensor thickness"
)
_ORIENTATION = "this version draws no random orientation, give three angles to -misset"
_IMAGES = "this version reads no image and no mask"
_OUTPUT = "this program records taps instead of writing noisy images and printouts"

_REASONS = {
    _SWEEPS: """
        -osc -phistep -phisteps -dphi
        -mosaic -mosaic_spread -mosaic_domains -mosaic_seed
        -hdivrange -hdivstep -hdivsteps -vdivrange -vdivstep -vdivsteps
        -divergence -divstep -divsteps -dispersion -dispsteps -square_div -round_div -sourcefile
        -detector_abs -detector_thick -detector_thicksteps -oversample_thick
    """,
    _ORIENTATION: "-seed -misset_seed",
    _IMAGES: "-mask -img",
    _OUTPUT: """
        -floatfile -intfile -noisefile -pgmfile -pgmscale -scale -adc -noise -nonoise -nopgm
        -printout -printout_pixel -trace_pixel -show_progress -progress -noprogress
    """,
}

#: What was typed -> why it is refused.
REFUSED = {name: reason for reason, names in _REASONS.items() for name in names.split()}
REFUSED["-misset random"] = _ORIENTATION
