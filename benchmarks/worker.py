"""One peer in its own process: `python -m benchmarks.worker PEER THREADS`, started by runner.py, spoken to over stdin and stdout.

{"do": "setup", "case": {...}}  ->  {"outputs": [...]} or {"lacks": why} or {"error": text}
{"do": "run", "n": 100}         ->  {"wall": seconds, "cpu": seconds}
"""

from __future__ import annotations

import gc
import os
import sys
import time
import traceback
import warnings
from importlib import import_module

from benchmarks import wire
from benchmarks.peers import Lacks


def main(name: str, threads: int) -> None:
    # What a library prints must not get into the conversation: file descriptor 1 becomes stderr, we keep the pipe.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests = sys.stdin.buffer
    warnings.simplefilter("ignore")
    if threads == 1 and hasattr(os, "sched_setaffinity"):
        # One thread is one core, also for libraries that hand all work to threads of their own.
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    try:
        peer = import_module(f"benchmarks.peers.{name}_peer").Peer(threads)
        wire.send(replies, {"version": peer.version})
    except ImportError as error:
        wire.send(replies, {"missing": str(error)})
        return
    gc.freeze()  # what the peer imported is not ours to walk through at every collection
    run = None
    while True:
        try:
            message = wire.receive(requests)
        except wire.Closed:
            return
        try:
            if message["do"] == "setup":
                run = None
                run, outputs = peer.setup(message["case"])
                reply = {"outputs": outputs}
            else:
                wall, cpu = time.perf_counter(), time.process_time()
                own = run(message["n"])  # a network puts its parameters back before it starts the clock itself
                reply = own or {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        except Lacks as error:
            reply = {"lacks": str(error)}
        except Exception as error:
            line = "".join(traceback.format_exception_only(error)).strip().splitlines()
            reply = {"error": line[0][:200] if line else repr(error)}
        wire.send(replies, reply)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
