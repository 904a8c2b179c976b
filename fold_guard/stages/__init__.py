"""The stages of the flow, one file each; `fold_guard.pipeline` puts them together."""
