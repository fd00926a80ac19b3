"""The index from files and journals alone: rebuilt, audited, told again. Mending at start is ``recorder.recovery``."""
