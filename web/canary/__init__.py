"""Synthetic alerts that prove, every few minutes, that the way of an alert is whole."""
