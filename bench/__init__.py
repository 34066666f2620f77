"""What the endpoint is measured by: generated evidence, queries, servers, and the table."""
