"""The notebook's side: the handle of an experiment, its display, and a form."""
