"""Runs programs for the benches and says what each took.

Node cannot ask what a child of its own used (wait4 is not in its API), so this small process does: one JSON
object a line in, one a line out.

{"do": "run", "argv": [...], "cwd": DIR, "out": FILE, "err": FILE, "limit": SECONDS, "watch": [PID...]}
    -> {"seconds", "cpu", "status", "peak", "watched"}: wall time from before the spawn until after the exit, CPU
       seconds (user and system, of the program and what it waited for), peaks of resident memory in bytes: the
       program's, and those of the watched processes with their children together.
{"do": "cpu", "pids": [PID...]} -> {"cpu"}: CPU seconds so far, with children that have been waited for.
{"do": "python"} -> {"path", "version"}
"""

import json
import os
import select
import signal
import sys
import time

TICK = os.sysconf("SC_CLK_TCK")
# Between two looks at memory. What is read is a high-water mark: only growth in the last moments can be missed.
LOOK = 0.05


def fields(pid):
    with open(f"/proc/{pid}/stat", "rb") as file:
        # The name, in parentheses, may hold spaces and parentheses itself.
        return file.read().rpartition(b") ")[2].split()


def tree(pid):
    found = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                for child in file.read().split():
                    found += tree(int(child))
    except OSError:
        pass
    return found


def cpu(pid):
    total = 0
    for each in tree(pid):
        try:
            # utime, stime, and both of the children that were waited for
            total += sum(int(field) for field in fields(each)[11:15])
        except OSError:
            pass
    return total / TICK


def high_water(pid):
    try:
        with open(f"/proc/{pid}/status") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def run(order):
    os.chdir(order["cwd"])
    write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, order["out"], write, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, order["err"], write, 0o600),
    ]
    argv = order["argv"]
    watch = order.get("watch", [])
    peak = watched = 0
    start = time.perf_counter()
    pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=actions)
    end = os.pidfd_open(pid)
    over = select.poll()
    over.register(end, select.POLLIN)
    while not over.poll(LOOK * 1000):
        peak = max(peak, sum(high_water(each) for each in tree(pid)))
        watched = max(watched, sum(high_water(each) for root in watch for each in tree(root)))
        if time.perf_counter() - start > order["limit"]:
            os.kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    os.close(end)
    # Shorter than one look: what wait4 knows, which is at least what this process itself had.
    peak = peak or usage.ru_maxrss * 1024
    return {
        "seconds": seconds,
        "cpu": usage.ru_utime + usage.ru_stime,
        "status": os.waitstatus_to_exitcode(status),
        "peak": peak,
        "watched": watched,
    }


def answer(order):
    if order["do"] == "run":
        return run(order)
    if order["do"] == "cpu":
        return {"cpu": sum(cpu(pid) for pid in order["pids"])}
    return {"path": sys.executable, "version": sys.version.split()[0]}


for line in sys.stdin:
    try:
        said = answer(json.loads(line))
    except OSError as error:
        said = {"failed": str(error)}
    print(json.dumps(said), flush=True)
