"""What an einsum spec says: its letters, their roles and sizes, and its cost. Nothing here needs an array.

Every letter is the index of one loop. A letter of the output is kept, every other letter is summed over; the body of
the nest multiplies one entry of each operand and adds the product to the output.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_letters

ROLES = BATCH, KEPT, SUMMED = "batch", "kept", "summed"


class EinsumError(ValueError):
    """A spec, or the operands given with it, that cannot be summed.

    Parameters
    ----------
    message : str
        What is wrong.
    spec : str
        The spec it is wrong with.
    position : int, optional
        The character of `spec` at fault, counted from 0. The message then marks it.
    """

    def __init__(self, message: str, spec: str, position: int | None = None):
        at = "" if position is None else f" (position {position})"
        marker = "" if position is None else f"\n    {' ' * position}^"
        super().__init__(f"{message}{at}:\n    {spec}{marker}")
        self.position = position


@dataclass(frozen=True)
class Notation:
    """A spec taken apart: the letters of each operand and of the output, one letter an axis.

    Parameters
    ----------
    operands : tuple of str
        The letters of each operand.
    output : str
        The letters of the output.
    """

    operands: tuple[str, ...]
    output: str

    @property
    def spec(self) -> str:
        """The spec without spaces and with its output written out."""
        return f"{','.join(self.operands)}->{self.output}"

    @property
    def roles(self) -> dict[str, str]:
        """Every letter's role in loop order, the output's letters first, then the summed ones as they appear.

        A letter is ``"summed"`` if the output lacks it, ``"batch"`` if the output and each of two or more operands have
        it, else ``"kept"``.
        """
        letters = dict.fromkeys(self.output + "".join(self.operands))
        return {letter: self._role(letter) for letter in letters}

    def _role(self, letter: str) -> str:
        if letter not in self.output:
            return SUMMED
        shared = len(self.operands) > 1 and all(letter in operand for operand in self.operands)
        return BATCH if shared else KEPT

    def shapes(self, sizes: Mapping[str, int]) -> list[tuple[int, ...]]:
        """Return the operands' shapes for given sizes of the letters."""
        return [tuple(sizes[letter] for letter in operand) for operand in self.operands]


def parse(spec: str) -> Notation:
    """Take a spec apart.

    Parameters
    ----------
    spec : str
        The operands' letters separated by commas, then ``->`` and the output's letters, as in ``"ik,kj->ij"``. Spaces
        are ignored. Without ``->`` the output is every letter that occurs exactly once, in alphabetical order, capitals
        first: NumPy's rule.

    Returns
    -------
    Notation
        Its operands and its output.

    Raises
    ------
    TypeError
        If `spec` is no string.
    EinsumError
        If it holds a character that is no letter, an ellipsis, a second ``->``, an output with a comma, with a letter
        twice or with a letter that no operand has. The message marks the position.
    """
    if not isinstance(spec, str):
        raise TypeError(f"spec is {type(spec).__name__}, expected a string such as 'ik,kj->ij'")
    left, arrow, right = spec.partition("->")
    start = len(left) + len(arrow)
    _check_characters(spec, range(len(left), start))
    operands = tuple(left.replace(" ", "").split(","))
    if not arrow:
        once = {letter for letter in left if left.count(letter) == 1} & set(ascii_letters)
        return Notation(operands, "".join(sorted(once)))
    _check_output(spec, start)
    return Notation(operands, right.replace(" ", ""))


def _check_characters(spec: str, arrow: range) -> None:
    """Refuse whatever is no letter, comma or space outside `arrow`."""
    ellipsis = spec.find("...")
    if ellipsis >= 0:
        raise EinsumError("'...' is not supported, give every axis a letter", spec, ellipsis)
    for position, character in enumerate(spec):
        if position not in arrow and character not in ascii_letters + ", ":
            raise EinsumError(f"unexpected {character!r}, expected letters, commas and one '->'", spec, position)


def _check_output(spec: str, start: int) -> None:
    """Refuse an output, from `start` on, that is no list of different letters of the operands."""
    for position, letter in enumerate(spec[start:], start):
        if letter == ",":
            raise EinsumError("an output is one array, without a comma", spec, position)
        if letter != " " and letter in spec[start:position]:
            raise EinsumError(f"output letter {letter!r} is repeated", spec, position)
        if letter != " " and letter not in spec[:start]:
            raise EinsumError(f"output letter {letter!r} is in no operand", spec, position)


