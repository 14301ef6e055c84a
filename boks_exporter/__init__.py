"""Watch BoKS replication over SSH, and change roles only behind guards."""
