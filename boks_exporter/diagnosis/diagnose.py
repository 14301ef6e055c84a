"""The ten steps of the vendor's guide K1256, in order."""

from boks_exporter.diagnosis.connection_steps import communication, definition, node_keys
from boks_exporter.diagnosis.copy_steps import download, listed
from boks_exporter.diagnosis.facts import DiagnosisFacts
from boks_exporter.diagnosis.process_steps import error_logs, processes, queue
from boks_exporter.diagnosis.result import Diagnosis, DiagnosisStep, StatementCertainty, StepFinding
from boks_exporter.diagnosis.settings_steps import configuration


def diagnose(facts: DiagnosisFacts) -> Diagnosis:
    """Go through all steps; none of them changes anything."""
    steps = [
        step(facts)
        for step in (
            *(listed, error_logs, download, processes, queue),
            *(communication, node_keys, definition, configuration),
        )
    ]
    report = facts.report
    steps.append(_debugging(steps))
    return Diagnosis(facts.domain["domain"], facts.host, report["state"], report["reason"], tuple(steps))


def _debugging(before: list[DiagnosisStep]) -> DiagnosisStep:
    faults = [str(step.number) for step in before if step.finding is StepFinding.FAULT]
    return DiagnosisStep(
        10,
        "debugging of the replication processes",
        StepFinding.MANUAL,
        looked_at="nothing: it means running BoKS's processes with debugging switched on",
        found=f"faults were found in step {', '.join(faults)}" if faults else "no fault was found before this step",
        means="the last resort, where the steps before explain nothing",
        certainty=StatementCertainty.READ,
        source="K1256 (the heading; how it is done is lost)",
        next="follow the steps that found a fault first"
        if faults
        else "record the domain, and call the vendor's support",
    )
