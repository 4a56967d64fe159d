"""What grows with load, and what must not. See Tests/Benchmarks/growth."""

import argparse
import functools
import json
import os
import statistics
import subprocess
import sys
import threading

from bench import ANSWER, REQUEST, Load, Service, machine, measure, median, say, table
from peers import Floor, FloorLibcurl, Flowhook, Go, SETTINGS, start_front, write_store
from processes import Workshop

PARKED, FEW = 8000, 1024
# Seconds in which the clients begin, or their requests would all come, and be answered, in the same moment.
RAMP = 4
KILOBYTES_BOUND, FLAT_BOUND, LOOPS_BOUND, LATE_BOUND, LOG_BOUND, CGI_BOUND = 64, 1.2, 1.25, 10, 3, 10
# Calls a second that come one by one, and how many waits more than the floor's a call may take then.
SLOWLY, WAKES_BOUND = 200, 0.2


class Stand:
    """A workshop with a service, a load, and one Flowhook at a time behind nginx."""

    def __init__(self, workshop, options):
        self.workshop = workshop
        self.options = options
        self.service = Service(workshop)
        self.load = Load(workshop)
        self.count = 0
        self.rows = []
        self.errors = 0

    def start(self, settings=""):
        """Starts a Flowhook with some settings and an nginx in front of it."""
        return self.start_peer(Flowhook, settings)

    def start_peer(self, kind, *words):
        """Starts a peer and an nginx in front of it."""
        self.count += 1
        numbered = type("Numbered", (kind,), {"name": f"{kind.name}-{self.count}"})
        peer = numbered(self.workshop, self.service, *words)
        return peer, start_front(self.workshop, [peer], f"front-{self.count}")

    def stop(self, peer, front):
        self.workshop.stop(front)
        self.workshop.stop(peer.process)

    def measure(self, peer, front, clients, *plan, **more):
        result = measure(self.load, peer, front, clients, *plan, **more)
        self.errors += result["errors"]
        say(f"{peer.name}  {clients:5} clients  {result['rate']:7.0f}/s  {result['cpu']:6.1f} µs  p99 "
            f"{result['p99']:.1f} ms  {result['errors']} errors")
        return result

    def row(self, what, figure, bound, holds):
        self.rows.append([what, figure, bound, "" if holds is None else "yes" if holds else "NO"])


def parked(stand):
    """Thousands of requests in flight at a service that takes a second: no error, and memory for each."""
    peer, front = stand.start("max_in_flight: 10000\n")
    stand.service.set_delay(0)
    stand.load.run(peer.address, 16, "calls", 500)
    empty, _ = peer.process.memory()
    stand.service.set_delay(1000)
    waiting = []
    timer = threading.Timer(RAMP + 3.5, lambda: waiting.append(stand.service.status()["waiting"]))
    timer.start()
    result = stand.measure(peer, front, PARKED, "seconds", 6, RAMP, memory_after=RAMP + 3)
    timer.join()
    largest = stand.service.status()["largest"]
    each = (result["pss"] * 1e6 - empty) / largest / 1000
    stand.row(f"requests in flight at a 1 s service ({result['errors']} errors)",
              f"{largest:,} at most, {waiting[0]:,} in the middle", f"{PARKED:,}, no error",
              result["errors"] == 0 and largest >= PARKED * 0.97)
    stand.row("memory for each of them", f"{each:.1f} kB", f"at most {KILOBYTES_BOUND} kB", each <= KILOBYTES_BOUND)
    stand.stop(peer, front)


