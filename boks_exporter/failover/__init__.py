"""The dangerous commands, guarded: a change is a plan before it is an act."""
