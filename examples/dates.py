"""A Transformer reads dates in whatever form people write them, and writes them all as 1998-03-03.

"Tuesday, 3 March 1998", "3/3/98", "MAR 3RD, 1998": twenty forms of a date, in large letters or small, become one. It is translation in
little: the encoder reads a text letter by letter, the decoder writes another, and at each letter looks back at those it needs. Nobody tells
it that there are years, months and days; it has pairs of texts. It is tested on days that it has seen in no form at all. The rule to
compare with copies the numbers, knows what the months are called, and takes what is left for day, month and year in this order. To see that
the month comes first where there are slashes, and the year where it has four digits, is what the network does by itself.

Data: made by the program (days as people write them).

Source: Vaswani et al., "Attention is all you need" (2017).
"""

import calendar
import datetime
import re
import string

import numpy as np

import minigrad as mg
from minigrad import datasets, explain, nn, optim, viz
from minigrad.text import Translator, Vocabulary
from minigrad.train import Run

# Numbers with slashes are American, the month first; with full stops European. {y} is a year of two digits: 69 to 99 are those of the
# last century, as in Unix.
FORMS = (
    "{day} {month} {year}", "{day:02} {mon} {year}", "{weekday}, {day} {month} {year}", "{wday} {day:02} {mon} {y:02}", "{nth} {month} {year}",
    "the {nth} of {month}, {year}", "{day}-{mon}-{y:02}", "{day:02}{mon}{year}", "{day}.{m}.{year}", "{day:02}.{m:02}.{y:02}",
    "{month} {day}, {year}", "{mon} {nth}, {year}", "{weekday}, {month} the {nth}, {year}", "{wday} {mon} {day:02} {year}", "{m}/{day}/{y:02}",
    "{m:02}/{day:02}/{year}", "{year}/{m}/{day}", "{year} {month} {day}", "{year}{m:02}{day:02}", "{y:02}-{m:02}-{day:02}",
)  # fmt: skip
FIRST, DAYS = datetime.date(1969, 1, 1), 36525
PAD, START, END = range(3)
LETTERS = Vocabulary(string.ascii_letters + string.digits + " ,.-/", specials=["<pad>", "<start>", "<end>"])


def date(number: int) -> datetime.date:
    return FIRST + datetime.timedelta(int(number))


