//! How much time has passed, in the words of the two printers that people know the output of.

use crate::Timestamp;

/// `<duration> ago`, in the words of Docker (image-api 2.4).
pub(crate) fn ago(then: Timestamp, now: Timestamp) -> String {
    format!("{} ago", duration(now.seconds() - then.seconds()))
}

/// [`ago`], or nothing if there is no time.
pub(crate) fn ago_or_empty(then: Option<Timestamp>, now: Timestamp) -> String {
    then.filter(|time| !time.is_zero()).map(|time| ago(time, now)).unwrap_or_default()
}

fn duration(seconds: i64) -> String {
    let minutes = seconds / 60;
    // Rounded half up; every coarser unit is cut off from this number.
    let hours = (seconds + 1800) / 3600;
    match () {
        () if seconds < 1 => "Less than a second".to_owned(),
        () if seconds == 1 => "1 second".to_owned(),
        () if seconds < 60 => format!("{seconds} seconds"),
        () if minutes == 1 => "About a minute".to_owned(),
        () if minutes < 60 => format!("{minutes} minutes"),
        () if hours == 1 => "About an hour".to_owned(),
        () if hours < 48 => format!("{hours} hours"),
        () if hours < 24 * 14 => format!("{} days", hours / 24),
        () if hours < 24 * 60 => format!("{} weeks", hours / 24 / 7),
        () if hours < 24 * 730 => format!("{} months", hours / 24 / 30),
        () => format!("{} years", hours / 24 / 365),
    }
}

/// An age in the short form of Kubernetes.
pub(crate) fn age(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.seconds() - then.seconds();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match () {
        // A clock may lag behind another by a second without looking broken.
        () if seconds < -1 => "<invalid>".to_owned(),
        () if seconds < 0 => "0s".to_owned(),
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => two_units(minutes, "m", seconds % 60, "s"),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => two_units(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if days < 8 => two_units(days, "d", hours % 24, "h"),
        () if days < 730 => format!("{days}d"),
        () if days < 8 * 365 => two_units(days / 365, "y", days % 365, "d"),
        () => format!("{}y", days / 365),
    }
}

fn two_units(coarse: i64, unit: &str, fine: i64, fine_unit: &str) -> String {
    if fine == 0 { format!("{coarse}{unit}") } else { format!("{coarse}{unit}{fine}{fine_unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn durations_in_words() {
        for (seconds, words) in [
            (-5, "Less than a second"),
            (0, "Less than a second"),
            (1, "1 second"),
            (2, "2 seconds"),
            (59, "59 seconds"),
            (MINUTE, "About a minute"),
            (2 * MINUTE - 1, "About a minute"),
            (2 * MINUTE, "2 minutes"),
            (HOUR - 1, "59 minutes"),
            (HOUR, "About an hour"),
            (90 * MINUTE - 1, "About an hour"),
            (90 * MINUTE, "2 hours"),
            (47 * HOUR + 30 * MINUTE - 1, "47 hours"),
            (47 * HOUR + 30 * MINUTE, "2 days"),
            (14 * DAY - HOUR, "13 days"),
            (14 * DAY - 1, "2 weeks"),
            (14 * DAY, "2 weeks"),
            (60 * DAY - HOUR, "8 weeks"),
            (60 * DAY, "2 months"),
            (730 * DAY - HOUR, "24 months"),
            (730 * DAY, "2 years"),
            (3 * 365 * DAY, "3 years"),
        ] {
            assert_eq!(ago(at(1_000), at(1_000 + seconds)), format!("{words} ago"), "{seconds}");
        }
    }

    #[test]
    fn nothing_to_say_about_no_time() {
        assert_eq!(ago_or_empty(None, at(9)), "");
        assert_eq!(ago_or_empty(Some(Timestamp::ZERO), at(9)), "");
        assert_eq!(ago_or_empty(Some(at(8)), at(9)), "1 second ago");
    }

    #[test]
    fn ages_in_short() {
        for (seconds, short) in [
            (-2, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (121, "2m1s"),
            (10 * MINUTE - 1, "9m59s"),
            (10 * MINUTE, "10m"),
            (3 * HOUR - 1, "179m"),
            (3 * HOUR, "3h"),
            (3 * HOUR + MINUTE, "3h1m"),
            (8 * HOUR, "8h"),
            (2 * DAY - 1, "47h"),
            (2 * DAY, "2d"),
            (2 * DAY + HOUR, "2d1h"),
            (8 * DAY, "8d"),
            (730 * DAY, "2y"),
            (731 * DAY, "2y1d"),
            (8 * 365 * DAY + DAY, "8y"),
        ] {
            assert_eq!(age(at(0), at(seconds)), short, "{seconds}");
        }
    }
}
