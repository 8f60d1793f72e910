"""Asterisk as a PBX: its PJSIP realtime tables, or files that it includes."""
