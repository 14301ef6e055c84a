"""What one poll costs the polled host and the poller, against the ways in which it is done today."""
