"""What is told about the traffic: a request row for each MCP message, a dependency row for each backend call, policies' traces
and metrics.

The rule here: nothing of it is imported unless it is switched on, and the endpoint asks one question (is there an observer?)
for all of it. `otel` speaks OpenTelemetry; where that goes is the host's matter.
"""