def flat(stand):
    """CPU a call with few and with many in flight, at the same rate: the service is slower by as much as there are
    more."""
    peer, front = stand.start("max_in_flight: 10000\n")
    rate = stand.options.rate
    figures = {}
    for clients in (FEW, PARKED):
        stand.service.set_delay(round(1000 * clients / rate))
        stand.load.run(peer.address, clients, "seconds", 1, RAMP)
        figures[clients] = statistics.median(
            stand.measure(peer, front, clients, "seconds", 5, RAMP)["cpu"] for _ in range(stand.options.rounds))
    ratio = figures[PARKED] / figures[FEW]
    stand.row(f"CPU a call, {PARKED:,} in flight beside {FEW:,}, both {rate:,}/s",
              f"{figures[PARKED]:.1f} / {figures[FEW]:.1f} µs = {ratio:.2f}", f"at most {FLAT_BOUND}",
              ratio <= FLAT_BOUND)
    stand.stop(peer, front)


def loops(stand):
    """CPU a call with two event loops and with one: as many calls as can be made, and the same fixed rate."""
    running = {count: stand.start(f"event_loops: {count}\n") for count in (1, 2)}
    rate = stand.options.rate
    cells = [(delay, clients, ("seconds", 3)) for delay in (0, 50) for clients in (64, FEW)]
    for delay, clients, plan in cells + [(50, FEW, ("rate", rate, 5))]:
        figures = {count: [] for count in running}
        stand.service.set_delay(delay)
        for _ in range(stand.options.rounds):
            for count, (peer, front) in running.items():
                stand.load.run(peer.address, clients, *plan[:-1], 1)
                figures[count].append(stand.measure(peer, front, clients, *plan)["cpu"])
        one, two = statistics.median(figures[1]), statistics.median(figures[2])
        pace = f", both {rate:,}/s" if plan[0] == "rate" else ""
        stand.row(f"CPU a call with two event loops beside one, {delay} ms x {clients:,}{pace}",
                  f"{two:.1f} / {one:.1f} µs = {two / one:.2f}", f"at most {LOOPS_BOUND}", two / one <= LOOPS_BOUND)
    for peer, front in running.values():
        stand.stop(peer, front)


def wakes(stand):
    """How often a thread is woken for a call where calls come one by one, beside the floor, which is woken for the request
    and for the answer."""
    figures = {}
    stand.service.set_delay(50)
    for kind in (Flowhook, Floor):
        peer, front = stand.start_peer(kind)
        stand.load.run(peer.address, 64, "rate", SLOWLY, 1)
        found = []
        for _ in range(stand.options.rounds):
            before = peer.process.waits()
            calls = stand.measure(peer, front, 64, "rate", SLOWLY, 4)["calls"]
            found.append((peer.process.waits() - before) / calls)
        figures[kind] = statistics.median(found)
        stand.stop(peer, front)
    own, floor = figures[Flowhook], figures[Floor]
    stand.row(f"waits a call at {SLOWLY} calls/s beside the floor's", f"{own:.2f} / {floor:.2f}",
              f"at most {WAKES_BOUND} more", own - floor <= WAKES_BOUND)


def rate(stand):
    """Latency at a fixed rate, whether or not the answers come; for comparison the floor, which tells what the machine
    itself adds, the floor with libcurl, which tells what Flowhook's own code adds, and Go."""
    wanted = stand.options.rate
    running = {kind: stand.start_peer(kind) for kind in (Flowhook, Floor, FloorLibcurl, Go)}
    stand.service.set_delay(50)
    results = {kind: [] for kind in running}
    for _ in range(stand.options.rounds):
        for kind, (peer, front) in running.items():
            stand.load.run(peer.address, FEW, "rate", wanted, 2)
            # What the others cannot keep up with is no error of Flowhook's.
            measured = stand.measure if kind is Flowhook else functools.partial(measure, stand.load)
            results[kind].append(measured(peer, front, FEW, "rate", wanted, 5))
    for kind, found in results.items():
        late = median(found, "p99") - 50
        is_own = kind is Flowhook
        stand.row(f"p99 above the service's 50 ms at {wanted:,} calls/s: {kind.title}", f"{late:.1f} ms",
                  f"at most {LATE_BOUND} ms" if is_own else "", late <= LATE_BOUND if is_own else None)
    for peer, front in running.values():
        stand.stop(peer, front)


