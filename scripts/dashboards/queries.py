"""PromQL that several panels share.

Everything is aggregated by the domain and the host, so that two exporters on one domain do not show everything twice.
"""

from typing import Final

from scripts.dashboards.value_maps import Set

IN_DOMAIN: Final = 'boks_domain=~"$domain"'
OF_HOSTS: Final = f'{IN_DOMAIN}, host=~"$host"'
AT_SITES: Final = f'{IN_DOMAIN}, site=~"$site"'
BY_HOST: Final = "max by (boks_domain, host)"
FIRING: Final = 'alertname=~"Boks.+", alertname!="BoksWatchdog", alertstate="firing", boks_domain=~"$domain|"'
"""Alerts of the selected domains, and those without a domain: `|` also matches an absent label."""


def coded(words: Set, selector: str, by: str = "boks_domain, host") -> str:
    """Turn a closed set of 0/1 series into one number for each host."""
    terms = (f'{word.code} * {words.metric}{{{selector}, {words.label}="{word.value}"}}' for word in words.words)
    return f"max by ({by}) (\n  " + "\n  or ".join(terms) + "\n)"


def of_host(metric: str, selector: str = OF_HOSTS) -> str:
    """Select a gauge of each host."""
    return f"{BY_HOST} ({metric}{{{selector}}})"


def age(metric: str, selector: str = OF_HOSTS) -> str:
    """Compute the age of a point in time."""
    return f"time() - {of_host(metric, selector)}"


def memory_free() -> str:
    """Compute the free share of each host's shared memory."""
    return f"{of_host('boks_host_shared_memory_free_bytes')} / {of_host('boks_host_shared_memory_total_bytes')}"


def counted(condition: str) -> str:
    """Count series that match: 0 if none does, no value without any exporter."""
    return f"count({condition}) or 0 * count(boks_domain_hosts{{{IN_DOMAIN}}})"


def role_changes(selector: str = OF_HOSTS) -> str:
    """Find hosts whose role changed within the last minute, from another known role in the half hour before."""
    known = f'boks_host_role{{{selector}, role!="unknown"}}'
    before = f"max by (boks_domain, host, role) (max_over_time({known}[30m] offset 1m)) == 1"
    return (
        f"max by (boks_domain, host, role) ({known}) == 1\n"
        f"unless on (boks_domain, host, role) ({before})\n"
        f"and on (boks_domain, host) ({before})"
    )


def where(alerts: str) -> str:
    """Set the label `instance` to the place of an alert: host, site, domain or exporter, whichever exists first."""
    for label in ("boks_domain", "site", "host"):
        alerts = f'label_replace({alerts}, "instance", "$1", "{label}", "(.+)")'
    return f"max by (alertname, instance) (\n  {alerts}\n)"


def sites_of_replicas() -> str:
    """Add the site of each replica as a label; a dash where none is configured."""
    sites = f"max by (boks_domain, host, site) (boks_host_info{{{OF_HOSTS}}})"
    return (
        f'label_replace({sites}, "site", "-", "site", "")\nand on (boks_domain, host) boks_replica_state{{{OF_HOSTS}}}'
    )


def replicas_at(place: str, selector: str) -> str:
    """Count the replicas of each site or section, in any state or in those of the selector."""
    each = f"max by (boks_domain, {place}, state) (boks_{place}_replicas{{{selector}}})"
    return f"sum by (boks_domain, {place}) ({each})"
