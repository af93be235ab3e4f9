"""python -m accord.node.cli: the command line without the installed program."""

from accord.node.cli import main

main()