def log(stand):
    """What the line that a request logs costs: one process, told again and again to log it or not, since two processes
    of one program may differ by more."""
    levels = ("warning", "info")
    peer, front = stand.start()
    stand.service.set_delay(0)
    costs = []
    for turn in range(10 * stand.options.rounds):
        figures = {}
        # Whatever else changes on the machine in the meantime weighs on both alike.
        for level in levels if turn % 2 else reversed(levels):
            stand.workshop.write(f"{peer.name}-store/flowhook.yaml", SETTINGS.format(log_level=level))
            # The change is taken in the meantime.
            stand.load.run(peer.address, 64, "seconds", 0.6)
            size = peer.process.log.stat().st_size
            result = stand.measure(peer, front, 64, "seconds", 0.8)
            figures[level] = result["cpu"]
            lines = (peer.process.log.stat().st_size - size) / 100
            if (lines > result["calls"]) != (level == "info"):
                sys.exit(f"{lines:.0f} lines or so at log_level: {level} for {result['calls']} calls")
        costs.append(figures["info"] - figures["warning"])
    cost = statistics.median(costs)
    stand.row("CPU of the line that a request logs", f"{cost:.1f} µs", f"at most {LOG_BOUND} µs", cost <= LOG_BOUND)
    stand.stop(peer, front)


def cgi(stand):
    """CPU of one CGI process with ten webhooks and a hundred programs, beside a C program that links and initialises
    the same libraries."""
    store = write_store(stand.workshop, "cgi", stand.service, SETTINGS.format(log_level="warning"), 10, 100)
    stand.service.set_delay(0)
    body = json.dumps(REQUEST).encode()
    environment = {
        "PATH": os.environ["PATH"], "FLOWHOOK_STORE": str(store), "GATEWAY_INTERFACE": "CGI/1.1",
        "REQUEST_METHOD": "POST", "REQUEST_URI": "/flow/call-webhook", "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
    }

    def milliseconds(program, expected):
        before = os.times()
        for _ in range(20):
            done = subprocess.run([str(program)], input=body, env=environment, capture_output=True, timeout=30)
            if expected not in done.stdout.decode():
                stand.errors += 1
                say(f"{program.name}: {done.stdout.decode()} {done.stderr.decode()}")
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        return spent / 20 * 1000

    own, floor = [], []
    for _ in range(stand.options.rounds):
        floor.append(milliseconds(stand.workshop.programs / "cgi-floor", f'{{"bytes":{len(body)}}}'))
        own.append(milliseconds(stand.workshop.programs / "flowhook", ANSWER))
    own, floor = statistics.median(own), statistics.median(floor)
    stand.row("CPU of one CGI request beside a C program with the same libraries",
              f"{own:.1f} - {floor:.1f} = {own - floor:.1f} ms", f"at most {CGI_BOUND} ms", own - floor <= CGI_BOUND)


PARTS = {part.__name__: part for part in (parked, flat, loops, wakes, rate, log, cgi)}


def main():
    parser = argparse.ArgumentParser(prog="Tests/Benchmarks/growth")
    parser.add_argument("programs", help=argparse.SUPPRESS)
    parser.add_argument("parts", nargs="*", help=f"{', '.join(PARTS)}; all by default")
    parser.add_argument("--rounds", type=int, default=3, help="the figures are medians of so many rounds (3)")
    parser.add_argument("--rate", type=int, default=5000, help="calls a second where the rate is fixed (5000)")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    with Workshop(options.programs) as workshop:
        stand = Stand(workshop, options)
        for name, part in PARTS.items():
            if not options.parts or name in options.parts:
                part(stand)
    print(f"{machine()}; {options.rounds} rounds, medians\n")
    table(["", "is", "is to be", "holds"], stand.rows)
    if stand.errors:
        sys.exit(f"{stand.errors} calls failed")


main()
