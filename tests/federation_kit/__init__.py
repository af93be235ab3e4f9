"""Worlds of two to four centres, nodes that run, and commands that end: what tests of several nodes stand on.

Processes: `loaded` forks them from an interpreter that has imported everything, `commands` runs one to its end, `running` runs
a node for the length of a block, `stores` gives a home its tables.

Real nodes: `bank_node` (a bank and whoever has lines to it), `two_centres` (confirmed partners), `three_centres` (partners
under agreements, on a common clock; `centre_console` is the program in which tests act as their people), over the world of
`crossing_world`.

In the test's own process and transaction: `one_store` (any number of centres whose rows lie in one store), `one_store_border`
(two of them, for orders), `partner_centre` (another agency's centre as this node sees it), `partner_side` (what it signs),
`partner_messages` (what comes from it), `terms` (agreements to be narrowed by each test).
"""
