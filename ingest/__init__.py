"""From a file to assertions with evidence: reading, entities, relations. spaCy lives here."""
