"""Games of stones in a row on a small board, for programs that learn to play: rules on many boards at once, and an opponent.

A board is two integers, the stones of the one to move and those of the other, one bit a place; many boards are two arrays of uint64.
"""

from __future__ import annotations

import functools
import string
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

ONE = np.uint64(1)
Moves = Callable[[np.ndarray, np.ndarray], np.ndarray]  # a player: of the boards it sees, the moves it makes


class Game(NamedTuple):
    """`line` stones in a row win; they fall to the bottom of a column, or are put anywhere.

    A column has one bit more than places, always 0, so that no line goes on from the top of one into the next; a board of more than 64
    bits does not fit.

    >>> mine, theirs = EMPTY
    >>> for column in [3, 0, 3, 0, 3, 0, 3]:
    ...     mine, theirs, result = CONNECT4.move(mine, theirs, np.array([column]))
    >>> result, print(CONNECT4.text(int(theirs[0]), int(mine[0])))
    . . . . . . .
    . . . . . . .
    . . . X . . .
    O . . X . . .
    O . . X . . .
    O . . X . . .
    (array([1.]), None)
    """

    width: int
    height: int
    line: int
    falls: bool

    @property
    def places(self) -> np.ndarray:
        """The bit of each place, (width, height), from the bottom up."""
        return _places(self)

    @property
    def names(self) -> list[str]:
        """Of the moves: columns are letters, rows are numbers, from the bottom up."""
        rows = [""] if self.falls else [str(j + 1) for j in range(self.height)]
        return [column + row for column in string.ascii_lowercase[: self.width] for row in rows]

    def text(self, crosses: int, circles: int) -> str:
        """The board as lines of characters."""
        rows = reversed(self.places.T.tolist())
        return "\n".join(" ".join("X" if crosses & bit else "O" if circles & bit else "." for bit in row) for row in rows)

    def landings(self, mine: np.ndarray, theirs: np.ndarray) -> np.ndarray:
        """The bit that each move would set, (N, moves); 0 if there is no such move. Moves are columns, or places."""
        taken, places = (mine | theirs)[:, None], self.places
        if not self.falls:
            return places.reshape(1, -1) & ~taken
        return (taken + places[:, 0]) & places.sum(1, dtype=np.uint64)

    def won(self, stones: np.ndarray) -> np.ndarray:
        result = np.zeros(len(stones), bool)
        for shift in (1, self.height, self.height + 1, self.height + 2):
            run = stones
            for _ in range(self.line - 1):
                run = run & (run >> np.uint64(shift))
            result |= run != 0
        return result

    def planes(self, mine: np.ndarray, theirs: np.ndarray) -> np.ndarray:
        """What the network sees: (N, 2, width, height)."""
        return (np.stack([mine, theirs], 1)[:, :, None, None] & self.places != 0).astype(np.float32)

    @property
    def symmetries(self) -> int:
        """In how many ways a position can be seen that are the same to the rules: in a mirror, and where nothing falls also turned."""
        return 8 if self.width == self.height and not self.falls else 2

    def seen(self, planes: np.ndarray, odds: np.ndarray, way: int) -> tuple[np.ndarray, np.ndarray]:
        """Positions (N, 2, width, height) and what is said of their moves (N, moves), seen in one of these ways; 0 is as they are."""
        grid = odds.reshape(len(odds), self.width, -1)
        planes, grid = (np.rot90(one, way // 2, (-2, -1)) for one in (planes, grid))
        if way % 2:
            planes, grid = planes[:, :, ::-1], grid[:, ::-1]
        return np.ascontiguousarray(planes), grid.reshape(odds.shape)

    def move(self, mine: np.ndarray, theirs: np.ndarray, moves: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The boards as the other sees them, and what who has moved got: 1 won, 0 drawn, nan not ended."""
        placed = mine | self.landings(mine, theirs)[np.arange(len(mine)), moves]
        full = (self.landings(theirs, placed) == 0).all(1)
        return theirs, placed, np.where(self.won(placed), 1.0, np.where(full, 0.0, np.nan))


@functools.cache
def _places(game: Game) -> np.ndarray:
    column, row = np.indices((game.width, game.height), dtype=np.uint64)
    places = ONE << (column * np.uint64(game.height + 1) + row)
    places.flags.writeable = False  # all boards share it
    return places


EMPTY = np.zeros((2, 1), np.uint64)
TICTACTOE, CONNECT4, GOMOKU = Game(3, 3, 3, False), Game(7, 6, 4, True), Game(7, 7, 5, False)
GAMES = {"tictactoe": TICTACTOE, "connect4": CONNECT4, "gomoku": GOMOKU}


def compete(game: Game, players: Sequence[Moves], count: int) -> np.ndarray:
    """Games between two players, the first of whom begins every other one: 1 where the first wins, 0, -1."""
    boards, result, going, turn = np.zeros((2, count), np.uint64), np.full(count, np.nan), np.arange(count), 0
    while len(going):
        for side in (0, 1):
            if len(at := going[(going + turn) % 2 == side]):
                mine, theirs = boards[:, at]
                boards[0, at], boards[1, at], got = game.move(mine, theirs, players[side](mine, theirs))
                result[at] = got * (1 - 2 * side)
        going, turn = going[np.isnan(result[going])], turn + 1
    return result


def share_lost(game: Game, moves: Moves) -> float:
    """Of all games that can come about, whatever the other does and whoever begins, the share that is lost: for small games.

    >>> share_lost(TICTACTOE, alpha_beta(TICTACTOE, 9, np.random.default_rng(0)))
    0.0
    """
    lost = total = 0
    for ours in (True, False):
        mine, theirs = EMPTY
        while len(mine):
            if ours:
                mine, theirs, result = game.move(mine, theirs, moves(mine, theirs))
            else:
                which, reply = np.nonzero(game.landings(mine, theirs))
                mine, theirs, result = game.move(mine[which], theirs[which], reply)
                lost += int((result == 1).sum())
            on = np.isnan(result)
            mine, theirs, total, ours = mine[on], theirs[on], total + int((~on).sum()), not ours
    return lost / total


# ---- an opponent ----


def alpha_beta(game: Game, depth: int, rng: np.random.Generator) -> Moves:
    """A player that looks `depth` moves ahead, all of them, and takes one of the best at random.

    Where nobody has won so far ahead, it counts the places that would complete a line.

    >>> mine, theirs = np.array([1], np.uint64), np.array([1 << 7 | 1 << 14 | 1 << 21], np.uint64)  # O X X X in the bottom row
    >>> alpha_beta(CONNECT4, 4, np.random.default_rng(0))(mine, theirs)
    array([4])
    """

    def choose(mine: int, theirs: int) -> int:
        values = {move: -_value(game, theirs, mine | stone, depth - 1, -1e9, 1e9) for move, stone in _stones(game, mine | theirs)}
        best = max(values.values())
        return int(rng.choice([move for move, value in values.items() if value == best]))

    return lambda mine, theirs: np.array([choose(a, b) for a, b in zip(mine.tolist(), theirs.tolist())], np.int64)


def _value(game: Game, mine: int, theirs: int, depth: int, low: float, high: float) -> float:
    """For the one to move; exact between `low` and `high`."""
    if _line(game, theirs):
        return -1000.0 - depth  # the later the better
    stones = _stones(game, mine | theirs)
    if not stones:
        return 0.0
    if depth == 0:
        free = _board(game) & ~(mine | theirs)
        return _completing(game, mine, free) - _completing(game, theirs, free)
    for _, stone in stones:
        low = max(low, -_value(game, theirs, mine | stone, depth - 1, -high, -low))
        if low >= high:
            break
    return low


@functools.cache
def _bits(game: Game) -> tuple[int, ...]:
    return tuple(game.places.ravel().tolist())


@functools.cache
def _board(game: Game) -> int:
    return sum(_bits(game))


@functools.cache
def _order(game: Game) -> list[tuple[int, int, int]]:
    """Move, the lowest bit it can set and all it can set; moves near the middle first, which are better and cut more branches off."""
    columns, middle = game.places.tolist(), (game.width - 1) / 2
    if game.falls:
        return sorted(((i, column[0], sum(column)) for i, column in enumerate(columns)), key=lambda move: abs(move[0] - middle))
    return [(i, bit, bit) for i, bit in enumerate(_bits(game))]


def _stones(game: Game, taken: int) -> list[tuple[int, int]]:
    if not game.falls:
        return [(move, bit) for move, bit, _ in _order(game) if not taken & bit]
    return [(move, stone) for move, bottom, column in _order(game) if (stone := (taken + bottom) & column)]


def _line(game: Game, stones: int) -> bool:
    for shift in (1, game.height, game.height + 1, game.height + 2):
        run = stones
        for _ in range(game.line - 1):
            run &= run >> shift
        if run:
            return True
    return False


def _completing(game: Game, stones: int, free: int) -> int:
    """How many free places have a line of all but one stone with them: the lines go through each of their places in turn."""
    found = 0
    for shift in (1, game.height, game.height + 1, game.height + 2):
        for gap in range(game.line):
            run = free >> gap * shift  # at the first place of the line
            for i in range(game.line):
                if i != gap:
                    run &= stones >> i * shift
            found |= run << gap * shift
    return found.bit_count()
