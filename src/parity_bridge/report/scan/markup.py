"""HTML of the page: text made safe, sections, cards, tables and their cells."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

_NUMBER = ' class="number"'


class SafeHtml(str):
    """Text that is HTML already."""

    __slots__ = ()


#: Names of columns -> cells.
Cells = Mapping[str, SafeHtml]


def escaped(words: object) -> SafeHtml:
    """Return ``words`` as HTML that shows them."""
    return words if isinstance(words, SafeHtml) else SafeHtml(escape(encodable(str(words))))


def encodable(words: str) -> str:
    """Return ``words`` with a mark for bytes of a file's name that are no letter."""
    return words.encode("utf-8", "replace").decode()


def address(link: str) -> SafeHtml:
    """Return a relative address for any name: a colon would make the words before it a scheme."""
    whole = link.encode("utf-8", "surrogateescape")
    return SafeHtml(escape(quote(whole, safe="/%#?&=+,~@!()")))


def section(title: str, content: str) -> str:
    """Return ``content`` under a heading; empty where there is none."""
    return f"<section>\n<h2>{title}</h2>\n{content}\n</section>" if content else ""


def card(name: str, value: str, more: str) -> str:
    """Return one metric with a line of explanation."""
    rest = f"<dd>{escaped(value)}</dd><dd>{escaped(more)}</dd>"
    return f"<div><dl><dt>{escaped(name)}</dt>{rest}</dl></div>"


def table(rows: Sequence[Cells], caption: str = "") -> str:
    """Return a table, headed by the names of the columns; empty without rows."""
    if not rows:
        return ""
    caption_html = f"<caption>{escaped(caption)}</caption>\n" if caption else ""
    head = "".join(
        f"<th{_NUMBER if cell.startswith(f'<td{_NUMBER}') else ''}>{escaped(name)}</th>"
        for name, cell in rows[0].items()
    )
    body = "\n".join(f"<tr>{''.join(row.values())}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table>\n{caption_html}<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n"
        "</tbody>\n</table></div>"
    )


def text_cell(words: object) -> SafeHtml:
    """Return a cell of words."""
    return SafeHtml(f"<td>{escaped(words)}</td>")


def long_text_cell(words: object) -> SafeHtml:
    """Return a cell of words that may break anywhere."""
    return SafeHtml(f'<td class="long">{escaped(words)}</td>')


def number_cell(value: object) -> SafeHtml:
    """Return a cell of a number, aligned to the right."""
    return SafeHtml(f"<td{_NUMBER}>{escaped(value)}</td>")


def bar_cell(value: float | None, low: float, high: float) -> SafeHtml:
    """Return a bar as long as the logarithm of ``value``: none at ``low``, the full at ``high``."""
    known = value is not None and low < value < math.inf
    part = math.log(value / low) / math.log(high / low) if known and value is not None else 0.0
    return SafeHtml(f'<td class="bar"><span style="--part:{100 * part:.1f}%"></span></td>')
