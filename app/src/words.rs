//! Spans of time and sizes in words.
//!
//! Plain arithmetic on seconds, because the browser part shares it and carries no library for dates.

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// What a clock that counts down shows: `4:07`, and never less than nothing.
pub(crate) fn countdown(seconds: i64) -> String {
    let seconds = seconds.max(0);
    format!("{}:{:02}", seconds / MINUTE, seconds % MINUTE)
}

/// How long something still lasts: `3 h 12 m left`.
pub(crate) fn left(seconds: i64) -> String {
    if seconds <= 0 {
        return "ended".to_owned();
    }
    let (days, hours, minutes) = (seconds / DAY, seconds % DAY / HOUR, seconds % HOUR / MINUTE);
    match (days, hours, minutes) {
        (0, 0, 0) => "less than 1 m left".to_owned(),
        (0, 0, m) => format!("{m} m left"),
        (0, h, 0) => format!("{h} h left"),
        (0, h, m) => format!("{h} h {m} m left"),
        (d, 0, _) => format!("{d} d left"),
        (d, h, _) if d < 7 => format!("{d} d {h} h left"),
        // By now a day more or less is said best by the nearer one.
        _ => format!("{} d left", (seconds + DAY / 2) / DAY),
    }
}

/// A span of time, to the second below a day: `5 m 10 s`.
#[cfg(feature = "ssr")]
pub(crate) fn span(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let parts = [
        (seconds / DAY, "d"),
        (seconds % DAY / HOUR, "h"),
        (seconds % HOUR / MINUTE, "m"),
        (seconds % MINUTE, "s"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0).take(2);
    let parts: Vec<_> = parts
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    if parts.is_empty() {
        "0 s".to_owned()
    } else {
        parts.join(" ")
    }
}

/// How long ago something was, in its largest unit.
#[cfg(feature = "ssr")]
pub(crate) fn ago(seconds: i64) -> String {
    let (count, unit) = match seconds {
        ..MINUTE => return "just now".to_owned(),
        MINUTE..HOUR => (seconds / MINUTE, "minute"),
        HOUR..DAY => (seconds / HOUR, "hour"),
        DAY.. => (seconds / DAY, "day"),
    };
    format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" })
}

/// How many of something: `no keys`, `1 key`, `2 keys`.
#[cfg(feature = "ssr")]
pub(crate) fn counted(count: i64, noun: &str) -> String {
    match count {
        0 => format!("no {noun}s"),
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

/// A number with its thousands apart: `1,104`.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The instant in the form of ISO 8601, from seconds since 1970: `2026-11-24T00:34:07Z`.
pub(crate) fn iso(unix: i64) -> String {
    let (day, second) = (unix.div_euclid(DAY), unix.rem_euclid(DAY));
    // Howard Hinnant's days-to-civil: years begin in March, so that the leap day is the last one.
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day_of_month:02}T{:02}:{:02}:{:02}Z",
        second / HOUR,
        second % HOUR / MINUTE,
        second % MINUTE
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_countdown_has_two_digits_of_seconds_and_stops_at_nothing() {
        for (seconds, text) in [
            (252, "4:12"),
            (60, "1:00"),
            (7, "0:07"),
            (0, "0:00"),
            (-5, "0:00"),
            (900, "15:00"),
        ] {
            assert_eq!(countdown(seconds), text);
        }
    }

    #[test]
    fn what_is_left_is_told_in_at_most_two_units() {
        for (seconds, text) in [
            (-1, "ended"),
            (0, "ended"),
            (59, "less than 1 m left"),
            (60, "1 m left"),
            (3 * HOUR, "3 h left"),
            (3 * HOUR + 12 * MINUTE + 9, "3 h 12 m left"),
            (DAY, "1 d left"),
            (DAY + 5 * HOUR, "1 d 5 h left"),
            (29 * DAY + 5 * HOUR, "29 d left"),
            (29 * DAY + 23 * HOUR, "30 d left"),
        ] {
            assert_eq!(left(seconds), text);
        }
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn a_span_is_told_in_at_most_two_units() {
        for (seconds, text) in [
            (-1, "0 s"),
            (10, "10 s"),
            (60, "1 m"),
            (310, "5 m 10 s"),
            (2 * HOUR + 5, "2 h 5 s"),
            (DAY, "1 d"),
            (30 * DAY + 3 * HOUR + 7, "30 d 3 h"),
        ] {
            assert_eq!(span(seconds), text);
        }
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn the_past_is_told_in_its_largest_unit() {
        for (seconds, text) in [
            (-3, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (7_199, "1 hour ago"),
            (7_200, "2 hours ago"),
            (DAY, "1 day ago"),
            (40 * DAY, "40 days ago"),
        ] {
            assert_eq!(ago(seconds), text);
        }
    }

    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_104, "1,104"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn instants_are_written_in_utc() {
        for (unix, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_480_447, "2026-11-24T00:34:07Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(iso(unix), text);
        }
    }
}
