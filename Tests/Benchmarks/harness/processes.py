"""Processes that a benchmark starts: how they begin, what they cost, and that they end."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, condition, seconds=20):
    """Waits for something to come true, or ends the benchmark."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    sys.exit(f"{what} did not come up")


class Process:
    """A program and all that it starts, in a group of their own."""

    def __init__(self, name, words, log, environment=None):
        self.name = name
        self.log = log
        with open(log, "ab") as output:
            self.child = subprocess.Popen(
                [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env={**os.environ, **(environment or {})}, start_new_session=True)

    def tree(self):
        """The ids of the process and its descendants."""
        children = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                stat = read(f"/proc/{entry}/stat")
                if stat:
                    children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry))
        found = [self.child.pid]
        for process in found:
            found += children.get(process, [])
        return found

    def cpu_seconds(self):
        """User and system time of the tree, those included that have ended and were waited for."""
        ticks = 0
        for process in self.tree():
            stat = read(f"/proc/{process}/stat")
            if stat:
                ticks += sum(int(field) for field in stat.rpartition(")")[2].split()[11:15])
        return ticks / TICKS

    def waits(self):
        """How often the tree's threads that run now have gone to sleep for something, in all."""
        count = 0
        for process in self.tree():
            for thread in pathlib.Path(f"/proc/{process}/task").glob("*/status"):
                for line in (read(thread) or "").splitlines():
                    if line.startswith("voluntary_ctxt_switches:"):
                        count += int(line.split()[1])
        return count

    def memory(self):
        """Resident bytes of the tree: its share of shared pages (PSS), and all of them (RSS)."""
        pss = rss = 0
        for process in self.tree():
            for line in (read(f"/proc/{process}/smaps_rollup") or "").splitlines():
                if line.startswith("Pss:"):
                    pss += int(line.split()[1]) * 1024
                elif line.startswith("Rss:"):
                    rss += int(line.split()[1]) * 1024
        return pss, rss

    def check(self):
        """Ends the benchmark where the process has ended by itself."""
        if self.child.poll() is not None:
            sys.exit(f"{self.name} has ended with status {self.child.returncode}:\n{tail(self.log)}")

    def stop(self):
        """Ends the tree."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.child.pid, number)
            except ProcessLookupError:
                pass
            try:
                self.child.wait(timeout=4)
                if number == signal.SIGKILL:
                    return
            except subprocess.TimeoutExpired:
                pass


class Workshop:
    """A directory for one run, and the processes of that run; both are gone at its end, however it ends."""

    def __init__(self, programs):
        self.programs = pathlib.Path(programs)
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="flowhook-benchmark."))
        # The workers of web servers may run as somebody else.
        self.directory.chmod(0o755)
        self.processes = []

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(130))
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self, name, words, environment=None):
        """Starts a program; what it prints goes to a file."""
        process = Process(name, words, self.directory / f"{name}.log", environment)
        self.processes.append(process)
        return process

    def stop(self, process):
        """Ends one process before the run ends."""
        process.stop()
        self.processes.remove(process)

    def write(self, name, text):
        """Writes a file, its folders too; gives its path."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


def read(path):
    """A file of /proc; None where its process is gone."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return None


def tail(path, lines=20):
    """The end of a file."""
    return "\n".join(pathlib.Path(path).read_text(errors="replace").splitlines()[-lines:])
