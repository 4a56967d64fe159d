"""A fixed number of calls to a service that takes 50 ms. See Tests/Benchmarks/hundred-thousand."""

import argparse
import sys

from bench import Load, Service, machine, measure, median, ratio, say, table
from peers import Floor, Flowhook, Go, start_front
from processes import Workshop

CLIENTS, DELAY = 1024, 50
# How many times the floor's wall time Flowhook may take.
BOUND = 1.5


def main():
    parser = argparse.ArgumentParser(prog="Tests/Benchmarks/hundred-thousand")
    parser.add_argument("programs", help=argparse.SUPPRESS)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3, help="the figures are medians of so many rounds (3)")
    options = parser.parse_args()
    with Workshop(options.programs) as workshop:
        service = Service(workshop)
        load = Load(workshop)
        running = [peer(workshop, service) for peer in (Flowhook, Floor, Go)]
        front = start_front(workshop, running)
        service.set_delay(DELAY)
        results = {peer.name: [] for peer in running}
        for number in range(options.rounds):
            turn = number % len(running)
            for peer in running[turn:] + running[:turn]:
                if number == 0:
                    load.run(peer.address, CLIENTS, "calls", CLIENTS)
                result = measure(load, peer, front, CLIENTS, "calls", options.calls, memory_after=2)
                results[peer.name].append(result)
                say(f"round {number + 1}  {peer.name:8} {result['seconds']:6.2f} s  {result['errors']} errors")
    report(options, running, results)


def report(options, running, results):
    """Prints the table; ends with an error where a call failed."""
    print(f"{machine()}; {options.calls:,} calls to a service that takes {DELAY} ms, {CLIENTS:,} clients; "
          f"{options.rounds} rounds, medians\n")
    errors = {name: sum(result["errors"] for result in rounds) for name, rounds in results.items()}
    rows = [["one after the other", f"{options.calls * DELAY / 1000:,.0f}", "", "", ""]]
    for peer in running:
        rows.append([peer.title, f"{median(results[peer.name], 'seconds'):.2f}",
                     f"{median(results[peer.name], 'cpu'):.1f}", errors[peer.name],
                     f"{ratio(results['flowhook'], results[peer.name], 'seconds'):.2f}"])
    table(["", "wall s", "CPU µs/call", "errors", "Flowhook's time ×"], rows)
    times = ratio(results["flowhook"], results["c"], "seconds")
    print(f"\nFlowhook takes {times:.2f} times as long as the floor; it is to take at most {BOUND:.2f} times: "
          f"{'holds' if times <= BOUND else 'DOES NOT HOLD'}.")
    if any(errors.values()):
        sys.exit("some calls failed")


main()
