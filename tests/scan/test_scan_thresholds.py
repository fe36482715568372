"""Thresholds of a scan: from a file and from flags, and when they are met."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity_bridge.errors import FileError, UsageError
from parity_bridge.scan.summary import ThresholdCheck
from parity_bridge.scan.thresholds import (
    LIMITED_QUANTITY,
    Thresholds,
    check_thresholds,
    merge_thresholds,
    read_thresholds,
)

MEASURED: dict[Any, float | None] = {
    "correlation": 0.99,
    "sum_ratio": 1.01,
    "max_abs_diff": 5.0,
    "max_rel_diff": 0.1,
}
NOTHING = dict.fromkeys(MEASURED)


def listed(folder: Path, content: str | bytes) -> Path:
    path = folder / "thresholds.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refused(path: Path) -> str:
    with pytest.raises(FileError) as caught:
        read_thresholds(path)
    assert f"threshold file {path}" in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def met(
    name: str, limit: float, measured: Mapping[Any, float | None] = MEASURED, equal: bool = False
) -> bool:
    (check,) = check_thresholds(
        Thresholds.model_validate({name: limit}), measured, images_equal=equal
    )
    assert (check.name, check.limit) == (name, limit)
    return check.met


class TestFile:
    def test_all_five(self, tmp_path: Path) -> None:
        text = (
            "corr_min = 0.99\nsum_ratio_min = 0.9\nsum_ratio_max = 1.1\n"
            "max_abs_max = 5 # photons\nmax_rel_max = 1e-3\n"
        )
        assert read_thresholds(listed(tmp_path, text)) == Thresholds(
            corr_min=0.99, sum_ratio_min=0.9, sum_ratio_max=1.1, max_abs_max=5.0, max_rel_max=1e-3
        )

    def test_one_is_enough(self, tmp_path: Path) -> None:
        assert read_thresholds(listed(tmp_path, "corr_min = -1")) == Thresholds(corr_min=-1.0)

    @pytest.mark.parametrize(
        ("content", "complaint"),
        [
            ("", "is empty"),
            ("# corr_min = 1", "sets no threshold; set one or more of corr_min, sum_ratio_min"),
            ("corr_min", "is not TOML ("),
            (b"corr_min = 1 # \xff", "is not TOML ("),
            ("corr_min = " + "[" * 10_000, "is not TOML ("),
            ("corr_min = " + "1" * 5000, "is not TOML ("),
            ("corr_min = 1.5", "corr_min: the value must be less than or equal to 1"),
            ("corr_min = -1.5", "corr_min: the value must be greater than or equal to -1"),
            ("corr_min = nan", "corr_min: the value must be"),
            ("sum_ratio_max = inf", "sum_ratio_max: the value must be a finite number"),
            ("max_abs_max = -1", "max_abs_max: the value must be greater than or equal to 0"),
            ("max_rel_max = -1e-9", "max_rel_max: the value must be greater than or equal to 0"),
            ("max_rel_max = '1'", "max_rel_max: the value must be a valid number"),
            ("max_rel_max = true", "max_rel_max: the value must be a valid number"),
            ("max_rel_max = [1]", "max_rel_max: the value must be a valid number"),
            ("max = 1", "there is no threshold 'max'; choose from corr_min, sum_ratio_min"),
            ('"a\\nb" = 1', "there is no threshold 'a\\nb'; choose from"),
            ("[corr_min]\na = 1", "corr_min: the value must be a valid number"),
            (
                "sum_ratio_min = 1.1\nsum_ratio_max = 0.9",
                "sum_ratio_min 1.1 is greater than sum_ratio_max 0.9, so that no ratio passes",
            ),
        ],
    )
    def test_what_is_wrong_is_named(
        self, tmp_path: Path, content: str | bytes, complaint: str
    ) -> None:
        assert complaint in refused(listed(tmp_path, content))

    def test_no_file(self, tmp_path: Path) -> None:
        assert "does not exist" in refused(tmp_path / "thresholds.toml")
        assert "is a folder" in refused(tmp_path)


class TestMerged:
    def test_a_flag_goes_before_the_file(self) -> None:
        file = Thresholds(corr_min=0.5, max_abs_max=1.0)
        flags = {"corr_min": 0.9, "max_abs_max": None, "max_rel_max": 0.1}
        assert merge_thresholds(file, flags) == Thresholds(
            corr_min=0.9, max_abs_max=1.0, max_rel_max=0.1
        )
        assert merge_thresholds(file, {}) == file
        assert merge_thresholds(None, {"corr_min": 0.9}) == Thresholds(corr_min=0.9)
        assert merge_thresholds(None, {}) == Thresholds()

    @pytest.mark.parametrize(
        ("flags", "complaint"),
        [
            ({"corr_min": 2.0}, "--corr-min 2.0: the value must be less than or equal to 1"),
            ({"max_rel_max": -1.0}, "--max-rel-max -1.0: the value must be greater than or equal"),
            ({"sum_ratio_min": 1.2}, "--sum-ratio-min 1.2: sum_ratio_min 1.2 is greater than"),
            (
                {"sum_ratio_min": 3.0, "sum_ratio_max": 2.0, "corr_min": 0.0},
                "--sum-ratio-min 3.0 --sum-ratio-max 2.0: sum_ratio_min 3.0 is greater than",
            ),
        ],
    )
    def test_a_flag_that_cannot_be_is_named(
        self, flags: dict[str, float | None], complaint: str
    ) -> None:
        with pytest.raises(UsageError) as caught:
            merge_thresholds(Thresholds(sum_ratio_max=1.1), flags)
        assert str(caught.value).startswith(complaint)


class TestChecks:
    def test_those_that_are_set_in_their_order(self) -> None:
        thresholds = Thresholds(max_rel_max=0.05, corr_min=0.98)
        assert check_thresholds(thresholds, MEASURED, images_equal=False) == (
            ThresholdCheck(name="corr_min", limit=0.98, measured=0.99, met=True),
            ThresholdCheck(name="max_rel_max", limit=0.05, measured=0.1, met=False),
        )
        assert check_thresholds(Thresholds(), MEASURED, images_equal=False) == ()

    @pytest.mark.parametrize(
        ("name", "limit", "is_met"),
        [
            ("corr_min", 0.99, True),
            ("corr_min", 0.990001, False),
            ("sum_ratio_min", 1.01, True),
            ("sum_ratio_min", 1.02, False),
            ("sum_ratio_max", 1.01, True),
            ("sum_ratio_max", 1.0, False),
            ("max_abs_max", 5.0, True),
            ("max_abs_max", 4.9, False),
            ("max_rel_max", 0.1, True),
            ("max_rel_max", 0.0, False),
        ],
    )
    def test_the_limit_itself_passes(self, name: str, limit: float, is_met: bool) -> None:
        assert met(name, limit) == is_met

    @pytest.mark.parametrize("name", LIMITED_QUANTITY)
    @pytest.mark.parametrize("equal", [False, True])
    def test_what_does_not_exist_meets_none_unless_nothing_differs(
        self, name: str, equal: bool
    ) -> None:
        assert met(name, 0.5, NOTHING, equal) == equal

    @pytest.mark.parametrize("name", LIMITED_QUANTITY)
    def test_equal_images_are_measured_where_they_can_be(self, name: str) -> None:
        limit = 1.0 if name.endswith("min") else 0.0
        ones = {**MEASURED, "correlation": 0.5, "sum_ratio": 0.5 if name == "sum_ratio_min" else 2}
        assert not met(name, limit, ones, equal=True)

    @pytest.mark.parametrize("name", LIMITED_QUANTITY)
    def test_nan_meets_none(self, name: str) -> None:
        assert not met(name, 0.5, dict.fromkeys(MEASURED, float("nan")))

    @given(
        limit=st.floats(0, 1),
        measured=st.floats(0, 1),
        name=st.sampled_from(sorted(LIMITED_QUANTITY)),
    )
    def test_each_limits_from_its_own_side(self, limit: float, measured: float, name: str) -> None:
        values = dict.fromkeys(MEASURED, measured)
        expected = measured >= limit if name.endswith("_min") else measured <= limit
        assert met(name, limit, values) == expected
