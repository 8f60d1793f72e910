"""`python -m linecard.config` in a source checkout: writes config/linecard.schema.json anew."""

from __future__ import annotations

from pathlib import Path

from linecard.config.editors import schema_text

if __name__ == "__main__":
    target = Path(__file__).parents[3] / "config" / "linecard.schema.json"
    target.write_text(schema_text(), encoding="utf-8")
    print(target)
