"""Kills, full disks, disks that fail and mounts that become read-only under the state file and the journal."""
