use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// What `/proc/self` says, under the names every Prometheus client uses.
#[derive(Debug)]
pub(super) struct Process;

/// Unit of the times in `/proc`: `USER_HZ`, 100 on every architecture this is built for.
const TICKS_PER_SECOND: f64 = 100.0;

/// One reading. What cannot be read is not there.
#[derive(Debug, Default)]
struct Reading {
    cpu_seconds: Option<f64>,
    start_seconds: Option<f64>,
    resident_bytes: Option<u64>,
    anonymous_bytes: Option<u64>,
    virtual_bytes: Option<u64>,
    threads: Option<u64>,
    descriptors: Option<u64>,
    most_descriptors: Option<u64>,
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        let reading = Reading::take();
        if let Some(seconds) = reading.cpu_seconds {
            let counter = ConstCounter::new(seconds);
            let help = "Processor time, user and system";
            counter.encode(encoder.encode_descriptor(
                "process_cpu_seconds",
                help,
                None,
                counter.metric_type(),
            )?)?;
        }
        let gauges = [
            ("process_start_time_seconds", "Start, since 1970", reading.start_seconds),
            (
                "process_resident_memory_bytes",
                "Memory in use, files included",
                reading.resident_bytes.map(float),
            ),
            (
                "process_anonymous_memory_bytes",
                "Memory in use, files excluded",
                reading.anonymous_bytes.map(float),
            ),
            ("process_virtual_memory_bytes", "Addresses in use", reading.virtual_bytes.map(float)),
            ("process_threads", "Threads", reading.threads.map(float)),
            ("process_open_fds", "Open file descriptors", reading.descriptors.map(float)),
            ("process_max_fds", "Most file descriptors", reading.most_descriptors.map(float)),
        ];
        for (name, help, value) in gauges {
            if let Some(value) = value {
                let gauge = ConstGauge::new(value);
                gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
            }
        }
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "a metric is a float, exact up to 2^53")]
fn float(value: u64) -> f64 {
    value as f64
}

impl Reading {
    fn take() -> Reading {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let kernel = fs::read_to_string("/proc/stat").unwrap_or_default();
        let kib = |name| field(&status, name).map(|kib| kib * 1024);
        let ticks = |index| stat_field(&stat, index).map(|ticks| float(ticks) / TICKS_PER_SECOND);
        let booted =
            kernel.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok()).map(float);
        Reading {
            cpu_seconds: ticks(13).zip(ticks(14)).map(|(user, system)| user + system),
            start_seconds: booted.zip(ticks(21)).map(|(booted, after)| booted + after),
            resident_bytes: kib("VmRSS"),
            anonymous_bytes: kib("RssAnon"),
            virtual_bytes: kib("VmSize"),
            threads: field(&status, "Threads"),
            descriptors: fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count() as u64),
            most_descriptors: rustix::process::getrlimit(rustix::process::Resource::Nofile).current,
        }
    }
}

/// A field of `/proc/self/stat`, counted from 0. The second one is the name of the program in
/// parentheses, which may hold anything.
fn stat_field(stat: &str, index: usize) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(index.checked_sub(2)?)?.parse().ok()
}

fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_everything() {
        let reading = Reading::take();
        assert!(reading.resident_bytes > Some(1 << 16));
        assert!(reading.anonymous_bytes < reading.virtual_bytes);
        assert!(reading.descriptors >= Some(3));
        assert!(reading.most_descriptors >= reading.descriptors);
        assert!(reading.start_seconds > Some(1.6e9));
        assert!(reading.cpu_seconds.is_some() && reading.threads.is_some());
    }

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = "7 (a) b) S 1 7 7 0 -1 0 0 0 0 0 250 50 0 0";
        assert_eq!(stat_field(stat, 13), Some(250));
        assert_eq!(stat_field(stat, 14), Some(50));
    }
}
