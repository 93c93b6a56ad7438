use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

pub(crate) use super::labels::{Limit, Refused};
use super::labels::{LimitLabels, RefusedLabels, RequestLabels, RouteLabels};
use super::process::Process;
use crate::exchange::Record;

/// Where unknown paths are counted.
const OTHER: &str = "other";
/// From a manifest out of the cache to a layer over a slow line.
const SECONDS: [f64; 14] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 5.0, 30.0, 120.0];

type Latency = Family<RequestLabels, Histogram, fn() -> Histogram>;

/// Everything that is counted about connections and requests.
#[derive(Debug)]
pub(crate) struct Metrics {
    latency: Latency,
    received: Family<RouteLabels, Counter>,
    sent: Family<RouteLabels, Counter>,
    aborted: Counter,
    in_flight: Gauge,
    uploads: Gauge,
    api_requests: Gauge,
    watches: Gauge,
    turned_away: Family<LimitLabels, Counter>,
    connections: Gauge,
    refused: Family<RefusedLabels, Counter>,
    registry: Registry,
}

impl Metrics {
    pub(crate) fn new() -> Metrics {
        let latency: Latency = Family::new_with_constructor(|| Histogram::new(SECONDS));
        let received: Family<RouteLabels, Counter> = Family::default();
        let sent: Family<RouteLabels, Counter> = Family::default();
        let refused: Family<RefusedLabels, Counter> = Family::default();
        let turned_away: Family<LimitLabels, Counter> = Family::default();
        let (aborted, in_flight, connections) = (Counter::default(), Gauge::default(), Gauge::default());
        let (uploads, api_requests, watches) = (Gauge::default(), Gauge::default(), Gauge::default());
        let mut registry = Registry::default();
        registry.register_with_unit(
            "weir_http_request_duration",
            "Requests, from the head to the last byte of the response; of a watch to its first",
            Unit::Seconds,
            latency.clone(),
        );
        registry.register_with_unit(
            "weir_http_received",
            "Bytes of request bodies",
            Unit::Bytes,
            received.clone(),
        );
        registry.register_with_unit("weir_http_sent", "Bytes of response bodies", Unit::Bytes, sent.clone());
        registry.register(
            "weir_http_aborted",
            "Requests whose response the client did not get to its end",
            aborted.clone(),
        );
        registry.register(
            "weir_http_requests_in_flight",
            "Requests that are being answered",
            in_flight.clone(),
        );
        registry.register(
            "weir_upload_requests_in_flight",
            "Requests that bring blob content",
            uploads.clone(),
        );
        registry.register(
            "weir_api_requests_in_flight",
            "Requests to the Kubernetes API that are not answered yet",
            api_requests.clone(),
        );
        registry.register("weir_watches", "Watches that go on", watches.clone());
        registry.register(
            "weir_requests_refused",
            "Requests that were told to come back, there being too many",
            turned_away.clone(),
        );
        registry.register("weir_connections", "Open connections", connections.clone());
        registry.register(
            "weir_connections_refused",
            "Connections that were closed unanswered",
            refused.clone(),
        );
        registry.register_collector(Box::new(Process));
        Metrics {
            latency,
            received,
            sent,
            aborted,
            in_flight,
            uploads,
            api_requests,
            watches,
            turned_away,
            connections,
            refused,
            registry,
        }
    }

    /// Adds something that counts for itself.
    pub(crate) fn collect(&mut self, collector: impl Collector) {
        self.registry.register_collector(Box::new(collector));
    }

    pub(crate) fn request_begins(&self) {
        self.in_flight.inc();
    }

    pub(super) fn request_ends(&self, record: &Record<'_>) {
        let route = if record.facts.route.is_empty() { OTHER } else { record.facts.route };
        let labels = RequestLabels { route, method: record.method.into(), status: record.status.into() };
        self.in_flight.dec();
        self.latency.get_or_create(&labels).observe(record.waited);
        if record.received > 0 {
            self.received.get_or_create(&RouteLabels { route }).inc_by(record.received);
        }
        if record.sent > 0 {
            self.sent.get_or_create(&RouteLabels { route }).inc_by(record.sent);
        }
        if record.aborted {
            self.aborted.inc();
        }
    }

    pub(crate) fn place_taken(&self, limit: Limit) {
        self.places(limit).inc();
    }

    pub(crate) fn place_left(&self, limit: Limit) {
        self.places(limit).dec();
    }

    pub(crate) fn no_place(&self, limit: Limit) {
        self.turned_away.get_or_create(&LimitLabels { limit }).inc();
    }

    fn places(&self, limit: Limit) -> &Gauge {
        match limit {
            Limit::Uploads => &self.uploads,
            Limit::ApiRequests => &self.api_requests,
            Limit::Watches => &self.watches,
        }
    }

    pub(crate) fn connection_begins(&self) {
        self.connections.inc();
    }

    pub(crate) fn connection_ends(&self) {
        self.connections.dec();
    }

    pub(crate) fn connection_refused(&self, reason: Refused) {
        self.refused.get_or_create(&RefusedLabels { reason }).inc();
    }

    /// The document Prometheus reads.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes everything");
        text
    }
}

/// The type of that document.
pub(crate) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Method, StatusCode};

    use super::*;
    use crate::exchange::Facts;

    fn end(metrics: &Metrics, route: &'static str, method: &Method, status: Option<u16>) {
        metrics.request_begins();
        metrics.request_ends(&Record {
            id: &HeaderValue::from_static("x"),
            method,
            path: "/",
            user_agent: None,
            peer: "127.0.0.1:1".parse().unwrap(),
            seconds: 0.003,
            waited: 0.003,
            received: 10,
            sent: 20,
            status: status.map(|status| StatusCode::from_u16(status).unwrap()),
            aborted: status.is_none(),
            facts: &Facts { route, ..Facts::default() },
            broke: None,
        });
    }

    #[test]
    fn requests_are_counted_by_route_method_and_class() {
        let metrics = Metrics::new();
        end(&metrics, "/v2/", &Method::GET, Some(200));
        end(&metrics, "/v2/", &Method::GET, Some(206));
        end(&metrics, "", &Method::from_bytes(b"BREW").unwrap(), Some(404));
        end(&metrics, "/v2/", &Method::PUT, None);
        metrics.connection_refused(Refused::Tls);
        let text = metrics.text();
        for line in [
            "weir_http_request_duration_seconds_count{route=\"/v2/\",method=\"GET\",status=\"2xx\"} 2",
            "weir_http_request_duration_seconds_bucket{le=\"0.0025\",route=\"/v2/\",method=\"GET\",status=\"2xx\"} 0",
            "weir_http_request_duration_seconds_bucket{le=\"0.005\",route=\"/v2/\",method=\"GET\",status=\"2xx\"} 2",
            "weir_http_request_duration_seconds_count{route=\"other\",method=\"other\",status=\"4xx\"} 1",
            "weir_http_received_bytes_total{route=\"/v2/\"} 30",
            "weir_http_sent_bytes_total{route=\"other\"} 20",
            "weir_http_aborted_total 1",
            "weir_http_requests_in_flight 0",
            "weir_connections_refused_total{reason=\"tls\"} 1",
        ] {
            assert!(text.lines().any(|there| there == line), "{line} is missing in\n{text}");
        }
        assert!(text.contains("\nprocess_resident_memory_bytes "), "{text}");
        assert!(text.ends_with("# EOF\n"));
    }
}
