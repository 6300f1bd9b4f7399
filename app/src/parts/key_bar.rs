//! The life of a signing key as a bar over time. What it shows is said in words beside it.
//!
//! Places are percentages in attributes: a style in an element is against our own policy (CSP).

use domain::signing_key::Life;
use leptos::prelude::*;
use time::OffsetDateTime;

/// The span that all bars share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: OffsetDateTime,
    pub(crate) to: OffsetDateTime,
}

/// The narrowest part that can still be seen, in percent.
const LEAST: f64 = 0.8;

impl Span {
    /// Where an instant is, in percent.
    pub(crate) fn place(&self, at: OffsetDateTime) -> f64 {
        let whole = (self.to - self.from).as_seconds_f64().max(1.0);
        ((at - self.from).as_seconds_f64() / whole * 100.0).clamp(0.0, 100.0)
    }

    /// Where a part begins, and how wide it is; none where it is outside.
    fn part(&self, from: OffsetDateTime, to: OffsetDateTime) -> Option<(String, String)> {
        if to <= from || to <= self.from || from >= self.to {
            return None;
        }
        let (left, right) = (self.place(from), self.place(to));
        let width = (right - left).max(LEAST);
        let left = left.min(100.0 - width);
        Some((percent(left), percent(width)))
    }
}

fn percent(number: f64) -> String {
    format!("{number:.2}%")
}

/// `created_at` is when it was published.
#[component]
pub(crate) fn KeyBar(
    created_at: OffsetDateTime,
    life: Life,
    /// When it will have stopped signing, where nothing says so yet.
    expected: Option<OffsetDateTime>,
    span: Span,
    now: OffsetDateTime,
) -> impl IntoView {
    let end = life.removed_at.unwrap_or(span.to);
    let signs_until = life.retired_at.unwrap_or(end).min(end);
    let foreseen = expected.filter(|_| life.retired_at.is_none() && life.removed_at.is_none());
    let signs_until = foreseen.map_or(signs_until, |at| at.max(now).min(signs_until));
    let parts = [
        (
            "life-waits",
            "7",
            "4",
            created_at,
            life.active_from.min(end),
        ),
        (
            "life-signs",
            "3",
            "12",
            life.active_from,
            signs_until.min(now),
        ),
        (
            "life-later",
            "3",
            "12",
            life.active_from.max(now),
            signs_until,
        ),
        (
            "life-stays",
            "7",
            "4",
            signs_until.max(life.active_from),
            end,
        ),
    ];
    // What nobody has planned is not drawn.
    let parts = parts
        .into_iter()
        .filter(|(class, ..)| foreseen.is_none() || *class != "life-stays");
    let parts = parts
        .filter_map(|(class, y, height, from, to)| {
            let (x, width) = span.part(from, to)?;
            Some(view! { <rect class=class x=x y=y width=width height=height rx="2" /> })
        })
        .collect_view();
    let here = percent(span.place(now));
    view! {
        <svg class="life" width="100%" height="18" aria-hidden="true" focusable="false">
            <line class="life-line" x1="0" x2="100%" y1="9" y2="9" />
            {parts}
            <line class="life-halo" x1=here.clone() x2=here.clone() y1="0" y2="18" />
            <line class="life-now" x1=here.clone() x2=here y1="0" y2="18" />
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    #[test]
    fn parts_stay_within_the_span_and_are_wide_enough_to_be_seen() {
        let at = |day: i64| OffsetDateTime::UNIX_EPOCH + Duration::days(day);
        let span = Span {
            from: at(0),
            to: at(100),
        };
        let text = |left: &str, width: &str| Some((left.to_owned(), width.to_owned()));
        for (from, to, part) in [
            (at(10), at(30), text("10.00%", "20.00%")),
            (at(-10), at(30), text("0.00%", "30.00%")),
            (at(90), at(130), text("90.00%", "10.00%")),
            (at(50), at(50) + Duration::MINUTE, text("50.00%", "0.80%")),
            (at(100) - Duration::MINUTE, at(101), text("99.20%", "0.80%")),
            (at(-3), at(0), None),
            (at(100), at(101), None),
            (at(5), at(5), None),
        ] {
            assert_eq!(span.part(from, to), part, "{from} {to}");
        }
    }
}
