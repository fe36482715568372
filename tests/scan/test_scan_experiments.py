"""Files of experiments: lists, grids, their names, and one sentence for what is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity_bridge.cli.options import checked_name
from parity_bridge.errors import FileError
from parity_bridge.scan import experiments as module
from parity_bridge.scan.experiments import NamedExperiment, read_experiments

BASE = ("-cell", "100", "-lambda", "1", "-distance", "100", "-default_F", "1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("experiments")


def listed(folder: Path, content: str | bytes) -> Path:
    path = folder / "experiments.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def own(folder: Path, content: str) -> list[NamedExperiment]:
    """Return what the file adds to the flags of each experiment."""
    named = read_experiments(listed(folder, content), BASE)
    assert all(item.flags[: len(BASE)] == BASE for item in named)
    return [NamedExperiment(item.name, item.flags[len(BASE) :]) for item in named]


def names(folder: Path, content: str) -> list[str]:
    return [item.name for item in own(folder, content)]


def refused(path: Path, base: tuple[str, ...] = BASE) -> str:
    with pytest.raises(FileError) as caught:
        read_experiments(path, base)
    assert f"experiment file {path}" in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


class TestList:
    def test_flags_are_a_string_or_words(self, tmp_path: Path) -> None:
        text = """
        [[experiment]]
        name = "small"
        flags = "-N 5 -hkl 'my table.hkl'"
        [[experiment]]
        name = "large_1.5"
        flags = ["-N", "50", "-hkl", "my table.hkl"]
        [[experiment]]
        name = "as_it_is"
        flags = ""
        """
        assert own(tmp_path, text) == [
            NamedExperiment("small", ("-N", "5", "-hkl", "my table.hkl")),
            NamedExperiment("large_1.5", ("-N", "50", "-hkl", "my table.hkl")),
            NamedExperiment("as_it_is", ()),
        ]

    def test_common_flags_come_between(self, tmp_path: Path) -> None:
        text = 'flags = "-N 5"\n[[experiment]]\nname = "a"\nflags = "-N 6"\n[grid]\ndistance = [7]'
        assert own(tmp_path, text) == [
            NamedExperiment("a", ("-N", "5", "-N", "6")),
            NamedExperiment("distance-7", ("-N", "5", "-distance", "7")),
        ]


class TestGrid:
    def test_every_combination_in_the_order_of_the_file(self, tmp_path: Path) -> None:
        text = """
        [grid]
        misset = [[-12, 34.5, 56], [0, 0, 0.0]]
        "-N" = [5, 10]
        """
        assert own(tmp_path, text) == [
            NamedExperiment("misset--12-34.5-56_N-5", ("-misset", "-12", "34.5", "56", "-N", "5")),
            NamedExperiment(
                "misset--12-34.5-56_N-10", ("-misset", "-12", "34.5", "56", "-N", "10")
            ),
            NamedExperiment("misset-0-0-0.0_N-5", ("-misset", "0", "0", "0.0", "-N", "5")),
            NamedExperiment("misset-0-0-0.0_N-10", ("-misset", "0", "0", "0.0", "-N", "10")),
        ]

    def test_its_own_keys_and_values_of_every_kind(self, tmp_path: Path) -> None:
        text = """
        [grid]
        wavelength = [0.9]
        distance = [100]
        "-pivot" = ["beam"]
        "-fdet_vector" = [[0, 0, 1.0]]
        """
        (found,) = own(tmp_path, text)
        assert found.name == "wavelength-0.9_distance-100_pivot-beam_fdet_vector-0-0-1.0"
        assert found.flags == tuple(
            "-lambda 0.9 -distance 100 -pivot beam -fdet_vector 0 0 1.0".split()
        )

    def test_a_list_goes_before_it(self, tmp_path: Path) -> None:
        text = '[grid]\ndistance = [1, 2]\n[[experiment]]\nname = "a"\nflags = ""'
        assert names(tmp_path, text) == ["a", "distance-1", "distance-2"]

    def test_names_hold_only_what_file_names_do(self, tmp_path: Path) -> None:
        text = '[grid]\n"-hkl" = ["/data/größe 1.hkl", "b.hkl"]\ndistance = [1e20, 1e-05]'
        assert names(tmp_path, text) == [
            "hkl--data-gr-e-1.hkl_distance-1e20",
            "hkl--data-gr-e-1.hkl_distance-1e-05",
            "hkl-b.hkl_distance-1e20",
            "hkl-b.hkl_distance-1e-05",
        ]

    def test_values_with_the_same_text_in_a_name_are_numbered(self, tmp_path: Path) -> None:
        text = '[grid]\n"-hkl" = ["a/b", "c", "a-b"]'
        assert names(tmp_path, text) == ["hkl-a-b.1", "hkl-c", "hkl-a-b.3"]

    @settings(deadline=None, max_examples=50)
    @given(
        distances=st.lists(st.floats(1, 1e6) | st.integers(1, 10**6), min_size=1, unique=True),
        missets=st.lists(
            st.tuples(*[st.floats(-360, 360)] * 3), min_size=1, max_size=4, unique=True
        ),
    )
    def test_names_are_unique_and_good_file_names(
        self, folder: Path, distances: list[float], missets: list[tuple[float, float, float]]
    ) -> None:
        # Two numbers that are equal may be written as differently as 1 and 1.0.
        vectors = [list(vector) for vector in missets]
        written = [repr(distance) for distance in distances]
        text = f"[grid]\ndistance = [{', '.join(written)}]\nmisset = {vectors!r}"
        found = read_experiments(listed(folder, text), BASE)
        assert len({item.name for item in found}) == len(found) == len(distances) * len(missets)
        assert all(checked_name(item.name) == item.name for item in found)
        for item, distance in zip(found, (d for d in written for _ in missets), strict=True):
            assert item.flags[len(BASE) : len(BASE) + 2] == ("-distance", distance)


class TestRefused:
    @pytest.mark.parametrize(
        ("content", "complaint"),
        [
            ("", "is empty"),
            ("[[experiment", "is not TOML ("),
            (b"# \xff", "is not TOML ("),
            ("a = " + "[" * 10_000, "is not TOML ("),
            ("[grid]\ndistance = [" + "1" * 5000 + "]", "is not TOML ("),
            ('flags = "-N 5"', "it has no experiment; give [[experiment]] with name and flags, or"),
            ("experiment = []", "it has no experiment"),
            ("[grid]", "the grid is no table of lists; write [grid] and wavelength = [1.0] say"),
            ("grid = [1]", "the grid is no table of lists"),
            ("[grids]\ndistance = [1]", "the file has a key 'grids'; only flags, experiment, grid"),
            ("experiment = 1", "experiment is no list of tables; write [[experiment]] above each"),
            ("[experiment]\nname = 'a'", "experiment is no list of tables"),
            ("experiment = ['a']", "experiment is no list of tables"),
            ("flags = 1\n[grid]\ndistance = [1]", "flags are neither a string nor a list of str"),
            ("flags = '\"'\n[grid]\ndistance = [1]", "cannot be split into flags: No closing"),
            ("[[experiment]]\nname = 'a'", "experiment 1 has no flags; write name = "),
            ("[[experiment]]\nflags = ''", "experiment 1 has no name; write name = "),
            (
                "[[experiment]]\nname = 'a'\nflags = ''\n[[experiment]]\nname = 1\nflags = ''",
                "the name of experiment 2 is no string; put it in quotes",
            ),
            (
                "[[experiment]]\nname = 'a'\nflags = ''\nflag = ''",
                "experiment 1 has a key 'flag'; only name, flags mean something",
            ),
            (
                "[[experiment]]\nname = 'a'\nflags = ['-N', 5]",
                "the flags of experiment 1 are neither a string nor a list of strings",
            ),
            ("[[experiment]]\nname = '../a'\nflags = ''", "'../a' is not a name; use letters"),
            ("[[experiment]]\nname = ''\nflags = ''", "'' is not a name; use letters"),
            (
                "[[experiment]]\nname = 'distance-1'\nflags = ''\n[grid]\ndistance = [1]",
                "2 experiments are called 'distance-1'; give each a name of its own",
            ),
            (
                "[[experiment]]\nname = 'A'\nflags = ''\n[[experiment]]\nname = 'a'\nflags = ''",
                "2 experiments are called 'A' or 'a'; give each a name of its own that differs in",
            ),
            ("[grid]\ndistance = []", "the grid's 'distance' is no list of values; write them in"),
            ("[grid]\ndistance = 1", "the grid's 'distance' is no list of values"),
            ("[grid]\ndistance = [1, 2, 1]", "the grid's 'distance' has 1 twice; remove one"),
            ("[grid]\n'-N' = [5, '5']", "the grid's '-N' has 5 twice"),
            ("[grid]\ndistance = ['1']", "the grid's 'distance' has '1', which is not a number;"),
            ("[grid]\ndistance = [[1]]", "the grid's 'distance' has [1], which is not a number"),
            ("[grid]\ndistance = [true]", "the grid's 'distance' has True, which is not a number"),
            ("[grid]\nmisset = [1, 2, 3]", "has 1, which is not a list of three numbers; correct"),
            ("[grid]\nmisset = [[1, 2]]", "has [1, 2], which is not a list of three numbers"),
            ("[grid]\nmisset = [[1, 2, '3']]", "has [1, 2, '3'], which is not a list of three"),
            ("[grid]\nmisset = ['random']", "has 'random', which is not a list of three numbers"),
            ("[grid]\n'-N' = [[]]", "has [], which is not a number, a string or a list of numbers"),
            ("[grid]\n'-N' = [{ a = 1 }]", "has {'a': 1}, which is not a number, a string or a"),
            ("[grid]\n'-N' = [1979-05-27]", "which is not a number, a string or a list of numbers"),
            ("[grid]\nN = [5]", "the grid has a key 'N'; only misset, wavelength, distance and"),
            (
                "[grid]\nwavelength = [1]\n'-lambda' = [2]",
                "the grid has wavelength and -lambda, which are the same; keep one",
            ),
            ("[grid]\n'-hkl' = ['" + "a" * 200 + "']", "is not a name; use letters"),
            (
                "[grid]\ndistance = [1, -5]",
                "experiment distance--5: -distance -5: ",
            ),
            ("[grid]\ndistance = [nan]", "experiment distance-nan: -distance nan: "),
            ("[grid]\n'-NN' = [5]", "experiment NN-5: -NN is not a nanoBragg flag; the nearest"),
            ("[grid]\n'-N' = [[5, 6]]", "experiment N-5-6: '6' after -N and its values belongs to"),
            ("[grid]\n'-noise' = [1]", "experiment noise-1: -noise is not a nanoBragg flag"),
            (
                "[[experiment]]\nname = 'a'\nflags = '-mat missing.mat'",
                "experiment a: orientation matrix",
            ),
        ],
    )
    def test_what_is_wrong_is_named(
        self, tmp_path: Path, content: str | bytes, complaint: str
    ) -> None:
        assert complaint in refused(listed(tmp_path, content))

    def test_no_file(self, tmp_path: Path) -> None:
        assert "does not exist" in refused(tmp_path / "experiments.toml")
        assert "is a folder" in refused(tmp_path)

    def test_flags_that_lack_something_name_the_first_experiment(self, tmp_path: Path) -> None:
        path = listed(tmp_path, "[grid]\ndistance = [1, 2]")
        assert ", experiment distance-1: " in refused(path, ())

    def test_too_many_are_not_even_made(self, tmp_path: Path) -> None:
        many = "[" + ", ".join(map(str, range(1, 5001))) + "]"
        text = f"[grid]\ndistance = {many}\nwavelength = {many}\n'-N' = {many}"
        complaint = refused(listed(tmp_path, text))
        assert "it has 125000000000 experiments, more than 10000; shorten it" in complaint

    def test_the_limit_itself(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MOST_EXPERIMENTS", 3)
        assert len(own(tmp_path, "[grid]\ndistance = [1, 2, 3]")) == 3
        assert "it has 4 experiments" in refused(
            listed(tmp_path, "[grid]\ndistance = [1, 2, 3, 4]")
        )

    @settings(deadline=None, max_examples=100)
    @given(
        st.recursive(
            st.sampled_from(["1", "-1.5", "true", '"-N"', '"a"', "inf"]),
            lambda inner: st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        ),
        st.sampled_from(
            [
                "flags = {}",
                "experiment = {}",
                "grid = {}",
                "[grid]\nmisset = {}",
                "[grid]\n'-N' = {}",
            ]
        ),
    )
    def test_any_value_gives_experiments_or_one_sentence(
        self, folder: Path, value: str, line: str
    ) -> None:
        path = listed(folder, line.format(value))
        try:
            found = read_experiments(path, BASE)
        except FileError:
            refused(path)
        else:
            assert all(re.fullmatch("[A-Za-z0-9._-]+", item.name) for item in found)
