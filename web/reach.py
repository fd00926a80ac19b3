"""The part of the facility that somebody may know of: sites, and the nodes that serve them. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from vms.domain.facility import Facility


@dataclass(frozen=True, slots=True)
class Reach:
    """None: all, what was removed and what is to come included."""

    sites: frozenset[str] | None
    nodes: frozenset[str] | None

    def has_site(self, site: str) -> bool:
        """Whether the site is within."""
        return self.sites is None or site in self.sites

    def has_node(self, node: str) -> bool:
        """Whether the node serves a site that is within."""
        return self.nodes is None or node in self.nodes

    def has(self, site: str | None, node: str | None) -> bool:
        """Whether what the interface tells of ``site``, or of ``node`` where it is of no site, is within."""
        if site is None:
            return node is not None and self.has_node(node)
        return self.has_site(site)


EVERYTHING = Reach(None, None)


def of(sites: frozenset[str] | None, facility: Facility) -> Reach:
    """The reach of somebody with these ``sites``; None: all."""
    if sites is None:
        return EVERYTHING
    if not facility.nodes:  # one serves all
        return Reach(sites, None)
    return Reach(sites, frozenset(node for node, spec in facility.nodes.items() if sites.intersection(spec.sites)))
