"""What was known of a domain before: the file of `failover check`, and the report of a running exporter."""
