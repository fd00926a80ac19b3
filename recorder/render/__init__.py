"""The role ``vms renderer``: pictures of the past. It alone decodes recordings; it sees no camera and no database."""
