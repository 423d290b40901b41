"""Records, where they are kept, and tables of them."""