def written(day: datetime.date, form: str) -> str:
    last = {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10 if day.day // 10 != 1 else 0, "th")
    return form.format(
        day=day.day, nth=f"{day.day}{last}", m=day.month, month=calendar.month_name[day.month], mon=calendar.month_abbr[day.month],
        year=day.year, y=day.year % 100, weekday=calendar.day_name[day.weekday()], wday=calendar.day_abbr[day.weekday()],
    )  # fmt: skip


def examples(rng: np.random.Generator, days: np.ndarray) -> tuple[list[str], list[str], np.ndarray]:
    """Each day in a form drawn by lot and in small or large letters, as it is to be written, and the number of the form."""
    forms = rng.integers(0, len(FORMS), len(days))
    cases = [(str, str.lower, str.upper)[i] for i in rng.integers(0, 3, len(days))]
    dates = [date(number) for number in days]
    return [case(written(day, FORMS[i])) for case, day, i in zip(cases, dates, forms)], [day.isoformat() for day in dates], forms


def numbers(texts: list[str]) -> mg.Tensor:
    return nn.utils.rnn.pad_sequence([LETTERS.encode(text) for text in texts], batch_first=True, padding_value=PAD)


def framed(texts: list[str]) -> mg.Tensor:
    """All of one length, with START in front and END behind."""
    inner = numbers(texts)
    return nn.functional.pad(nn.functional.pad(inner, (1, 0), value=START), (0, 1), value=END)


def read(model: Translator, texts: list[str]) -> list[str]:
    """Greedily: for what is this certain, a wider search finds nothing else."""
    parts = [numbers(texts[i : i + 256]) for i in range(0, len(texts), 256)]
    return [LETTERS.decode(text) for part in parts for text in model.translate(part, START, END, width=1, longest=12)]


def rule(text: str) -> str:
    """Day, month, year in the order in which they stand, a month by its name wherever it stands."""
    text = text.lower()
    month = [i for i in range(1, 13) if calendar.month_abbr[i].lower() in text]
    found = [int(n) for n in re.findall(r"\d+", text)]
    if len(found) == 2 and month:
        found.insert(1, month[0])
    if len(found) != 3:
        return ""
    day, month, year = found
    return f"{year if year > 99 else year + (1900 if year >= 69 else 2000):04}-{month:02}-{day:02}"


def draw(model: Translator, course: list[float], day: datetime.date, forms: np.ndarray, right: dict[str, np.ndarray]):
    """How it learnt, how much of each form is right, and how it translates a day."""
    figure, (curve, bars, looks) = viz.figure(1, 3, size=(15, 5))
    viz.curves({"right": course}, percent=True, title="Learning", ylabel="share right of days kept back", ax=curve)
    curve.set_xlabel("round")
    rows = np.arange(len(FORMS))
    for shift, (name, each) in zip((-0.2, 0.2), right.items()):
        bars.barh(rows + shift, [each[forms == i].mean() if (forms == i).any() else 0 for i in rows], 0.4, label=name)
    bars.set_yticks(rows, [written(day, form) for form in FORMS])
    bars.invert_yaxis()
    bars.set(title=f"{right['network'].mean():.2%} of {len(forms):,} test days right", xlabel="share right, by form")
    figure.legend(*bars.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    text, answer = written(day, FORMS[2]), day.isoformat()
    weights = explain.attention_weights(model, numbers([text]), framed([answer])[:, :-1])["transformer.decoder.layers.1.multihead_attn"]
    viz.attention(weights[0].mean(0), [*answer, "end"], list(text), title="What it looks at as it writes", ylabel="writes", ax=looks)
    return figure


def share(found: list[str], wanted: list[str]) -> float:
    return float(np.mean([a == b for a, b in zip(found, wanted, strict=True)]))


def main(run: Run) -> None:
    seen, test = datasets.holdout(DAYS, share=0.2)
    kept_back, seen = seen[::40], np.delete(seen, np.s_[::40])
    run.note(data=f"{len(seen):,} days to learn from, {len(test):,} to test on, {len(FORMS)} forms of each")
    width = run.pick(full=64, quick=16)
    model = Translator(len(LETTERS), len(LETTERS), width, heads=4, layers=2, longest=40, dropout=0.0, shared=True)
    rounds, steps = run.pick(full=(30, 60), quick=(2, 4))
    optimizer = optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2e-3, total_steps=rounds * steps)
    valid = examples(np.random.default_rng(1), kept_back[: run.pick(full=500, quick=8)])
    loop = run.loop(rounds, unit="round", model=model, optimizer=optimizer, schedule=schedule, rng=run.rng)
    for _ in loop:
        model.train()
        losses = []
        for _ in loop.batches(range(steps)):
            texts, wanted, _ = examples(run.rng, run.rng.choice(seen, 64))
            loss = model.loss(numbers(texts), framed(wanted))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        loop.log(loss=np.mean(losses), right=share(read(model, valid[0]), valid[1]))

    texts, wanted, forms = examples(np.random.default_rng(2), test[: run.pick(full=None, quick=40)])
    found = read(model, texts)
    right, simple = (np.array([a == b for a, b in zip(guess, wanted)]) for guess in (found, [rule(text) for text in texts]))
    run.result("dates never seen, right in all", right.mean(), baseline=simple.mean(), baseline_name="rule", floor=0.99, percent=True)
    run.note(mistakes=[f"{text} -> {a}" for text, a, ok in zip(texts, found, right) if not ok][:10])
    run.save(model)
    run.figure(draw(model, loop.history["right"], date(test[2100]), forms, {"network": right, "rule": simple}))


if __name__ == "__main__":
    Run.start(main)
