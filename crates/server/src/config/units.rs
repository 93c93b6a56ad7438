use std::time::Duration;

const SIZES: &[(&str, u64)] = &[
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

const TIMES: &[(&str, u64)] = &[("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Reads `64GiB`, `1500kB` or a plain number of bytes.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim_start();
    let factor = if unit.is_empty() { Some(1) } else { factor_of(SIZES, unit) };
    let number: Option<u64> = number.parse().ok();
    number
        .zip(factor)
        .and_then(|(number, factor)| number.checked_mul(factor))
        .ok_or_else(|| format!("{text:?} is no size; write it like 64GiB, 4MiB or 512KiB"))
}

/// Reads `30s`, `5m` or `1h30m`. A number without a unit is refused: nobody agrees on which one is meant.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let refuse = || format!("{text:?} is no duration; write it like 30s, 5m, 24h or 7d");
    let mut rest = text;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at(digits);
        let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, tail) = tail.split_at(letters);
        let number: u64 = number.parse().map_err(|_| refuse())?;
        let factor = factor_of(TIMES, unit).ok_or_else(refuse)?;
        total = number.checked_mul(factor).and_then(|more| total.checked_add(more)).ok_or_else(refuse)?;
        rest = tail;
    }
    if text.is_empty() { Err(refuse()) } else { Ok(Duration::from_millis(total)) }
}

fn factor_of(units: &[(&str, u64)], name: &str) -> Option<u64> {
    units.iter().find(|(unit, _)| *unit == name).map(|(_, factor)| *factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("0", 0),
            ("80KiB", 80 * 1024),
            ("4 MiB", 4 << 20),
            ("64GiB", 64 << 30),
            ("2TB", 2_000_000_000_000),
            ("17B", 17),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "GiB", "-1", "4 Mib", "1.5GiB", "99999999999999TiB", "4MiB "] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations() {
        for (text, millis) in
            [("30s", 30_000), ("500ms", 500), ("1h30m", 5_400_000), ("7d", 604_800_000), ("0s", 0)]
        {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "30", "s", "-1s", "1.5s", "30 s", "1y", "999999999999999d"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
