"""What the alerts about domains and sites must do."""

from typing import Final

from tests.alerts.histories import (
    DOMAIN,
    HOST,
    Case,
    of_domain,
    of_host,
    stands_at,
)

DOMAINS: Final = (
    Case(
        alert="BoksExporterReachesNoHost",
        severity="critical",
        lines=(
            of_host("boks_host_up", "1", "0"),
            of_domain("boks_host_up", "1", "0", host="master1"),
        ),
        fires=120,
        ends=300,
        labels=DOMAIN,
        summary="The exporter reaches no host of BoKS domain prod.",
        description="No poll of any host has succeeded for two minutes. Either the exporter's network fails, or every host is down; the state of the domain is unknown.",
    ),
    Case(
        alert="BoksNoMaster",
        severity="critical",
        lines=(of_domain("boks_domain_masters", "1", "0"),),
        fires=60,
        ends=300,
        labels=DOMAIN,
        summary="No master answers in BoKS domain prod.",
        description="The replicas still answer logins, but nothing can be changed. Promote a replica if the repair will take more than a few hours (K1456).",
    ),
    Case(
        alert="BoksSeveralMasters",
        severity="critical",
        lines=(of_domain("boks_domain_masters", "1", "2"),),
        fires=0,
        ends=300,
        labels=DOMAIN,
        summary="2 hosts report that they are master of BoKS domain prod.",
        description="Changes go to different databases. Stop one of them before changing anything.",
    ),
    Case(
        alert="BoksSiteWithoutReplica",
        severity="critical",
        lines=(
            of_domain("boks_site_replicas", "2", "0", site="utrecht", state="ok"),
            of_domain("boks_site_replicas", "0", "2", site="utrecht", state="down"),
        ),
        fires=30,
        ends=300,
        labels=DOMAIN | {"site": "utrecht"},
        summary="No replica at utrecht is healthy (BoKS domain prod).",
        description="Each replica there is down, unreachable, or has wrong data. Logins at utrecht depend on other sites and on the network to them (K1456).",
    ),
    Case(
        alert="BoksSiteWithoutReplica",
        severity="critical",
        lines=(
            of_domain("boks_site_replicas", "1", "0", site="utrecht", state="ok"),
            of_domain("boks_site_replicas", "0", "1", site="utrecht", state="unknown"),
            of_host("boks_replica_state", "0", "1", state="unknown"),
            of_host("boks_replica_evidence_timestamp_seconds", "_", "1795423200", kind="was_ahead"),
            stands_at("utrecht"),
        ),
        fires=30,
        ends=300,
        labels=DOMAIN | {"site": "utrecht"},
        summary="No replica at utrecht is healthy (BoKS domain prod).",
        description="Each replica there is down, unreachable, or has wrong data. Logins at utrecht depend on other sites and on the network to them (K1456).",
    ),
    Case(
        alert="BoksSiteWithoutSpare",
        severity="info",
        lines=(
            of_domain("boks_site_replicas", "2", "1", site="utrecht", state="ok"),
            of_domain("boks_site_replicas", "0", "1", site="utrecht", state="down"),
        ),
        fires=1920,
        ends=0,
        labels=DOMAIN | {"site": "utrecht"},
        summary="Only one replica at utrecht is healthy (BoKS domain prod).",
        description="If it fails, utrecht has none (K1456 advises several).",
    ),
    Case(
        alert="BoksConfigurationDiffers",
        severity="warning",
        lines=(
            of_domain("boks_host_config_checksum_info", "1", "_", host="replica1", name="method.conf", checksum="1"),
            of_domain("boks_host_config_checksum_info", "_", "1", host="replica1", name="method.conf", checksum="2"),
            of_domain("boks_host_config_checksum_info", "1", "1", host="replica2", name="method.conf", checksum="1"),
            of_domain("boks_host_role", "1", "1", host="replica1", role="replica"),
            of_domain("boks_host_role", "1", "1", host="replica2", role="replica"),
        ),
        fires=1800,
        ends=180,
        labels=DOMAIN | {"name": "method.conf"},
        summary="method.conf is not the same on all servers of BoKS domain prod.",
        description="2 versions are in use. Agents bound to the server that differs are refused (HS troubleshooting/237), or its data may be incomplete (HS troubleshooting/312).",
    ),
    Case(
        alert="BoksMasterChanged",
        severity="info",
        lines=(
            of_domain("boks_host_role", "1", "0", host="master1", role="master"),
            of_domain("boks_host_role", "0", "1", host="replica1", role="master"),
        ),
        fires=180,
        ends=0,
        labels=HOST | {"role": "master"},
        summary="replica1 has become master of BoKS domain prod.",
        description="Another host was master before. The old one must not start as master again (see the runbook).",
    ),
)
