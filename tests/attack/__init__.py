"""Generated requests of key holders who mean harm, for both gates, judged by an oracle of its own and audited."""
