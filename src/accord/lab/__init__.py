"""The lab: the demo, and several centres on one machine for drills, benchmarks and tests. It uses nodes, and is none itself."""
