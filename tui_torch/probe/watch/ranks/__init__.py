"""What is recorded of a process that trains together with others: waits, digests of parameters, arrivals."""
