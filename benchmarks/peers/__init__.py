"""How each peer runs a case. A module NAME_peer has a class Peer(threads) with `version` and `setup(case) -> (run, outputs)`:
`run(n)` does the work n times, `outputs` is a list of arrays (values first, then gradients) that must be the same for all peers."""

from __future__ import annotations

NAMES = ("torch", "jax", "onnxruntime", "tinygrad", "numpy", "autograd", "mygrad")


class Lacks(Exception):
    """The peer has no such op, or not this form of it."""


def environment(threads: int) -> dict[str, str]:
    """What tells the peers how many threads they may use before they start."""
    n = str(threads)
    names = ("OMP", "MKL", "OPENBLAS", "NUMEXPR", "VECLIB", "MINIGRAD")
    settings = {f"{name}_NUM_THREADS": n for name in names} | {
        "CPU_COUNT": n,
        "JAX_PLATFORMS": "cpu",
        "DEV": "CPU",
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
    if threads == 1:
        settings["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    return settings