def letter_sizes(spec: str, shapes: Sequence[Sequence[int]]) -> dict[str, int]:
    """Read every letter's size off the operands' shapes.

    Parameters
    ----------
    spec : str
        See `parse`.
    shapes : sequence of tuple of int
        One shape per operand.

    Returns
    -------
    dict of str to int
        The letters in loop order: the output's, then the summed ones.

    Raises
    ------
    EinsumError
        If the number of operands or of axes does not fit, or a letter has two sizes. Size 1 is no exception, though the
        ``einsum`` of NumPy, PyTorch and Paddle silently stretches it to the size that the letter has elsewhere.
    """
    notation = parse(spec)
    if len(shapes) != len(notation.operands):
        raise EinsumError(f"operands: {len(shapes)} given, {len(notation.operands)} expected", spec)
    found: dict[str, int] = {}
    for number, (letters, shape) in enumerate(zip(notation.operands, shapes, strict=True), start=1):
        if len(shape) != len(letters):
            message = f"operand {number} has shape {tuple(shape)}, expected ({', '.join(letters)})"
            raise EinsumError(message, spec)
        for axis, (letter, size) in enumerate(zip(letters, shape, strict=True)):
            if found.setdefault(letter, size) != size:
                message = f"letter {letter!r} is {size} in operand {number} but {found[letter]} before"
                raise EinsumError(message, spec, _position(spec, number, axis))
    return {letter: found[letter] for letter in notation.roles}


def _position(spec: str, number: int, axis: int) -> int:
    """Find the character of `spec` that names an axis of an operand."""
    letters = [place for place, character in enumerate(spec) if character in ascii_letters]
    return [place for place in letters if spec.count(",", 0, place) == number - 1][axis]


@dataclass(frozen=True, repr=False)
class Explanation:
    """What a spec does to operands of given shapes; its text is meant to be read.

    Parameters
    ----------
    spec : str
        The spec without spaces and with its output written out.
    shapes : tuple of tuple of int
        The operands' shapes.
    sizes : Mapping of str to int
        Every letter's size, in loop order.
    batch, kept, summed : str
        The letters by role: batch letters are in the output and in every one of two or more operands, kept letters are
        the output's other letters, summed letters are not in the output.
    output_shape : tuple of int
        The output's shape.
    """

    spec: str
    shapes: tuple[tuple[int, ...], ...]
    sizes: Mapping[str, int]
    batch: str
    kept: str
    summed: str
    output_shape: tuple[int, ...]

    @property
    def multiply_adds(self) -> int:
        """Steps of the loop nest, each of which multiplies one entry of each operand and adds the product.

        With two operands that is one multiplication and one addition; ``numpy.einsum_path`` counts them separately.
        """
        return math.prod(self.sizes.values())

    def __repr__(self) -> str:
        left, _, output = self.spec.partition("->")
        terms = [f"{letters or 'scalar'} {shape}" for letters, shape in zip(left.split(","), self.shapes, strict=True)]
        cost = " * ".join(map(str, self.sizes.values()))
        return "\n".join(
            [
                self.spec,
                f"  operands       {', '.join(terms)}",
                f"  batch          {self._with_sizes(self.batch)}",
                f"  kept           {self._with_sizes(self.kept)}",
                f"  summed         {self._with_sizes(self.summed)}",
                f"  output         {output or 'scalar'} {self.output_shape}",
                f"  multiply-adds  {cost + ' = ' if len(self.sizes) > 1 else ''}{self.multiply_adds:,}",
            ]
        )

    def _with_sizes(self, letters: str) -> str:
        return ", ".join(f"{letter} = {self.sizes[letter]}" for letter in letters) or "none"


def explain(spec: str, *shapes: Sequence[int]) -> Explanation:
    """Say what a spec does to operands of given shapes.

    Parameters
    ----------
    spec : str
        See `parse`.
    *shapes : tuple of int
        One shape per operand.

    Returns
    -------
    Explanation
        The letters by role, the output's shape and the number of multiply-adds; print it.

    Raises
    ------
    TypeError
        If a shape is no sequence of integers.
    EinsumError
        If the spec is no spec or does not fit the shapes; see `parse` and `letter_sizes`.

    Examples
    --------
    >>> explain("bnk,bnd->bkd", (2, 5, 3), (2, 5, 8))
    bnk,bnd->bkd
      operands       bnk (2, 5, 3), bnd (2, 5, 8)
      batch          b = 2
      kept           k = 3, d = 8
      summed         n = 5
      output         bkd (2, 3, 8)
      multiply-adds  2 * 3 * 8 * 5 = 240
    """
    for number, shape in enumerate(shapes, start=1):
        if not isinstance(shape, Sequence) or not all(isinstance(size, int) for size in shape):
            raise TypeError(f"shape {number} is {type(shape).__name__}, expected a tuple of integers such as x.shape")
    sizes, notation = letter_sizes(spec, shapes), parse(spec)
    roles = {role: "".join(letter for letter, its in notation.roles.items() if its == role) for role in ROLES}
    return Explanation(
        spec=notation.spec,
        shapes=tuple(tuple(shape) for shape in shapes),
        sizes=sizes,
        output_shape=tuple(sizes[letter] for letter in notation.output),
        **roles,
    )
