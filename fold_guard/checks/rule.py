"""Rules: the severity and thresholds of a check, as params.yaml sets them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from fold_guard.checks.outcome import Severity


class Rule(BaseModel):
    """Base of every check's own rule; a check adds its thresholds as fields with defaults.

    Attributes
    ----------
    severity : Severity
        ``error`` shuts the gate when the rule is broken, ``warning`` does not.
    """

    # A threshold of NaN or infinity is never crossed: the rule would be off without saying so.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    severity: Severity = Severity.ERROR

    def thresholds(self) -> dict[str, object]:
        """Return the fields other than the severity, as JSON values."""
        return self.model_dump(mode="json", exclude={"severity"})
