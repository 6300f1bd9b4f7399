//! The life of a pass in the browser: how much is left, when a new one is fetched, what is said.
//!
//! One tick a second decides everything, so there is nothing to cancel and nothing that a computer
//! asleep could miss. What is seen of it is `pass_card`'s.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::pace::is_due;
use crate::{
    api::{self, Asker},
    browser::clock::Mark,
    error::AppError,
    face::{Face, Issued},
    words,
};

/// What a click had for an outcome is worth reading for this long.
const OUTCOME_MS: f64 = 20_000.0;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Valid,
    /// The last renewal failed; another is due.
    Trouble(AppError),
    /// The login is over: nothing comes any more until somebody logs in.
    Over,
}

/// What the card shows, and the means to change it.
#[derive(Clone, Copy)]
pub(super) struct Pulse {
    pub(super) face: RwSignal<Face>,
    /// Seconds until the token ends.
    pub(super) left: RwSignal<i64>,
    pub(super) state: RwSignal<State>,
    /// The token, only while it is revealed.
    pub(super) token: RwSignal<Option<String>>,
    /// What the last click led to.
    pub(super) outcome: RwSignal<String>,
    /// What only those need to hear who do not see the countdown.
    pub(super) murmur: RwSignal<String>,
    /// Whether the browser part is at work.
    pub(super) ready: RwSignal<bool>,
    engine: StoredValue<Engine>,
}

#[derive(Clone, Copy, Default)]
struct Engine {
    /// When the face was asked for: its `now` is not earlier than that.
    asked: Option<Mark>,
    tried: Option<Mark>,
    spoken: Option<Mark>,
    busy: bool,
    failures: u32,
}

impl Pulse {
    pub(super) fn new(face: Face) -> Self {
        let pulse = Self {
            left: RwSignal::new((face.expires_at - face.now).max(0)),
            face: RwSignal::new(face),
            state: RwSignal::new(State::Valid),
            token: RwSignal::new(None),
            outcome: RwSignal::new(String::new()),
            murmur: RwSignal::new(String::new()),
            ready: RwSignal::new(false),
            engine: StoredValue::new(Engine::default()),
        };
        // Effects run in the browser only.
        Effect::new(move |_| pulse.start());
        pulse
    }

    fn start(self) {
        self.engine
            .update_value(|engine| engine.asked = Some(Mark::page_start()));
        let ticking = set_interval_with_handle(move || self.tick(), Duration::from_secs(1));
        let waking = window_event_listener_untyped("visibilitychange", move |_| self.wake());
        on_cleanup(move || {
            if let Ok(interval) = ticking {
                interval.clear();
            }
            waking.remove();
        });
        self.ready.set(true);
        self.tick();
    }

    /// Somebody looks again: perhaps after a sleep, perhaps after logging in elsewhere.
    fn wake(self) {
        if visible() && self.state.get_untracked() == State::Over {
            self.renew();
        }
        self.tick();
    }

    fn tick(self) {
        let engine = self.engine.get_value();
        let (lasts, cluster_now) = self.face.with_untracked(|face| (face.expires_at, face.now));
        let passed = engine.asked.map_or(0, |mark| seconds(mark.elapsed_ms()));
        let left = (lasts - cluster_now - passed).max(0);
        if self.left.get_untracked() != left {
            self.left.set(left);
        }
        if engine
            .spoken
            .is_some_and(|mark| mark.elapsed_ms() > OUTCOME_MS)
        {
            self.say(String::new());
        }
        let waited = engine.tried.map(|mark| seconds(mark.elapsed_ms()));
        if !engine.busy
            && self.state.get_untracked() != State::Over
            && visible()
            && is_due(left, waited, engine.failures)
        {
            self.renew();
        }
    }

    fn renew(self) {
        self.engine.update_value(|engine| {
            engine.busy = true;
            engine.tried = Some(Mark::now());
        });
        let cluster = self.face.with_untracked(|face| face.cluster.clone());
        let revealed = self.token.with_untracked(Option::is_some);
        spawn_local(async move {
            if revealed {
                // The error is on the card already.
                let _ = self.issue(Asker::Page).await;
            } else {
                let asked = Mark::now();
                let answer = api::token::pass(&cluster).await;
                let _ = self.settle(asked, answer);
            }
            self.engine.update_value(|engine| engine.busy = false);
        });
    }

    /// Fetches the token itself, and with it the newest face.
    pub(super) async fn issue(self, asker: Asker) -> Result<String, AppError> {
        let asked = Mark::now();
        let cluster = self.face.with_untracked(|face| face.cluster.clone());
        let answer = api::token::token(asker, &cluster).await;
        let Issued { token, pass } = match answer {
            Ok(issued) => issued,
            Err(error) => return self.settle(asked, Err(error)).map(|()| String::new()),
        };
        self.settle(asked, Ok(pass))?;
        if self.token.with_untracked(Option::is_some) {
            self.token.set(Some(token.clone()));
        }
        Ok(token)
    }

    /// Takes an answer over into what the card shows.
    fn settle(self, asked: Mark, answer: Result<Face, AppError>) -> Result<(), AppError> {
        match answer {
            Ok(face) => {
                // Two answers may overtake each other.
                if face.issued_at >= self.face.with_untracked(|shown| shown.issued_at) {
                    if face.expires_at > self.face.with_untracked(|shown| shown.expires_at) {
                        self.murmur.set(format!(
                            "Token renewed, {}.",
                            words::left(face.expires_at - face.now)
                        ));
                    }
                    self.left.set((face.expires_at - face.now).max(0));
                    self.face.set(face);
                    self.engine
                        .update_value(|engine| engine.asked = Some(asked));
                }
                self.engine.update_value(|engine| engine.failures = 0);
                self.state.set(State::Valid);
                Ok(())
            }
            Err(error) => {
                self.engine
                    .update_value(|engine| engine.failures = engine.failures.saturating_add(1));
                if error == AppError::LoginRequired {
                    self.token.set(None);
                    self.state.set(State::Over);
                } else {
                    self.state.set(State::Trouble(error.clone()));
                }
                Err(error)
            }
        }
    }

    pub(super) fn say(self, outcome: String) {
        self.engine
            .update_value(|engine| engine.spoken = (!outcome.is_empty()).then(Mark::now));
        self.outcome.set(outcome);
    }
}

/// A page that nobody sees asks for nothing.
fn visible() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Visible
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "no page lives for 292 million years"
)]
fn seconds(milliseconds: f64) -> i64 {
    (milliseconds / 1_000.0) as i64
}
