"""Programs that stand where BoKS's own would: they ask the simulator what to print."""
