"""What is wrong on this machine, in the configuration and at the cameras, and what to do about it.

``examine`` looks and changes nothing that stays; printing is the command line's. Nothing here starts the service.
"""

from vms.doctor.examine import examine
from vms.doctor.finding import Finding, Level

__all__ = ["Finding", "Level", "examine"]
