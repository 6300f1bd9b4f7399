//! How long the token is still good for: a ring that empties, and the time in digits.

use leptos::prelude::*;

use super::pulse::{Pulse, State};
use crate::words;

const RADIUS: i64 = 54;
/// `2 π r`, in tenths.
const LENGTH: i64 = 3_393;

/// Without the browser part the countdown would stand still, so the style sheet then shows until
/// when the token was good instead.
#[component]
pub(super) fn Ring(pulse: Pulse) -> impl IntoView {
    let until = move || pulse.face.with(|face| words::iso(face.expires_at));
    let caption = move || match pulse.state.get() {
        State::Over => "not renewed",
        State::Trouble(_) if pulse.left.get() == 0 => "expired",
        State::Trouble(_) => "retrying",
        State::Valid if pulse.left.get() == 0 => "renewing",
        State::Valid => "renews itself",
    };
    view! {
        <div class="ring" data-mood=move || mood(&pulse.state.get(), pulse.left.get())>
            <svg viewBox="0 0 120 120" width="120" height="120" aria-hidden="true" focusable="false">
                <circle class="ring-track" cx="60" cy="60" r=RADIUS fill="none" stroke-width="4"></circle>
                <circle
                    class="ring-left"
                    cx="60"
                    cy="60"
                    r=RADIUS
                    fill="none"
                    stroke-width="4"
                    transform="rotate(-90 60 60)"
                    stroke-dasharray=move || pulse.face.with(|face| dashes(pulse.left.get(), face.expires_at - face.issued_at))
                ></circle>
            </svg>
            <div class="ring-live">
                <p class="ring-time" role="timer" aria-label="Time left">{move || words::countdown(pulse.left.get())}</p>
                <p class="ring-caption">{caption}</p>
            </div>
            <div class="ring-still">
                <p class="ring-caption">"valid until"</p>
                <p class="ring-until"><time datetime=until>{move || clock_time(&until())}</time></p>
                <p class="ring-caption">"UTC"</p>
            </div>
        </div>
    }
}

/// The word and colour of the ring.
fn mood(state: &State, left: i64) -> &'static str {
    match (state, left) {
        (State::Over, _) | (_, 0) => "stop",
        (State::Trouble(_), _) => "wait",
        (State::Valid, _) => "go",
    }
}

/// The drawn and the empty part of the ring.
fn dashes(left: i64, lifetime: i64) -> String {
    let drawn = LENGTH * left.clamp(0, lifetime.max(1)) / lifetime.max(1);
    format!("{}.{} {}", drawn / 10, drawn % 10, LENGTH)
}

/// `12:04:05` of `2026-11-24T12:04:05Z`.
fn clock_time(iso: &str) -> String {
    iso.chars().skip(11).take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ring_is_as_full_as_the_token_is_fresh() {
        for (left, lifetime, text) in [
            (300, 300, "339.3 3393"),
            (150, 300, "169.6 3393"),
            (0, 300, "0.0 3393"),
            (400, 300, "339.3 3393"),
            (5, 0, "339.3 3393"),
        ] {
            assert_eq!(dashes(left, lifetime), text);
        }
    }

    #[test]
    fn the_clock_shows_the_time_of_day() {
        assert_eq!(clock_time("2026-11-24T12:04:05Z"), "12:04:05");
    }
}
