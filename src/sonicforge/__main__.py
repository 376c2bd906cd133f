"""`python -m sonicforge`."""

from sonicforge.cli.app import main

main()
