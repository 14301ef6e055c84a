"""What runs on BoKS hosts: the gate and the vocabulary of its requests."""
