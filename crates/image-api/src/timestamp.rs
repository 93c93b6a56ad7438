use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The text is no point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time is written as in RFC 3339")]
pub struct TimestampError;

/// A point in time with a resolution of one second, as every API object has it.
///
/// The default is the zero time of Go, 1 January of the year 1, which stands for "no time": it
/// encodes as `null` (image-api 1.2), and image configs of reproducible builds spell it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// No time.
    pub const ZERO: Timestamp = Timestamp(-62_135_596_800);
    /// The earliest time RFC 3339 can write, 0000-01-01T00:00:00Z.
    const EARLIEST: i64 = -62_167_219_200;
    /// The latest time every offset can write, 9999-12-30T22:00:00Z.
    const LATEST: i64 = 253_402_207_200;

    /// Seconds since the Unix epoch, moved into the years 0 to 9999.
    pub fn from_seconds(seconds: i64) -> Timestamp {
        Timestamp(seconds.clamp(Timestamp::EARLIEST, Timestamp::LATEST))
    }

    /// Seconds since the Unix epoch.
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// Whether it stands for "no time".
    pub fn is_zero(self) -> bool {
        self == Timestamp::ZERO
    }

    /// Parses RFC 3339 with any offset. Fractions of a second are cut off.
    pub fn parse(text: &str) -> Result<Timestamp, TimestampError> {
        let instant: jiff::Timestamp = text.parse().map_err(|_| TimestampError)?;
        // Before 1970 the fraction counts backwards; cutting it off goes to the second below.
        let below = i64::from(instant.subsec_nanosecond() < 0);
        Ok(Timestamp::from_seconds(instant.as_second() - below))
    }
}

impl Default for Timestamp {
    fn default() -> Timestamp {
        Timestamp::ZERO
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Timestamp, TimestampError> {
        Timestamp::parse(text)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant =
            jiff::Timestamp::from_second(self.0).expect("the constructor keeps within four-digit years");
        fmt::Display::fmt(&instant, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_zero() { serializer.serialize_none() } else { serializer.collect_str(self) }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        match Option::<std::borrow::Cow<'de, str>>::deserialize(deserializer)? {
            Some(text) => Timestamp::parse(&text).map_err(serde::de::Error::custom),
            None => Ok(Timestamp::ZERO),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whole_seconds_of_utc_come_out_whatever_went_in() {
        for (text, shown) in [
            ("2026-02-03T10:16:00Z", "2026-02-03T10:16:00Z"),
            ("2026-02-03T10:15:30.123456789Z", "2026-02-03T10:15:30Z"),
            ("2026-02-03T10:15:30.999999999+02:00", "2026-02-03T08:15:30Z"),
            ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59Z"),
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
            ("9999-12-30T22:00:00Z", "9999-12-30T22:00:00Z"),
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), shown, "{text}");
        }
        for text in ["", "yesterday", "2026-02-03", "2026-02-03T10:16:00", "2026-13-03T10:16:00Z", "12"] {
            assert_eq!(Timestamp::parse(text), Err(TimestampError), "{text}");
        }
    }

    #[test]
    fn no_time_is_null() {
        assert_eq!(serde_json::to_string(&Timestamp::ZERO).unwrap(), "null");
        assert_eq!(serde_json::from_str::<Timestamp>("null").unwrap(), Timestamp::default());
        assert_eq!(Timestamp::parse("0001-01-01T00:00:00Z"), Ok(Timestamp::ZERO));
        assert_eq!(Timestamp::ZERO.to_string(), "0001-01-01T00:00:00Z");
        assert!(serde_json::from_str::<Timestamp>("12").is_err());
    }

    proptest! {
        #[test]
        fn print_then_parse_is_the_same_time(seconds in any::<i64>(), near in -100_000_000_000_i64..300_000_000_000) {
            for time in [Timestamp::from_seconds(seconds), Timestamp::from_seconds(near)] {
                prop_assert_eq!(Timestamp::parse(&time.to_string()), Ok(time));
                let json = serde_json::to_string(&time).unwrap();
                prop_assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), time);
            }
        }

        #[test]
        fn within_the_range_seconds_are_kept(seconds in Timestamp::EARLIEST..=Timestamp::LATEST) {
            prop_assert_eq!(Timestamp::from_seconds(seconds).seconds(), seconds);
        }
    }
}
