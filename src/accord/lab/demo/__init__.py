"""`accord demo`: a made-up day at three anti-scam desks, played against a moving clock, with the result told at the end.

Everything but the world and the people is the product itself: the same services, worker, ports and pages. Modelled are the
banks' delays and refusals (the sandbox), and how long officers need.
"""

from accord.lab.demo.run import run

__all__ = ["run"]
