"""From pictures to persons: the backend interface, its implementations, and the batching across cameras."""
