"""A command line read word by word: which flags fire, and what they set (contract §8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path

from parity_bridge.errors import FileError, UsageError
from parity_bridge.experiment.flags.flag import Flag, Value
from parity_bridge.experiment.flags.image_header import header_fields
from parity_bridge.experiment.flags.not_given import value_in_effect
from parity_bridge.experiment.flags.settings import Origin, Setting, Settings
from parity_bridge.experiment.flags.table import FLAG_BY_NAME, flags_in
from parity_bridge.experiment.flags.values import (
    check_needed,
    ends_word,
    is_flag_word,
    read_values,
    take_values,
    taken_words,
    value_words,
)
from parity_bridge.experiment.smv import read_header
from parity_bridge.experiment.smv_header import check_value

#: The headers of these are read before all words, the second over the first.
_HEADER_FLAGS = ("-mask", "-img")

#: What other programs call a flag.
_OTHER_NAMES = {
    "-dphi": "-phistep",
    "-divstep": "-hdivstep and -vdivstep",
    "-detsize_x": "-detsize_f",
    "-detsize_y": "-detsize_s",
    "-trace_pixel": "-printout_pixel",
    "-show_progress": "-progress",
}


#: A name this short, its minus sign included, resembles too many flags.
_SHORTEST = 2


@dataclass
class CommandLine:
    """The words of a command line, and what those read so far set.

    ``as_original`` takes everything as the original program does; otherwise a word that means
    nothing is an error.
    """

    words: Sequence[str]
    as_original: bool
    settings: Settings = field(default_factory=Settings)
    #: Flags that the original program reads differently than they are written: place -> as typed.
    misread: dict[int, str] = field(default_factory=dict)
    #: Flags with a file that does not exist, as typed; the original program passes over these.
    without_file: list[str] = field(default_factory=list)
    #: Words on which no flag fires, and that belong to none.
    passed_over: list[str] = field(default_factory=list)
    #: Words that are read as a flag whose name occurs in the middle of them: word -> name.
    read_as: dict[str, str] = field(default_factory=dict)
    #: File of a header, as typed with its flag -> what was read from it.
    headers: dict[str, Mapping[str, float]] = field(default_factory=dict)

    def read(self) -> None:
        """Read all words.

        Raises UsageError naming the word for one that cannot be read, FileError for a file of a
        flag that cannot be read.
        """
        for name in _HEADER_FLAGS:
            self._read_header(FLAG_BY_NAME[name])
        place = 0
        while place < len(self.words):
            place += 1 + self._read_word(place)
        self._check_headers()

    def _read_word(self, place: int) -> int:
        """Read the word at ``place``; return how many of the following are its values."""
        word = self.words[place]
        if not is_flag_word(word):
            self._pass_over(word, _stray_message(self.words, place))
            return 0
        fired = flags_in(word)
        if not fired:
            self._pass_over(word, f"{word} is not a nanoBragg flag; {_nearest_hint(word)}")
            return 0
        meant, part = max(fired, key=lambda flag_and_part: len(flag_and_part[1]))
        if not word.lstrip("-").startswith(part.lstrip("-")):
            self.read_as[word] = meant.name
        taken = 0
        for flag, _ in fired:
            if flag is meant:
                values, taken = self._set_meant(flag, place)
            else:
                values = self._set_taken(flag, place, "part")
            if values is not None and ends_word(flag, values):
                break
        return taken

    def _pass_over(self, word: str, message: str) -> None:
        if not self.as_original:
            raise UsageError(message)
        self.passed_over.append(word)

    def _set_meant(self, flag: Flag, place: int) -> tuple[Sequence[Value] | None, int]:
        """Set what the flag at ``place`` is for; return the values, and how many words they are.

        Values are ``None`` where the flag does not fire.
        """
        word, following = self.words[place], self.words[place + 1 :]
        given: Sequence[str] = ()
        if self._has_no_file(flag, following):
            self.without_file.append(f"{word} {following[0]}")
            return None, 1
        try:
            given = value_words(flag, following)
            check_needed(flag, following)
            values = read_values(flag, given)
        except ValueError as error:
            typed = " ".join([word, *given])
            if not self.as_original:
                raise UsageError(f"{typed}{':' if given else ''} {error}") from error
            self.misread[place] = " ".join([word, *taken_words(flag, following)])
            plain = takewhile(lambda each: not is_flag_word(each), taken_words(flag, following))
            return self._set_taken(flag, place, "flag"), len(list(plain))
        if self.as_original:
            return self._set_taken(flag, place, "flag"), len(given)
        like = Setting(None, " ".join([word, *given]), "flag", flag.name, place)
        self._set_values(flag, values, like)
        return values, len(given)

    def _has_no_file(self, flag: Flag, following: Sequence[str]) -> bool:
        """Return whether the original program passes over ``flag``, as its file does not exist."""
        reads_here = flag.reads_header or flag.kind == "matrix"
        return bool(
            self.as_original and reads_here and following and not Path(following[0]).exists()
        )

    def _set_taken(self, flag: Flag, place: int, origin: Origin) -> Sequence[Value] | None:
        """Set what the original program takes for ``flag``; return it, ``None`` for nothing."""
        word, following = self.words[place], self.words[place + 1 :]
        typed = " ".join([word, *taken_words(flag, following)])
        try:
            values = take_values(flag, following)
        except ValueError as error:
            raise UsageError(f"{typed}, read as {flag.name}: {error}") from error
        if values is not None:
            in_effect = [*map(value_in_effect, flag.fields, values)]
            like = Setting(None, typed, origin, flag.name, place)
            self._set_values(flag, in_effect if flag.fields else values, like)
        return values

    def _set_values(self, flag: Flag, values: Sequence[Value], like: Setting) -> None:
        beside: Origin = "beside" if like.origin == "flag" and flag.fields else like.origin
        # A cell of fewer numbers leaves the others as they were; a pivot may be neither.
        for path, value in zip(flag.fields, values, strict=False):
            self.settings.add(path, replace(like, value=value))
        also = {**flag.also_sets, **(flag.also_at_zero if list(values) == [0.0] else {})}
        for path, value in also.items():
            self.settings.add(path, replace(like, value=value, origin=beside))

    def _read_header(self, flag: Flag) -> None:
        places = [
            place
            for place, word in enumerate(self.words[:-1])
            if is_flag_word(word)
            and flag.part_of(word)
            and (self.as_original or not is_flag_word(self.words[place + 1]))
        ]
        if not places:
            return
        path = self.words[places[-1] + 1]
        typed = f"{self.words[places[-1]]} {path}"
        if self.as_original and not Path(path).exists():
            return
        header = read_header(Path(path))
        self.headers[typed] = header
        for keyword, field_path, value in header_fields(header, is_mask=flag.name == "-mask"):
            self.settings.add(field_path, Setting(value, typed, "header", keyword))

    def _check_headers(self) -> None:
        for settings in self.settings.by_field.values():
            last = settings[-1]
            if last.origin == "header" and isinstance(last.value, int | float):
                try:
                    check_value(last.source, last.value)
                except ValueError as error:
                    path = last.typed.partition(" ")[2]
                    raise FileError(f"image {path}: {error}") from error


def _stray_message(words: Sequence[str], place: int) -> str:
    word = words[place]
    before = next((each for each in reversed(words[:place]) if is_flag_word(each)), None)
    where = f"after {before} and its values" if before else "before any flag"
    return f"{word!r} {where} belongs to no flag; remove it"


def _nearest_hint(name: str) -> str:
    if name.lower() in _OTHER_NAMES:
        return f"nanoBragg's own name is {_OTHER_NAMES[name.lower()]}"
    nearest = _nearest_flag(name.lower()) if len(name) > _SHORTEST else None
    return f"the nearest one is {nearest}" if nearest else "`frame --help` lists them"


def _nearest_flag(name: str) -> str | None:
    """Return the flag that ``name`` begins, or else the one that is spelt most like it."""
    import difflib  # noqa: PLC0415 - only mistakes need it

    known = {flag.lower(): flag for flag in FLAG_BY_NAME}
    begun = [flag for flag in known if flag.startswith(name)]
    close = begun or difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    return known[close[0]] if close else None
