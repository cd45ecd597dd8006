"""`minigrad predict FILE IMAGE`: the probabilities of the ten digits for a picture."""

from __future__ import annotations

import argparse

import minigrad as mg
from minigrad.cli.errors import reading
from minigrad.cli.images import read_digit
from minigrad.cli.train import predict
from minigrad.cli.weights import load_network

BAR = 40  # characters for a probability of 1


def run(args: argparse.Namespace) -> None:
    with reading():
        model = load_network(args.weights)
        image = read_digit(args.image)
    probabilities = predict(model, mg.tensor(image[None, None]))[0]
    for digit, p in enumerate(probabilities):
        print(f"{digit}  {p:7.2%}  {'#' * round(BAR * p)}".rstrip())
    print(f"digit: {probabilities.argmax()}")
