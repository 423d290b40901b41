"""The Hugging Face Hub: folders that are published whole, tagged, and fetched again with proof."""
