"""A network teaches itself tic-tac-toe, Connect Four and Gomoku: it plays itself and searches, as AlphaZero does.

The network looks at a board and says which moves are promising and who will win. A tree search asks it about the boards that may
come, and knows better afterwards: the moves it looked at most are what the network shall find promising, and who won in the end is what
it shall have foreseen. Many games are played at once, all trees kept in common arrays, so the network is always asked about many
boards together. A board is two integers, the stones of the one to move and of the other, one bit a place.

Tic-tac-toe is put to the proof: every reply is tried in every position it can be led into. In Connect Four it plays against an alpha-beta
search four moves deep, in Gomoku (five in a row, on 7 x 7 places) against one that looks two moves ahead, at each of 49 places. `--game
NAME` takes one of the three, `--play` lets you play against what was learned.

Data: made by the program (games against itself).

Source: Silver et al., "A general reinforcement learning algorithm that masters chess, shogi, and Go through self-play" (2018).
"""

from typing import NamedTuple

import numpy as np

import minigrad as mg
from minigrad import nn, optim, viz
from minigrad.games import EMPTY, GAMES, Game, Moves, alpha_beta, compete, share_lost
from minigrad.nn import functional as F
from minigrad.train import History, Run, predict
from minigrad.utils.data import ReplayBuffer


class Plan(NamedTuple):
    title: str
    channels: int  # of the network
    rounds: int  # of 128 games each
    steps: int  # of learning, after each round
    looks: int  # of the search at each move
    memory: int  # positions
    depth: int = 1  # of the search it plays against


PLANS = {
    "tictactoe": Plan("tic-tac-toe", 16, 25, 100, 32, 10_000),
    "connect4": Plan("Connect Four", 32, 60, 200, 64, 60_000, depth=4),
    "gomoku": Plan("Gomoku", 32, 60, 200, 64, 60_000, depth=2),
}


class Network(nn.Module):
    def __init__(self, game: Game, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(2, channels, 3, padding=1)
        self.layers = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(4))
        cells = game.width * game.height
        self.policy = nn.Sequential(
            nn.Conv2d(channels, 8, 1), nn.ReLU(), nn.Flatten(), nn.Linear(8 * cells, game.landings(*EMPTY).shape[1])
        )
        self.value = nn.Sequential(
            nn.Conv2d(channels, 4, 1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * cells, 32), nn.ReLU(), nn.Linear(32, 1), nn.Tanh()
        )

    def forward(self, planes: mg.Tensor) -> mg.Tensor:
        """Scores of the moves and, as the last column, what the one to move will get: 1, 0 or -1."""
        x = F.relu(self.first(planes))
        for one, other in zip(self.layers[::2], self.layers[1::2]):
            x = F.relu(x + other(F.relu(one(x))))
        return mg.cat([self.policy(x), self.value(x)], 1)


