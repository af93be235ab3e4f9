"""One folder an outside system; each implements a capability's port."""
