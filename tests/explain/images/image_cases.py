"""Images of one small experiment, and of another crystal, for tests of the reasons of images."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from parity_bridge.engines.c_core import CCore
from parity_bridge.experiment.behaviours import Behaviours
from parity_bridge.experiment.nanobragg_flags import read_experiment
from parity_bridge.experiment.regions import Region
from parity_bridge.explain.images.value_reason import ImageCase

FLAGS = (
    "-cell 50 60 70 80 95 105 -default_F 30 -N 8 -detpixels 48 -pixel 0.8 -distance 60 "
    "-oversample 2 -misset 10 20 30"
)
OTHER_CRYSTAL = f"{FLAGS} -cell 50.5 60 70 80 95 105"
WHOLE = Region.whole(48, 48)


@cache
def photons(flags: str = FLAGS, *behaviours: str) -> Any:
    return (
        CCore().frame(read_experiment(flags.split()), behaviours=Behaviours.parse(behaviours)).image
    )


def case_of(image: Any, flags: str = FLAGS, region: Region = WHOLE) -> ImageCase:
    return ImageCase(photons(flags)[region.slices], np.asarray(image), region)
