"""The part of the memo that says where its figures come from and how to reproduce them."""

from __future__ import annotations

from parity_bridge.bridge.answer import PairAnswer, Side
from parity_bridge.bridge.reproduction import without_stamp
from parity_bridge.comparison.causes import table_text
from parity_bridge.records.metadata import Metadata
from parity_bridge.records.pixel_commands import common_commands
from parity_bridge.report.markdown import code, code_block, escaped


def provenance_section(pair: PairAnswer) -> str:
    """Return flags, table, build and versions of each engine."""
    return "## Provenance\n\n" + "\n\n".join(_side_provenance(side) for side in pair.sides)


def reproduce_section(pair: PairAnswer) -> str:
    """Return the commands that reproduce the records; empty where no metadata states them."""
    originals = (metadata.command for side in pair.sides for metadata in side.metadata)
    commands = dict.fromkeys(map(_command_text, common_commands(originals)))
    if not commands:
        return ""
    return "## Reproduce\n\n" + code_block("\n".join(commands), "sh")


def _command_text(command: str) -> str:
    """Return ``command`` without its stamp, as it is where a shell could not read it."""
    try:
        return without_stamp(command)
    except ValueError:
        return command


def behaviours_text(metadata: Metadata) -> str:
    """Return the behaviours in which the engine differs from the reference."""
    switched = metadata.behaviours.switched
    if not switched:
        return "all as in the reference (contract §7)"
    return ", ".join(f"{name}={str(value).lower()}" for name, value in switched.items())


def _side_provenance(side: Side) -> str:
    tables = list(dict.fromkeys(pixel.hkl_table for pixel in side.pixels if pixel.hkl_table))
    lines = [f"- structure factors: {escaped(table_text(table))}" for table in tables]
    lines += [f"- sha256 of the file: {sha256}" for sha256 in _file_hashes(side)]
    lines += [line for metadata in side.metadata[:1] for line in _metadata_lines(metadata)]
    if not lines:
        lines = ["- the records do not say"]
    return "\n".join((f"### {escaped(side.name)}", "", *lines))


def _file_hashes(side: Side) -> list[str]:
    tables = (pixel.hkl_table for pixel in side.pixels)
    return list(dict.fromkeys(table.sha256 for table in tables if table and table.sha256))


def _metadata_lines(metadata: Metadata) -> list[str]:
    versions = ", ".join(
        f"{name} {version}" for name, version in metadata.versions.items() if version
    )
    build = ", ".join(f"{key} {value}" for key, value in metadata.build.items())
    where = f"{metadata.dtype} on {metadata.device}, recorded {metadata.timestamp_utc}"
    return [
        f"- nanoBragg flags: {code(metadata.nanobragg_flags)}",
        f"- build: {escaped(build)}",
        f"- computed in {escaped(where)}",
        f"- versions: {escaped(versions)}",
        f"- behaviours: {escaped(behaviours_text(metadata))}",
        f"- state assumed: {escaped(metadata.state_assumed)}",
        *(f"- note: {escaped(note)}" for note in metadata.notes),
    ]
