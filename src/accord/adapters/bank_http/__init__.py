"""Lines over HTTPS: the centre's client of a bank's API, and what a bank pushes to the centre unasked."""

from accord.adapters.bank_http.client import HttpLine
from accord.adapters.bank_http.push import Pusher
from accord.adapters.bank_http.transport import Endpoint, Transport

__all__ = ["Endpoint", "HttpLine", "Pusher", "Transport"]
