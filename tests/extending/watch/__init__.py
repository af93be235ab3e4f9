"""An example of a capability: accounts that an officer watches until a time. docs/extending.md tells how it is made."""
