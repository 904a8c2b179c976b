"""Long runs that survive: journal, budget, quarantine, seeds."""
