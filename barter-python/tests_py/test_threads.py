"""What runs in Rust leaves Python to other threads, and hears Ctrl-C."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from functools import partial

import pytest
from barter_python import (
    Backtest,
    Candle,
    Instrument,
    SmaCrossover,
    candles_from_arrow,
    candles_to_arrow,
    read_candles,
)

WORKS = ["run", "candles_from_arrow", "read_candles"]
# A machine may do much else.
PATIENCE = 120


def work(name, path):
    """A call that is busy in Rust for some milliseconds."""
    start = datetime(2026, 1, 5, tzinfo=timezone.utc)
    minutes = (start + timedelta(minutes=n) for n in range(20_000))
    candles = [Candle(at, "1m", 10, 11, 9, 10, 1) for at in minutes]
    if name == "run":
        instrument = Instrument("kraken", "BTC", "EUR", tick_size=1, lot_size=1)
        run = Backtest(instrument, cash=1).run
        return partial(run, candles, SmaCrossover(2, 3, 1))
    if name == "candles_from_arrow":
        return partial(candles_from_arrow, candles_to_arrow(candles))
    head = "open_time,interval,open,high,low,close,volume\n"
    path.write_text(head + "2026-01-05T13:30:00Z,1m,10,11,9,10,1\n" * len(candles))
    return partial(read_candles, str(path))


def lets_others_run(work):
    """Whether a thread that waits for Python gets it before the work is done.

    Nobody is asked to give Python up, so that happens only where the work leaves it alone.
    """
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1_000)
    try:
        order, start = [], threading.Event()
        other = threading.Thread(target=lambda: (start.wait(), order.append("other")))
        other.start()
        start.set()
        work()
        order.append("work")
        other.join()
        return order == ["other", "work"]
    finally:
        sys.setswitchinterval(interval)


@pytest.mark.parametrize("name", WORKS)
def test_python_is_left_to_other_threads(name, tmp_path):
    # What holds on to Python never does; what does not may be done before the other thread wakes up.
    assert not any(lets_others_run(partial(sum, range(10**5))) for _ in range(5))
    long = work(name, tmp_path / "candles.csv")
    assert any(lets_others_run(long) for _ in range(50))


@contextmanager
def child(script, *arguments):
    path = os.pathsep.join([os.path.dirname(__file__), *sys.path])
    process = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    too_late = threading.Timer(PATIENCE, process.kill)
    too_late.start()
    try:
        yield process
    finally:
        too_late.cancel()
        process.kill()
        process.communicate()


# The works are called by C code, which looks for no signal: without an ear of their own they would go on for days. The
# other thread gets Python, and tells so, when the first has begun: past `sys.stdout`, whose lock it may hold for ever when
# the first ends, and Python aborts at its end where it cannot take that lock.
ENDLESS = """
import collections, itertools, os, pathlib, sys, threading
from test_threads import work

long = work(sys.argv[1], pathlib.Path(sys.argv[2]))
start = threading.Event()
tell = lambda: (start.wait(), os.write(1, b"begun\\n"))
threading.Thread(target=tell, daemon=True).start()
sys.setswitchinterval(1_000)
start.set()
collections.deque(itertools.starmap(long, itertools.repeat(())), maxlen=0)
"""

posix = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="signals and pipes")


@posix
@pytest.mark.parametrize("name", WORKS)
def test_ctrl_c_ends_what_runs_in_rust(name, tmp_path):
    with child(ENDLESS, name, tmp_path / "candles.csv") as process:
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        assert process.stderr.read().endswith("\nKeyboardInterrupt\n")


WAITING = """
import sys, barter_python
print("begun", flush=True)
barter_python.read_candles(sys.argv[1])
"""


@posix
def test_ctrl_c_ends_the_wait_for_a_pipe(tmp_path):
    pipe = tmp_path / "candles.csv"
    os.mkfifo(pipe)
    with child(WAITING, pipe) as process:
        assert process.stdout.readline() == "begun\n"
        # It is open once the other end is, and may not wait yet when the first signal comes.
        with open(pipe, "w"):
            while process.poll() is None:
                process.send_signal(signal.SIGINT)
                time.sleep(0.1)
        assert "KeyboardInterrupt\n" in process.stderr.read()
