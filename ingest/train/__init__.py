"""Training the models of `ingest` from annotated sentences: `python -m ingest.train --help`.

Needs the extra `train` (`pip install 'policykg[train]'`).
"""
