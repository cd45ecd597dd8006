"""minigrad against its peers: every op of the registry, whole training steps, and what an import costs. See docs/benchmarks.md.

cases.py      what is measured of the ops: the registry's own samples, scaled up
networks.py   whole training steps, described once as data
process.py    import time and size
wire.py       messages between the runner and its workers
worker.py     one peer in its own process
peers/        how each peer runs a case
runner.py     equality first, then interleaved rounds
coverage.py   no times: which ops have which property, and what PyTorch has besides
report.py     table, JSON, picture, the page of docs
"""
