"""The composition root: builds the parts and connects them."""
