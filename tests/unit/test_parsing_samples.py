"""The corpus of raw outputs: each is read as its expectation says, and the corpus itself is consistent."""

import ipaddress
import re

import pytest

from tests.unit.parsing_samples import CORPUS, PARSERS, PROVENANCE, Sample, outcome, samples

KINDS = {"recorded", "documented", "invented"}
DOCUMENTATION_NETWORKS = [
    ipaddress.ip_network(network)
    for network in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "127.0.0.0/8")
]
ADDRESS = re.compile(
    r"(?<![\w.:])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])|(?<![\w:.])(?:[0-9a-f]{1,4}:){2,7}[0-9a-f:]+", re.IGNORECASE
)
DOMAIN_NAME = re.compile(r"\b[\w-]+\.(?:com|org|net|edu|gov|nl|de|uk|se|io|local|lan|corp|internal)\b", re.IGNORECASE)
SECRET = re.compile(
    r"PRIVATE KEY|ssh-(?:rsa|ed25519) AAAA|passw(?:or)?d\s*[=:]\s*\S|\$(?:1|2[aby]|5|6|y)\$", re.IGNORECASE
)


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_every_sample_reads_as_expected(sample: Sample) -> None:
    """The whole fact, unread lines included, or the whole error is what the expectation says."""
    expected = sample.expectation()
    given = expected.pop("given", {})
    assert outcome(sample.command, sample.raw, given) == expected


def test_no_sample_is_without_expectation_and_no_expectation_without_sample() -> None:
    """Texts and expectations come in pairs, and nothing else lies about."""
    files = [path.relative_to(CORPUS) for path in CORPUS.rglob("*") if path.is_file()]
    texts = {path.with_suffix("") for path in files if path.suffix == ".txt"}
    expectations = {path.with_suffix("") for path in files if path.suffix == ".yaml"}
    assert texts == expectations
    assert len(files) == len(texts) + len(expectations)


@pytest.mark.parametrize("command", PARSERS)
def test_every_parser_has_a_success_and_a_failure_sample(command: str) -> None:
    """No parser goes without proof that it reads and that it refuses."""
    outcomes = {key for sample in samples() if sample.command == command for key in sample.expectation()}
    assert outcomes - {"given"} == {"fact", "error"}


def test_every_sample_belongs_to_a_parser() -> None:
    """No folder of samples is overlooked because nothing parses it."""
    assert {sample.command for sample in samples()} == PARSERS.keys()


def test_every_sample_is_named_by_release_and_case() -> None:
    """A name tells where the text comes from and what it shows."""
    assert [sample.name for sample in samples() if not re.fullmatch(r"[a-z0-9.-]+__[a-z0-9-]+", sample.text.stem)] == []


def test_the_provenance_of_every_sample_is_written_down() -> None:
    """PROVENANCE.md lists each sample once, under its command, with a kind and a source, and no sample that is gone."""
    listed = []
    command = ""
    for line in PROVENANCE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            command = line.removeprefix("## ")
        elif line.startswith("| `"):
            name, kind, source = (cell.strip() for cell in line.strip("|").split("|"))
            assert kind in KINDS, line
            assert len(source) > 10, line
            listed.append(f"{command}/{name.strip('`')}")
    assert sorted(listed) == sorted(sample.name for sample in samples())


@pytest.mark.parametrize(
    ("sample", "text"),
    [
        ("list/published-2009__master", "REPHOST 02:59 02:13 11:44 148342 DOWN\n"),
        ("sequence/published-2009__master", "T7 13678d 8:33:46 5053 (5053)\n"),
        ("memory/published-2018__replica", "Total: 1023968, Free: 949824, Used: 74144, Largest free: 944896\n"),
        ("env/published-2009__replica", "BOKSINIT=server\n"),
    ],
)
def test_the_published_outputs_are_in_the_corpus(sample: str, text: str) -> None:
    """What was ever published is there, as it was published."""
    assert text in (CORPUS / f"{sample}.txt").read_text(encoding="utf-8")
    command, name = sample.split("/")
    assert re.search(rf"^## {command}\n(?:.*\n)+?\| `{name}` \| documented \|", PROVENANCE.read_text(), re.MULTILINE)


def findings(text: str) -> list[str]:
    """Find what must not stand in a public corpus."""
    found = [match[0] for pattern in (SECRET, DOMAIN_NAME) for match in pattern.finditer(text)]
    found = [name for name in found if not re.fullmatch(r"example\.(?:com|net|org)", name, re.IGNORECASE)]
    for match in ADDRESS.finditer(text):
        try:
            address = ipaddress.ip_address(match[0])
        except ValueError:
            continue
        if not any(address in network for network in DOCUMENTATION_NETWORKS):
            found.append(match[0])
    return found


def test_no_sample_holds_secrets_or_real_addresses() -> None:
    """Only addresses and names that are set aside for documentation occur, and nothing that looks like a secret."""
    found = {sample.name: findings(sample.raw.decode(errors="replace")) for sample in samples()}
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize(
    "text",
    [
        "rep 10.1.2.3 OK",
        "rep 2a00:1450:4001::8a OK",
        "rep1.bank.nl 00:49",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "password=hunter2",
        "root:$6$abcdefgh$xyz:19000",
    ],
)
def test_secrets_and_real_addresses_would_be_found(text: str) -> None:
    """The search for secrets is not blind."""
    assert findings(text)
