"""minigrad.games: the rules on integers against the rules on a grid; the opponent."""

from __future__ import annotations

import numpy as np
import pytest

from minigrad.games import CONNECT4, EMPTY, GAMES, TICTACTOE, Game, alpha_beta, compete, share_lost

BOARDS = [*GAMES.values(), Game(5, 4, 3, True), Game(4, 6, 4, False)]


def in_line(grid: np.ndarray, line: int) -> bool:
    width, height = grid.shape
    for column in range(width):
        for row in range(height):
            for dx, dy in ((1, 0), (0, 1), (1, 1), (1, -1)):
                places = [(column + i * dx, row + i * dy) for i in range(line)]
                if all(0 <= x < width and 0 <= y < height and grid[x, y] for x, y in places):
                    return True
    return False


@pytest.mark.parametrize("game", BOARDS)
def test_rules(game):
    """Random games on a grid and on integers, all at once: legal moves, the stones, the end."""
    rng, count = np.random.default_rng(0), 40
    mine, theirs = np.zeros((2, count), np.uint64)
    grids = np.zeros((count, 2, game.width, game.height), bool)  # of the one to move, and of the other
    ends = set()
    while len(mine):
        taken = grids.any(1)
        legal = ~taken.all(2) if game.falls else ~taken.reshape(len(mine), -1)
        landings = game.landings(mine, theirs)
        assert ((landings != 0) == legal).all()
        moves = np.array([rng.choice(np.flatnonzero(row)) for row in legal])
        mine, theirs, result = game.move(mine, theirs, moves)
        for grid, move in zip(grids, moves):
            at = (move, grid.any(0)[move].sum()) if game.falls else divmod(move, game.height)
            grid[0][at] = True
        grids = grids[:, ::-1].copy()
        assert (game.planes(mine, theirs) == grids).all()
        expected = [1.0 if in_line(grid[1], game.line) else 0.0 if grid.any(0).all() else np.nan for grid in grids]
        np.testing.assert_array_equal(result, expected)
        going = np.isnan(result)
        ends |= set(result[~going].tolist())
        mine, theirs, grids = mine[going], theirs[going], grids[going]
    assert 1.0 in ends


@pytest.mark.parametrize("game", BOARDS)
def test_symmetries(game):
    """Seen in any of the ways, a move is where its stone is, and a line is a line; and no two ways are the same."""
    rng = np.random.default_rng(0)
    boards = rng.random((60, game.width, game.height)) < np.linspace(0, 1, 60)[:, None, None]
    lines = [in_line(board, game.line) for board in boards]
    assert 0 < sum(lines) < 60
    planes = np.stack([boards, ~boards], 1).astype(np.float32)
    views = [game.seen(planes, boards.any(2) if game.falls else boards.reshape(60, -1), way) for way in range(game.symmetries)]
    for seen, odds in views:
        assert (odds == (seen[:, 0].any(2) if game.falls else seen[:, 0].reshape(60, -1))).all()
        assert [in_line(board, game.line) for board in seen[:, 0]] == lines
        assert (seen.sum(1) == 1).all()
    assert (views[0][0] == planes).all()
    assert len({seen.tobytes() for seen, _ in views}) == game.symmetries


def test_alpha_beta_against_search_without_cuts():
    """The moves it calls best are those of plain minimax, which looks at everything."""
    game, rng = Game(4, 4, 3, True), np.random.default_rng(1)

    def minimax(mine, theirs, depth):
        landings = game.landings(mine, theirs)[0]
        if game.won(theirs)[0]:
            return -1000 - depth
        if not landings.any():
            return 0
        if depth == 0:
            free = game.places.ravel()[(mine | theirs) & game.places.ravel() == 0]
            completing = [sum(bool(game.won(side | bit)[0]) for bit in free) for side in (mine, theirs)]
            return completing[0] - completing[1]
        return max(-minimax(*game.move(mine, theirs, np.array([m]))[:2], depth - 1) for m in np.flatnonzero(landings))

    for _ in range(4):
        mine, theirs = EMPTY
        for _ in range(5):
            options = np.flatnonzero(game.landings(mine, theirs)[0])
            mine, theirs, result = game.move(mine, theirs, rng.choice(options, 1))
            if not np.isnan(result[0]):
                break
        else:
            options = np.flatnonzero(game.landings(mine, theirs)[0])
            values = {m: -minimax(*game.move(mine, theirs, np.array([m]))[:2], 2) for m in options.tolist()}
            best = {m for m, value in values.items() if value == max(values.values())}
            chosen = {int(alpha_beta(game, 3, rng)(mine, theirs)[0]) for _ in range(20)}
            assert chosen <= best and (len(best) == 1 or len(chosen) > 1)


def test_compete():
    def left(mine, theirs):
        return (CONNECT4.landings(mine, theirs) != 0).argmax(1)

    result = compete(CONNECT4, [alpha_beta(CONNECT4, 2, np.random.default_rng(0)), left], 6)
    assert result.tolist() == [1] * 6
    assert (compete(CONNECT4, [left, left], 4) == [1, -1, 1, -1]).all(), "who begins wins, and they take turns"


def test_share_lost():
    """A search of the whole tree loses nothing; who always takes the first place does, and as often as counting one by one finds."""

    def first(mine, theirs):
        return (TICTACTOE.landings(mine, theirs) != 0).argmax(1)

    def count(mine, theirs, ours):
        lost = total = 0
        for move in first(mine, theirs) if ours else np.flatnonzero(TICTACTOE.landings(mine, theirs)[0]):
            *after, result = TICTACTOE.move(mine, theirs, np.array([move]))
            if np.isnan(result[0]):
                below = count(*after, not ours)
                lost, total = lost + below[0], total + below[1]
            else:
                lost, total = lost + (result[0] == 1 and not ours), total + 1
        return lost, total

    found = [count(*EMPTY, ours) for ours in (True, False)]
    assert share_lost(TICTACTOE, first) == sum(lost for lost, _ in found) / sum(total for _, total in found) > 0
    assert share_lost(TICTACTOE, alpha_beta(TICTACTOE, 9, np.random.default_rng(0))) == 0


def test_names():
    assert CONNECT4.names == list("abcdefg") and TICTACTOE.names[:4] == ["a1", "a2", "a3", "b1"]
