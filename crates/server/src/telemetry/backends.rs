use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use weir_metadata::{GROUP_BOUNDS, WriteGauges};
use weir_registry::Registry;
use weir_store::Operation;

use super::Sink;

/// What the store, the records and the log count for themselves.
#[derive(Debug)]
pub(crate) struct Backends {
    pub(crate) registry: Arc<Registry>,
    pub(crate) sink: Sink,
}

impl Collector for Backends {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        let encoder = &mut encoder;
        self.store(encoder)?;
        self.database(encoder)?;
        let uploads = self.registry.uploads_open() as u64;
        gauge(encoder, "weir_uploads_open", "Upload sessions in memory", uploads)?;
        let dropped = self.sink.dropped();
        counter(encoder, "weir_log_lines_dropped", "Log lines there was no room for", dropped)
    }
}

impl Backends {
    fn store(&self, encoder: &mut DescriptorEncoder<'_>) -> std::fmt::Result {
        let stats = self.registry.store().stats();
        let counts = Operation::ALL.map(|operation| (operation.as_str(), stats.of(operation).count));
        let seconds =
            Operation::ALL.map(|operation| (operation.as_str(), seconds(stats.of(operation).total_nanos)));
        let label = "operation";
        counters(encoder, "weir_store_operations", "Calls of the object store", label, &counts)?;
        counters(encoder, "weir_store_operation_seconds", "Time they took in all", label, &seconds)?;
        counter(encoder, "weir_store_cache_hits", "Small objects found in memory", stats.hot_hits)?;
        gauge(encoder, "weir_store_cache_bytes", "Bytes of small objects in memory", stats.hot_bytes)?;
        match self.registry.store().free_bytes() {
            Some(free) => gauge(encoder, "weir_store_free_bytes", "Bytes that still fit", free),
            None => Ok(()),
        }
    }

    fn database(&self, encoder: &mut DescriptorEncoder<'_>) -> std::fmt::Result {
        let stats = self.registry.engine().stats();
        let files = [("records", stats.records), ("uploads", stats.uploads)];
        let each = |of: fn(&WriteGauges) -> &AtomicU64| files.map(|(file, gauges)| (file, load(of(gauges))));
        let label = "file";
        counters(encoder, "weir_database_commits", "Transactions", label, &each(|gauges| &gauges.commits))?;
        counters(encoder, "weir_database_writes", "Writes in them", label, &each(|gauges| &gauges.writes))?;
        counters(
            encoder,
            "weir_database_refused",
            "Writes that changed nothing",
            label,
            &each(|gauges| &gauges.refused),
        )?;
        counters(
            encoder,
            "weir_database_failures",
            "Commits that failed",
            label,
            &each(|gauges| &gauges.failures),
        )?;
        counters(
            encoder,
            "weir_database_checkpoints",
            "Checkpoints",
            label,
            &each(|gauges| &gauges.checkpoints),
        )?;
        let waited = files.map(|(file, gauges)| (file, seconds(load(&gauges.commit_nanos))));
        counters(
            encoder,
            "weir_database_commit_seconds",
            "Time in commits, flushes included",
            label,
            &waited,
        )?;
        let queued = each(|gauges| &gauges.queued).iter().map(|(_, queued)| queued).sum();
        gauge(encoder, "weir_database_queued", "Writes that wait", queued)?;
        gauge(
            encoder,
            "weir_database_wal_pages",
            "Pages in the log of the records",
            load(&stats.records.wal_pages),
        )?;
        groups(encoder, stats.records)?;
        counter(encoder, "weir_database_reads", "Reads", load(&stats.reads.reads))?;
        let read_seconds = seconds(load(&stats.reads.read_nanos));
        counter(encoder, "weir_database_read_seconds", "Time they took in all", read_seconds)?;
        counter(encoder, "weir_record_cache_hits", "Records found in memory", stats.cache_hits)?;
        counter(encoder, "weir_record_cache_misses", "Records looked up", stats.cache_misses)
    }
}

fn load(value: &AtomicU64) -> u64 {
    value.load(Ordering::Relaxed)
}

fn seconds(nanos: u64) -> f64 {
    Duration::from_nanos(nanos).as_secs_f64()
}

/// How many writes share a commit.
#[expect(clippy::cast_precision_loss, reason = "bounds are small, and a metric is a float anyway")]
fn groups(encoder: &mut DescriptorEncoder<'_>, gauges: &WriteGauges) -> std::fmt::Result {
    let buckets: Vec<(f64, u64)> =
        GROUP_BOUNDS.iter().zip(&gauges.groups).map(|(bound, count)| (*bound as f64, load(count))).collect();
    let count = buckets.iter().map(|(_, count)| count).sum();
    let sum = load(&gauges.writes) as f64;
    let help = "Writes of one transaction";
    let mut metric =
        encoder.encode_descriptor("weir_database_group_size", help, None, MetricType::Histogram)?;
    metric.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
}

fn gauge(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: u64) -> std::fmt::Result {
    ConstGauge::new(value).encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
}

fn counter<N>(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: N) -> std::fmt::Result
where
    ConstCounter<N>: prometheus_client::encoding::EncodeMetric,
{
    ConstCounter::new(value).encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)
}

/// One counter per value of a label.
fn counters<N: Copy>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    label: &'static str,
    values: &[(&'static str, N)],
) -> std::fmt::Result
where
    ConstCounter<N>: prometheus_client::encoding::EncodeMetric,
{
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (value_of_label, value) in values {
        let labels = [(label, *value_of_label)];
        ConstCounter::new(*value).encode(metric.encode_family(&labels)?)?;
    }
    Ok(())
}
