"""The pages for people: templates, and what they show."""
