"""Flowhook beside its peers, cell by cell. See Tests/Benchmarks/run."""

import argparse
import json
import sys

import peers as all_peers
from bench import Load, Service, machine, measure, median, ratio, say, table
from processes import Workshop

CELLS = [(delay, clients) for delay in (0, 50) for clients in (64, 1024)]
# The share of a peer's CPU that Flowhook may take for a call.
BOUNDS = {"c": 3.0, "go": 0.6, "go-fcgi": 0.4, "php": 0.25}
# How many times Go's calls a second Flowhook makes at least with 1,024 clients.
RATE_BOUND = 1.3


def arguments():
    names = [peer.name for peer in all_peers.ALL if peer is not all_peers.Flowhook]
    cells = [f"{delay}x{clients}" for delay, clients in CELLS]
    parser = argparse.ArgumentParser(prog="Tests/Benchmarks/run", description="Flowhook beside what else could do its job.")
    parser.add_argument("programs", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=3, help="the figures are medians of so many rounds (3)")
    parser.add_argument("--seconds", type=float, default=5, help="how long each cell is measured (5)")
    parser.add_argument("--warm-up", type=float, default=1.5, help="how long it runs before that, in seconds (1.5)")
    parser.add_argument("--peers", default=",".join(names), help=f"beside Flowhook: {','.join(names)}")
    parser.add_argument("--cells", default=",".join(cells), help="milliseconds of the service x clients: " + ",".join(cells))
    parser.add_argument("--json", help="a file for every round's figures")
    options = parser.parse_args()
    options.peers = [name for name in options.peers.split(",") if name]
    unknown = set(options.peers) - set(names)
    if unknown:
        parser.error(f"no such peer: {', '.join(sorted(unknown))}")
    try:
        options.cells = [tuple(int(part) for part in cell.split("x")) for cell in options.cells.split(",")]
    except ValueError:
        parser.error("cells are written as 50x1024")
    return options


def run(options, workshop):
    """All rounds of all cells: {(delay, clients): {peer: [figures]}}."""
    service = Service(workshop)
    load = Load(workshop)
    chosen = [peer for peer in all_peers.ALL if peer is all_peers.Flowhook or peer.name in options.peers]
    running = [peer(workshop, service) for peer in chosen]
    front = all_peers.start_front(workshop, running)
    figures = {cell: {peer.name: [] for peer in running} for cell in options.cells}
    for number in range(options.rounds):
        for delay, clients in options.cells:
            # Each round another peer begins: none has always the machine that another has warmed up.
            turn = number % len(running)
            for peer in running[turn:] + running[:turn]:
                service.set_delay(delay)
                load.run(peer.address, clients, "seconds", options.warm_up)
                result = measure(load, peer, front, clients, "seconds", options.seconds)
                figures[delay, clients][peer.name].append(result)
                say(f"round {number + 1}  {delay:3} ms  {clients:5} clients  {peer.name:8} {result['rate']:8.0f}/s  "
                    f"{result['cpu']:6.1f} µs  {result['errors']} errors")
    return running, figures


def report(options, running, figures):
    """Prints the tables; gives whether no call failed."""
    print(f"{machine()}; {options.rounds} rounds of {options.seconds:g} s, medians; everything on this machine\n")
    errors = 0
    for (delay, clients), cell in figures.items():
        own = cell["flowhook"]
        rows = []
        for peer in running:
            results = cell[peer.name]
            failed = sum(result["errors"] for result in results)
            errors += failed
            rows.append([
                peer.title, f"{median(results, 'rate'):,.0f}", f"{median(results, 'p50'):.1f}",
                f"{median(results, 'p99'):.1f}", f"{median(results, 'cpu'):.1f}",
                f"{median(results, 'cpuWithFront'):.1f}", f"{median(results, 'pss'):.0f}",
                f"{median(results, 'rss'):.0f}", failed,
                f"{ratio(own, results, 'cpu'):.2f}",
                f"{ratio(own, results, 'rate'):.2f}",
            ])
        print(f"**{delay} ms service, {clients:,} clients**\n")
        table(["", "calls/s", "p50 ms", "p99 ms", "CPU µs/call", "with nginx", "PSS MB", "RSS MB", "errors",
               "Flowhook's CPU ×", "Flowhook's calls/s ×"], rows)
        print()
    bounds(running, figures)
    return errors == 0


def bounds(running, figures):
    """Prints the worst cell of each bound."""
    rows = []
    for peer in running:
        if peer.name in BOUNDS:
            worst = max(ratio(cell["flowhook"], cell[peer.name], "cpu") for cell in figures.values())
            rows.append([f"CPU a call beside {peer.title}", f"{worst:.2f} ×", f"at most {BOUNDS[peer.name]:.2f} ×",
                         "yes" if worst <= BOUNDS[peer.name] else "NO"])
    large = [cell for (_, clients), cell in figures.items() if clients >= 1024 and "go" in cell]
    if large:
        worst = min(ratio(cell["flowhook"], cell["go"], "rate") for cell in large)
        rows.append(["calls/s beside Go net/http, 1,024 clients", f"{worst:.2f} ×", f"at least {RATE_BOUND:.2f} ×",
                     "yes" if worst >= RATE_BOUND else "NO"])
    if rows:
        table(["in the worst cell", "is", "is to be", "holds"], rows)


def main():
    options = arguments()
    with Workshop(options.programs) as workshop:
        running, figures = run(options, workshop)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({f"{delay}x{clients}": cell for (delay, clients), cell in figures.items()}, file, indent=1)
    if not report(options, running, figures):
        sys.exit("some calls failed")


main()
