"""Flags of the original program that are outside the contract, each with what to use instead."""

from __future__ import annotations

_INSTEAD = {
    "`frame --engine c --output FILE` writes the float image": "-floatfile",
    "`frame --engine c --output FILE` writes a float image, and an image tool such as fabio "
    "turns it into integers": "-intfile -pgmfile -pgmscale -scale -adc",
    "no noise is computed; add it with a tool such as numpy to the float image that "
    "`frame --engine c --output FILE` writes": "-noisefile -noise -seed",
    "no noise and no PGM image is ever written": "-nonoise -nopgm",
    "`trace --pixel SLOW FAST` prints how a pixel is computed": """
        -printout -printout_pixel -trace_pixel
    """,
    "it changes no figure": "-show_progress -progress -noprogress",
}

#: Flag -> what to use instead.
REFUSED = {name: instead for instead, names in _INSTEAD.items() for name in names.split()}
