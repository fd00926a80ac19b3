"""What is deleted, when and why; what is held; how long the disk lasts; and whether it is there at all."""
