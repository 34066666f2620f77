"""`python -m aikg`: the command line without the installed script."""

from aikg.cli import main

main(prog_name="aikg")
