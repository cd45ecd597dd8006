"""minigrad against its peers: every op of the registry, whole training steps, and what an import costs. See docs/benchmarks.md.

cases.py      what is measured of the ops: the registry's own samples, scaled up
networks.py   whole training steps, described once as data
programs.py   short programs, described once for the libraries that share their names
process.py    import time and size
scaling.py    two threads against one, alone and beside a busy process
memory.py     peak memory of training steps, and growth
roofline.py   what the machine can do (probe.c), and how much of it is reached
history.py    the history of each machine, and the comparison of two runs
wire.py       messages between the runner and its workers
worker.py     one peer in its own process
peers/        how each peer runs a case
runner.py     equality first, then interleaved rounds
coverage.py   no times: which ops have which property, and what PyTorch has besides
report.py     table, JSON, picture
pages.py      the tables in the docs and the README
"""
