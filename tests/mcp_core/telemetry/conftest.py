"""OpenTelemetry's providers with exporters in memory, made once a process as the API demands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


@dataclass
class Told:
    """What was told so far."""

    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader

    def spans(self, kind: str) -> list[ReadableSpan]:
        return [span for span in self.exporter.get_finished_spans() if span.kind.name == kind]

    def one(self, kind: str) -> ReadableSpan:
        [span] = self.spans(kind)
        return span

    def metric(self, name: str) -> list[Any]:
        data = self.reader.get_metrics_data()
        resources = data.resource_metrics if data is not None else []
        return [
            point
            for resource in resources
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


@pytest.fixture(scope="session")
def providers() -> Told:
    told = Told(InMemorySpanExporter(), InMemoryMetricReader())
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(told.exporter))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider([told.reader]))
    return told


@pytest.fixture
def told(providers: Told) -> Told:
    providers.exporter.clear()
    return providers
