"""The neural networks: encode, process, decode (torch)."""
