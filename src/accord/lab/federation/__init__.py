"""Several centres on one machine that act as one: for the demo, drills, benchmarks and tests.

Each centre is a real node: a home, an operational store, keys, a web process and a worker of its own, partners whose words
were compared, agreements that both sides signed. Common to them is the made-up world alone: its banks are one sandbox, in
which money that one country's bank sends arrives at another's; a node has lines to the banks of its own country only.
"""
