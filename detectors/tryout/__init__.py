"""A rule tried out on recordings: ``python -m detectors.tryout DATA``, a process that the renderer starts and ends.

It gets a ``Job`` on its standard input and says ``Word``s on its standard output (``vms.domain.tryouts``). It sees
files and a model, neither bus nor camera nor database.
"""
