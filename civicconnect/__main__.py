"""`python -m civicconnect`, the command `civic`: under this name, processes that help do not load it too."""

from civicconnect.cli import main

main()
