"""python -m accord.node.cli: the commands of a node without the installed program."""

from accord.node.cli import main

main()
