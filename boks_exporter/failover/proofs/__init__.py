"""What is proven and what is not: claims about a domain judged by what was seen of it, in three values."""

from boks_exporter.failover.proofs.prove import prove, prove_all
from boks_exporter.failover.proofs.proven import Certainty, Circumstances, Proven
