//! The table of what is no rate of a scenario: delays, shares, memory, each in its own unit.

use super::{MIB, Ratios, line, none, short, span};

/// How a figure is spelled.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reading {
    /// Seconds.
    Span,
    /// Of something per second.
    Rate(&'static str),
    /// A plain number: a ratio or a count.
    Plain,
    /// Bytes of memory.
    Bytes,
}

impl Reading {
    fn text(self, value: f64) -> String {
        match self {
            Self::Span => span(value),
            Self::Rate(unit) => format!("{} {unit}", short(value)),
            Self::Plain => short(value),
            Self::Bytes if value.abs() >= MIB => format!("{} MiB", short(value / MIB)),
            Self::Bytes => format!("{} KiB", short(value / 1024.0)),
        }
    }
}

/// One figure, as measured in each round.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) reading: Reading,
    pub(crate) values: Vec<f64>,
    /// What the median is to stay within.
    pub(crate) most: Option<f64>,
}

impl Figure {
    fn cells(&self) -> [String; 3] {
        let target = self.most.map_or_else(none, |most| format!("≤ {}", self.reading.text(most)));
        let Some(seen) = Ratios::of(self.values.clone()) else { return [none(), target, none()] };
        let text = |value| self.reading.text(value);
        let measured = if self.values.len() == 1 {
            text(seen.median)
        } else {
            format!("{} ({}–{})", text(seen.median), text(seen.least), text(seen.greatest))
        };
        let result = self.most.map_or_else(none, |most| {
            let word = if seen.median <= most { "met" } else { "**missed**" };
            let close = seen.least < most && most < seen.greatest;
            format!("{word}{}", if close { " ~" } else { "" })
        });
        [measured, target, result]
    }
}

pub(super) fn table(out: &mut String, figures: &[Figure]) {
    line(out, "| Figure | Weir | Target | Result |");
    line(out, "|---|---|---|---|");
    for figure in figures.iter().filter(|figure| !figure.values.is_empty()) {
        let [measured, target, result] = figure.cells();
        line(out, &format!("| {} | {measured} | {target} | {result} |", figure.name));
    }
    line(out, "");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_judged_by_its_median() {
        let figure = |values| Figure { name: String::new(), reading: Reading::Span, values, most: Some(0.1) };
        assert_eq!(
            figure(vec![0.02, 0.2, 0.01]).cells(),
            ["20.0 ms (10.0 ms–200 ms)", "≤ 100 ms", "met ~"].map(str::to_owned)
        );
        assert_eq!(figure(vec![0.2]).cells(), ["200 ms", "≤ 100 ms", "**missed**"].map(str::to_owned));
        assert_eq!(figure(Vec::new()).cells()[2], none());
    }

    #[test]
    fn bytes_are_spelled_by_their_size() {
        assert_eq!(Reading::Bytes.text(5.0 * MIB), "5.00 MiB");
        assert_eq!(Reading::Bytes.text(20_480.0), "20.0 KiB");
    }
}