def ask(game: Game, model: nn.Module, mine: np.ndarray, theirs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of the moves (N, moves), 0 where there is none, and values (N,)."""
    answer = predict(model, mg.from_numpy(game.planes(mine, theirs))).numpy()
    scores = np.where(game.landings(mine, theirs) != 0, answer[:, :-1], -np.inf)
    odds = np.exp(scores - scores.max(1, keepdims=True).clip(-1e9))
    return odds / odds.sum(1, keepdims=True).clip(1e-30), answer[:, -1]


def search(game: Game, model: nn.Module, mine, theirs, looks: int, rng: np.random.Generator | None = None) -> np.ndarray:
    """How often each move of each board was looked at, (N, moves). rng: for a little noise, so that self-play tries all sorts of moves."""
    count, moves = len(mine), game.landings(mine, theirs).shape[1]
    boards = np.zeros((2, count, looks + 1), np.uint64)  # node 0 is the root; the n-th look adds node n, in each tree
    priors, worth = np.zeros((2, count, looks + 1, moves))
    visits, child = np.zeros((2, count, looks + 1, moves), np.int64)
    ended = np.full((count, looks + 1), np.nan)  # what the one to move got, where the game is over
    boards[:, :, 0] = mine, theirs
    priors[:, 0] = ask(game, model, mine, theirs)[0]
    if rng is not None:
        noise = rng.gamma(10 / moves, size=(count, moves)) * (priors[:, 0] > 0)
        priors[:, 0] = 0.75 * priors[:, 0] + 0.25 * noise / noise.sum(1, keepdims=True).clip(1e-30)
    for look in range(1, looks + 1):
        tree, node, path, leaf = np.arange(count), np.zeros(count, np.int64), [], np.zeros(count, np.int64)
        while len(tree):
            seen, prior = visits[tree, node], priors[tree, node]
            bonus = 1.5 * prior * np.sqrt(seen.sum(1, keepdims=True) + 1) / (1 + seen)
            move = np.where(prior > 0, worth[tree, node] / np.maximum(seen, 1) + bonus, -np.inf).argmax(1)
            path.append((tree, node, move))
            after = child[tree, node, move]
            new = after == 0
            grown, parent = tree[new], node[new]
            child[grown, parent, move[new]] = look
            boards[0, grown, look], boards[1, grown, look], result = game.move(*boards[:, grown, parent], move[new])
            ended[grown, look] = -result
            after[new] = look
            leaf[tree] = after
            on = ~new & np.isnan(ended[tree, after])
            tree, node = tree[on], after[on]
        everyone = np.arange(count)
        value = ended[everyone, leaf]
        if len(unknown := np.flatnonzero(np.isnan(value))):
            priors[unknown, look], value[unknown] = ask(game, model, *boards[:, unknown, look])
        for tree, node, move in reversed(path):  # what is good for one is bad for the other
            value[tree] *= -1
            visits[tree, node, move] += 1
            worth[tree, node, move] += value[tree]
    return visits[:, 0]


def player(game: Game, model: nn.Module, looks: int) -> Moves:
    """A function of boards that gives the best moves: by search, or as the network sees them at once."""
    return lambda mine, theirs: (search(game, model, mine, theirs, looks) if looks else ask(game, model, mine, theirs)[0]).argmax(1)


def self_play(game: Game, model: nn.Module, count: int, looks: int, rng: np.random.Generator, memory: ReplayBuffer) -> None:
    """Play, and remember each position with what the search found and who won."""
    boards, going, turn = np.zeros((2, count), np.uint64), np.arange(count), 0
    outcome, record = np.zeros(count), []  # outcome: for the one who began
    while len(going):
        visits = search(game, model, *boards, looks, rng)
        record.append((going, turn, boards, visits / visits.sum(1, keepdims=True)))
        odds = (visits / visits.max(1, keepdims=True)) ** (1 if turn < game.width else 8)  # in the opening all sorts, then the better
        drawn = (odds.cumsum(1) > rng.random((len(going), 1)) * odds.sum(1, keepdims=True)).argmax(1)
        *boards, result = game.move(*boards, drawn)
        over = ~np.isnan(result)
        outcome[going[over]] = result[over] * (-1) ** turn
        boards, going, turn = np.stack(boards)[:, ~over], going[~over], turn + 1
    for going, turn, boards, odds in record:
        memory.extend(game.planes(*boards), odds.astype(np.float32), (outcome[going] * (-1) ** turn).astype(np.float32))


def learn(run: Run, name: str, plan: Plan) -> tuple[Network, Network, History]:
    """Rounds of games against itself, each followed by learning; gives the network, what it was at first, and the history."""
    game = GAMES[name]
    model, untrained = Network(game, plan.channels), Network(game, plan.channels)
    memory = ReplayBuffer(plan.memory)
    optimizer = optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-4)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, plan.rounds)
    state = {"model": model, "optimizer": optimizer, "schedule": schedule, "memory": memory, "rng": run.rng}
    loop = run.loop(plan.rounds, name, unit=f"{plan.title}: round", **state)
    for _ in loop:
        self_play(game, model, run.pick(full=128, quick=2), plan.looks, run.rng, memory)
        sums = np.zeros(2)
        for _ in loop.batches(range(plan.steps)):
            planes, odds, value = memory.sample(256)
            planes, odds = map(mg.from_numpy, game.seen(planes.numpy(), odds.numpy(), run.rng.integers(game.symmetries)))
            answer = model(planes)
            policy, error = F.cross_entropy(answer[:, :-1], odds), F.mse_loss(answer[:, -1], value)
            optimizer.zero_grad()
            (policy + error).backward()
            optimizer.step()
            sums += policy.item(), error.item()
        schedule.step()
        loop.log(policy=sums[0] / plan.steps, value=sums[1] / plan.steps)
    return model, untrained, loop.history


def draw(axes, game: Game, title: str, model: nn.Module, history: History, looks: int, other: Moves) -> None:
    """How it learned, what it thinks of the first move, and a game it plays: it begins, with the dark stones."""
    left, middle, right = axes
    left.plot(history["policy"], label="policy: cross entropy")
    left.plot(history["value"], label="value: mean square error")
    left.set(title=f"{title}: learning", xlabel="rounds of games", ylim=(0, None))
    left.legend()
    guess, visits = ask(game, model, *EMPTY)[0][0], search(game, model, *EMPTY, looks)[0]
    if game.falls:
        moves = np.arange(len(guess))
        middle.bar(moves - 0.2, guess, 0.4, label="network")
        middle.bar(moves + 0.2, visits / visits.sum(), 0.4, label=f"after a search of {looks} boards")
        middle.set_xticks(moves, game.names)
        middle.margins(y=0.25)
        middle.set(title="The first move", xlabel="column", ylabel="share")
        middle.legend()
    else:
        middle.imshow(visits.reshape(game.width, game.height).T, cmap="Blues", vmin=0, origin="lower")
        middle.set(title=f"The first move, after a search of {looks} boards")
        middle.grid(visible=False)
        lettered(middle, game)

    (mine, theirs), turn, result = EMPTY, 0, [np.nan]
    right.set(xlim=(-0.5, game.width - 0.5), ylim=(-0.5, game.height - 0.5), aspect="equal")
    lettered(right, game)
    while np.isnan(result[0]):
        move = (other if turn % 2 else player(game, model, looks))(mine, theirs)
        (at,) = np.argwhere(game.places == game.landings(mine, theirs)[0, move])
        right.plot(*at, "o", ms=170 / game.height, color="tab:orange" if turn % 2 else "tab:blue")
        right.text(*at, str(turn + 1), ha="center", va="center", color="white")
        mine, theirs, result = game.move(mine, theirs, move)
        turn += 1
    end = "a draw" if not result[0] else f"the {'network' if turn % 2 else 'other'} wins"
    right.set(title=f"A game (blue: the network): {end}")


def lettered(board, game: Game) -> None:
    board.set_xticks(range(game.width), list("abcdefg"[: game.width]))
    board.set_yticks(range(game.height), range(1, game.height + 1))


def against_you(run: Run, name: str, channels: int, looks: int) -> None:
    game = GAMES[name]
    model = Network(game, channels)
    model.load_state_dict(mg.load(run.folder / f"{name}.npz"))

    def you(mine: np.ndarray, theirs: np.ndarray) -> np.ndarray:
        possible = dict(zip(game.names, game.landings(mine, theirs)[0]))
        print(game.text(int(mine[0]), int(theirs[0])), " ".join("abcdefg"[: game.width]), sep="\n")
        while not possible.get(answer := input("your move (you are X): ").strip()):
            print("one of", *(name for name, stone in possible.items() if stone))
        return np.array([game.names.index(answer)])

    def it(mine: np.ndarray, theirs: np.ndarray) -> np.ndarray:
        move = player(game, model, looks)(mine, theirs)
        print(f"it plays {game.names[move[0]]}")
        return move

    result = compete(game, [you, it], 1)[0]
    print({1: "You win.", 0: "A draw.", -1: "It wins."}[int(result)])


def main(run: Run, game: str = "all", *, play: bool = False) -> None:
    if game not in ("all", *GAMES):
        raise SystemExit(f"board_game: no game {game!r}; there are all, {', '.join(GAMES)}")
    chosen = list(GAMES) if game == "all" else [game]
    quick = Plan("quick", 4, 2, 3, 2, 500)
    plans = run.pick(full=PLANS, quick={name: quick._replace(title=plan.title) for name, plan in PLANS.items()})
    if play:
        return against_you(run, chosen[-1], plans[chosen[-1]].channels, 400)
    figure, panels = viz.figure(len(chosen), 3, size=(15, 4.6 * len(chosen)))
    for name, row in zip(chosen, np.reshape(panels, (-1, 3))):
        rules, plan = GAMES[name], plans[name]
        model, untrained, history = learn(run, name, plan)
        trained, new = (player(rules, net, 2 * plan.looks) for net in (model, untrained))
        other = alpha_beta(rules, plan.depth, np.random.default_rng(run.seed))
        known = {"baseline_name": "search, untrained", "percent": True}
        if name == "tictactoe":
            lost, before = share_lost(rules, trained), share_lost(rules, new)
            run.result("tic-tac-toe: of all possible games lost", lost, baseline=before, floor=0, better="lower", **known)
        else:
            games = run.pick(full=100, quick=2)
            won, before = ((compete(rules, [one, other], games) == 1).mean() for one in (trained, new))
            run.result(f"{plan.title}: games won against alpha-beta, {plan.depth} deep", won, baseline=before, floor=0.5, **known)
        draw(row, rules, plan.title, model, history, 2 * plan.looks, other)
        run.save(model, name)
    run.figure(figure)


if __name__ == "__main__":
    Run.start(main)
