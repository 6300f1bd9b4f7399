//! Time that passes, whatever the browser's clock says that it is.

use leptos::prelude::window;

/// An instant of this page's life, as two clocks saw it.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    /// The monotonic clock; in many browsers it stands still while the computer sleeps.
    monotonic: f64,
    /// The wall clock; it goes on, but may be set.
    wall: f64,
}

impl Mark {
    /// When the page was asked for, which is before the server made it.
    pub(crate) fn page_start() -> Self {
        Self {
            monotonic: 0.0,
            wall: window()
                .performance()
                .map_or_else(js_sys::Date::now, |clock| clock.time_origin()),
        }
    }

    pub(crate) fn now() -> Self {
        Self {
            monotonic: monotonic(),
            wall: js_sys::Date::now(),
        }
    }

    /// Milliseconds since then. The clock that went further is believed: a token may be renewed
    /// too early after the wall clock was set, but never be taken for valid after a sleep.
    pub(crate) fn elapsed_ms(self) -> f64 {
        (monotonic() - self.monotonic).max(js_sys::Date::now() - self.wall)
    }
}

fn monotonic() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}
