"""For authors of processors: rules of a site's own about rows, between the sheet and the plan."""

from linecard.model.sheet import Action, Row
from linecard.ports.kind import ProcessorKind
from linecard.ports.processor import Processor, Refusal

__all__ = ["Action", "Processor", "ProcessorKind", "Refusal", "Row"]
