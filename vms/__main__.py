"""``python -m vms``."""

from vms.cli import main

main()
