"""Recordings of real output: scrubbed of names, and written as files that the replay transport reads."""
