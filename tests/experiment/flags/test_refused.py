"""Flags and values that are refused, each in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity_bridge.errors import FileError, UsageError
from parity_bridge.experiment.nanobragg_flags import BENCHMARK_FLAGS, parse_flags
from tests.experiment.flags.command_lines import CELL, refusal

#: Words of random command lines, most of them wrong.
WORDS = (
    *BENCHMARK_FLAGS,
    *"-roi -N nan - -mat é -misset random -misset_seed -osc -phisteps -detector_abs inf -5".split(),
    *"-mask -img -hdivsteps -square_div -sourcefile -mosaic -seed".split(),
    "",
)


class TestRefused:
    @pytest.mark.parametrize(
        ("typed", "nearest"),
        [
            ("-cel", "-cell"),
            ("-xbeam", "-Xbeam"),
            ("-detpixel", "-detpixels"),
            ("-thickstep", "-thicksteps"),
            ("-lamda", "-lambda"),
            ("-dist", "-distance"),
            ("-hdiv", "-hdivrange"),
        ],
    )
    def test_an_unknown_flag_is_named_with_the_nearest_known(
        self, typed: str, nearest: str
    ) -> None:
        message = refusal(f"{typed} 100")
        assert message == f"{typed} is not a nanoBragg flag; the nearest one is {nearest}"

    @pytest.mark.parametrize(
        ("typed", "name"),
        [
            ("-dphi", "-phistep"),
            ("-Show_Progress", "-progress"),
            ("-divstep", "-hdivstep and -vdivstep"),
            ("-detsize_x", "-detsize_f"),
            ("-detsize_y", "-detsize_s"),
        ],
    )
    def test_what_other_programs_call_a_flag_is_answered_with_its_name(
        self, typed: str, name: str
    ) -> None:
        message = refusal(f"{typed} 100")
        assert message == f"{typed} is not a nanoBragg flag; nanoBragg's own name is {name}"

    @pytest.mark.parametrize("line", ["", "-default_F 0", "-lambda 1"])
    def test_structure_factors_are_needed(
        self, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert "nothing to take structure factors from" in refusal(f"-cell 10 {line}")
        (tmp_path / "Fdump.bin").write_bytes(b"")
        named = "the cache Fdump.bin of this folder with -dump Fdump.bin"
        assert named in refusal(f"-cell 10 {line}")

    @pytest.mark.parametrize(
        ("line", "complaint"),
        [
            ("-distance", "-distance takes 1 number, but none follows"),
            ("-distance -lambda 1", "-distance takes 1 number, but none follows"),
            ("-distance far", "-distance far: 'far' is not a finite number; give one"),
            ("-distance nan", "-distance nan: 'nan' is not a finite number"),
            ("-distance -inf", "-distance -inf: '-inf' is not a finite number"),
            ("-distance 1e999", "-distance 1e999: '1e999' is not a finite number"),
            ("-distance 1_0", "-distance 1_0: '1_0' is not a finite number"),
            ("-distance ''", "-distance : '' is not a finite number"),
            ("-distance -5", "-distance -5: the value must be greater than 0"),
            ("-distance 0", "-distance 0: the value must be greater than 0"),
            ("-close_distance 0", "-close_distance 0: the value must be greater than 0"),
            ("-wave 0", "-wave 0: the value must be greater than 0"),
            ("-lambda -1", "-lambda -1: the value must be greater than 0"),
            ("-energy 0", "-energy 0: the value must be greater than 0"),
            ("-energy -5", "-energy -5: the value must be greater than 0"),
            ("-energy 1e-320", "-energy 1e-320: the value must be a finite number"),
            ("-pixel 0", "-pixel 0: the value must be greater than 0"),
            ("-detpixels_x 0", "-detpixels_x 0: the value must be greater than 0"),
            ("-detpixels 1.5", "-detpixels 1.5: '1.5' is not a whole number; give one"),
            ("-detpixels 99999999999", "-detpixels 99999999999: the value must be less than"),
            ("-N 5.0", "-N 5.0: '5.0' is not a whole number"),
            ("-N " + "9" * 5000, "the value must be less than or equal to 2147483647"),
            ("-Na -" + "9" * 5000, "the value must be greater than or equal to -2147483648"),
            ("-oversample 0", "-oversample 0: the value must be greater than or equal to 1"),
            ("-oversample 65", "-oversample 65: the value must be less than or equal to 64"),
            ("-polar 2", "-polar 2: the value must be less than or equal to 1"),
            ("-misset 1 2", "-misset takes 1 word (random) or 3 numbers, but only '1 2' follows"),
            ("-xtalsize 1 2", "'2' after -xtalsize and its values belongs to no flag"),
            ("-cell", "-cell takes 1 to 6 numbers, but none follows"),
            ("-cell 1 2 x", "-cell 1 2 x: 'x' is not a finite number"),
            ("-cell 10 -20 30", "-cell 10 -20 30: the value must be greater than 0"),
            ("-cell 9 9 9 90 90 200", "-cell 9 9 9 90 90 200: no unit cell has the angles"),
            ("-cell 1 2 3 90 90 90 5", "'5' after -cell and its values belongs to no flag"),
            ("-distance 5 5", "'5' after -distance and its values belongs to no flag"),
            ("-xds 5", "'5' after -xds and its values belongs to no flag"),
            ("-hkl", "-hkl takes 1 file name, but none follows"),
            ("-hkl -table.hkl", "-hkl takes 1 file name, but none follows"),
            ("-hkl -5", "-hkl -5: this is not a file name"),
            ("-hkl ''", "-hkl : this is not a file name"),
            ("-sourcefile", "-sourcefile takes 1 file name, but none follows"),
            ("-mask -img", "-mask takes 1 file name, but none follows"),
            ("-osc -1", "-osc -1: the value must be greater than or equal to 0"),
            ("-phistep 0", "-phistep 0: the value must be greater than 0"),
            ("-phisteps 0", "-phisteps 0: the value must be greater than or equal to 1"),
            ("-phisteps 1000001", "-phisteps 1000001: the value must be less than or equal to 10"),
            ("-phisteps 1.5", "-phisteps 1.5: '1.5' is not a whole number"),
            ("-mosaic -0.1", "-mosaic -0.1: the value must be greater than or equal to 0"),
            ("-mosaic_spread nan", "-mosaic_spread nan: 'nan' is not a finite number"),
            ("-mosaic_domains 0", "-mosaic_domains 0: the value must be greater than or equal"),
            ("-mosaic_seed -1", "-mosaic_seed -1: the value must be greater than or equal to 0"),
            ("-mosaic_seed 2147483648", "-mosaic_seed 2147483648: the value must be less than"),
            ("-hdivrange -1", "-hdivrange -1: the value must be greater than or equal to 0"),
            ("-hdivstep 0", "-hdivstep 0: the value must be greater than 0"),
            ("-hdivsteps 0", "-hdivsteps 0: the value must be greater than or equal to 1"),
            ("-vdivrange x", "-vdivrange x: 'x' is not a finite number"),
            ("-vdivstep 0", "-vdivstep 0: the value must be greater than 0"),
            ("-vdivsteps -1", "-vdivsteps -1: the value must be greater than or equal to 1"),
            ("-divergence -1", "-divergence -1: the value must be greater than or equal to 0"),
            ("-divsteps 0", "-divsteps 0: the value must be greater than or equal to 1"),
            ("-dispersion -1", "-dispersion -1: the value must be greater than or equal to 0"),
            ("-dispsteps 0", "-dispsteps 0: the value must be greater than or equal to 1"),
            ("-detector_abs -1", "-detector_abs -1: the value must be greater than or equal to 0"),
            ("-detector_abs -inf", "-detector_abs -inf: '-inf' is not a finite number"),
            ("-detector_thick inf", "-detector_thick inf: 'inf' is not a finite number"),
            ("-detector_thick -1", "-detector_thick -1: the value must be greater than or equal"),
            ("-detector_thicksteps 0", "-detector_thicksteps 0: the value must be greater than"),
            ("-misset chance", "-misset chance: give three angles, or the word random"),
            ("-misset 5", "-misset 5: give three angles, or the word random"),
            ("-misset random 5", "'5' after -misset and its values belongs to no flag"),
            ("-misset", "-misset takes 1 word (random) or 3 numbers, but none follows it"),
            (
                "-misset random -misset_seed -1",
                "-misset_seed -1: the value must be greater than or",
            ),
            ("-misset random -misset_seed 2147483648", "-misset_seed 2147483648: the value must"),
            ("-misset_seed 0.5", "-misset_seed 0.5: '0.5' is not a whole number"),
            ("-pivot corner", "-pivot corner: the pivot is either beam or sample"),
            ("-fdet_vector 0 0 0", "-fdet_vector 0 0 0: this vector has no direction"),
            ("-beam_vector 1.7e308 1.7e308 0", "this vector has no direction"),
            ("-roi 5 4 0 9", "-roi 5 4 0 9 holds no pixel"),
            ("-roi 0 4 0", "-roi takes 4 whole numbers, but only '0 4 0' follows it"),
            ("-mat", "-mat takes 1 file name, but none follows it"),
            ("-pivot SAMPLE", "-pivot SAMPLE: the pivot is either beam or sample, in lower case"),
            ("-curved_det", "-curved_det does nothing as the last word"),
            ("-distance 60mm", "-distance 60mm: '60mm' is not a finite number"),
        ],
    )
    def test_a_bad_value_is_named_as_it_was_typed(self, line: str, complaint: str) -> None:
        assert complaint in refusal(f"{CELL} {line}")

    @pytest.mark.parametrize("line", ["", "-lambda 1"])
    def test_a_command_line_without_a_cell_is_refused(self, line: str) -> None:
        assert "-cell or with -mat FILE" in refusal(line)

    def test_a_cell_beside_a_matrix_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "A.mat").write_text("1 0 0 0 1 0 0 0 1")
        assert "-cell and -mat are both given; leave one out" in refusal(
            f"{CELL} -mat {tmp_path / 'A.mat'}"
        )

    def test_a_word_before_any_flag_is_refused(self) -> None:
        assert refusal("5 -cell 1") == "'5' before any flag belongs to no flag; remove it"

    def test_a_missing_matrix_file_is_a_file_error(self, tmp_path: Path) -> None:
        with pytest.raises(FileError, match=r"A\.mat does not exist"):
            parse_flags(["-mat", str(tmp_path / "A.mat")])

    @given(st.lists(st.sampled_from(WORDS)))
    def test_any_words_give_an_experiment_or_one_sentence(self, words: list[str]) -> None:
        try:
            parse_flags(words)
            parse_flags(words, as_original=True)
        except (UsageError, FileError) as error:
            sentence = str(error)
        else:
            sentence = ""
        assert "\n" not in sentence
