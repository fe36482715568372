"""What the words of a command line set, in order: the last setting of a field counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from parity_bridge.experiment.flags.fields import DEFAULTS
from parity_bridge.experiment.flags.flag import Value

#: How a field comes to be set: by what a flag is for, beside it, by a flag whose name merely occurs
#: in the word, or by the header of an image.
Origin = Literal["flag", "beside", "part", "header"]


@dataclass(frozen=True)
class Setting:
    """One value, and the words that set it."""

    value: Value
    #: The flag and its values as typed.
    typed: str
    origin: Origin
    #: The keyword of a header, or the name of the flag that fired.
    source: str = ""
    #: Which word of the command line the flag is; -1 for a header.
    place: int = -1


@dataclass
class Settings:
    """All settings of a command line."""

    #: Path of a field -> its settings, the last one in force.
    by_field: dict[str, list[Setting]] = field(default_factory=dict)

    def add(self, path: str, setting: Setting) -> None:
        """Set the field ``path``."""
        self.by_field.setdefault(path, []).append(setting)

    def value(self, path: str) -> Value:
        """Return the value in force, or the default."""
        settings = self.by_field.get(path)
        return settings[-1].value if settings else DEFAULTS.get(path)

    def typed(self, path: str) -> str | None:
        """Return the words that set the value in force; ``None`` where no word did."""
        settings = self.by_field.get(path)
        return settings[-1].typed if settings else None

    def values(self) -> Mapping[str, Value]:
        """Return every field that was set, and its value in force."""
        return {path: settings[-1].value for path, settings in self.by_field.items()}

    def unforeseen(self, origin: Origin) -> Iterator[tuple[str, Setting, Setting | None]]:
        """Yield the settings of ``origin`` that are in force and changed a value.

        With each its field and what was set before it.
        """
        for path, settings in self.by_field.items():
            *_, last = settings
            before = settings[-2] if len(settings) > 1 else None
            value = before.value if before else DEFAULTS.get(path)
            if last.origin == origin and last.value != value:
                yield path, last, before
