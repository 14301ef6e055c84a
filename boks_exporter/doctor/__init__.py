"""`doctor`: everything that must hold before the exporter works, checked by the code that the exporter runs."""
