"""What a stored model shows of itself."""

from __future__ import annotations

from parity_bridge.files.schema import Schema


class Leaf(Schema):
    name: str
    values: tuple[float, ...]


class Tree(Schema):
    leaves: tuple[Leaf, ...]
    by_name: dict[str, Leaf]


def test_a_record_of_many_figures_prints_on_a_screen() -> None:
    leaf = Leaf(name="x" * 10_000, values=(0.5,) * 100_000)
    tree = Tree(leaves=(leaf,) * 1000, by_name={str(n): leaf for n in range(1000)})
    for shown in (repr(tree), str(tree), f"{tree}"):
        assert len(shown) < 1920
        assert shown.startswith("Tree(leaves=(Leaf(name=")


def test_a_small_one_shows_all_of_itself() -> None:
    leaf = Leaf(name="short", values=(0.5,))
    assert repr(leaf) == str(leaf) == "Leaf(name='short', values=(0.5,))"
