"""The node's password hasher with the least work: few tests are about how long a guess takes.

A hash names its own work, so that a node in a process of its own verifies what a test has hashed, and the other way round.
"""

from __future__ import annotations

from typing import Final

from django.contrib.auth.hashers import ScryptPasswordHasher

QUICK_HASHERS: Final = ["quick_passwords.QuickScrypt"]


class QuickScrypt(ScryptPasswordHasher):
    work_factor = 2
