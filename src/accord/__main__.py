"""python -m accord: the command line without the installed program."""

from accord.lab.cli import main

main()
