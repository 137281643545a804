//! A token that a server gave: how long it is used.
//!
//! Knows neither who gave it nor what for.

use std::time::{Duration, Instant};

use crate::os::secret::Secret;

/// Renewed that long before it ends.
const MARGIN: Duration = Duration::from_secs(60);
/// Tokens live for a day at most; a larger number is not believed.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 3600);

pub struct Token {
    pub text: Secret,
    /// How long it lives, from when it was asked for.
    pub life: Duration,
    renew_at: Option<Instant>,
}

impl Token {
    /// A token that was asked for at that time; `None`: it cannot stand in a header.
    pub fn new(text: String, asked: Instant, life: Duration) -> Option<Token> {
        let text = Secret::new(text);
        let life = life.min(LONGEST_LIFE);
        is_sendable(text.expose()).then(|| Token {
            text,
            life,
            renew_at: asked.checked_add(life.saturating_sub(MARGIN)),
        })
    }

    /// Whether it will be for a while.
    pub fn is_good(&self) -> bool {
        self.renew_at.is_none_or(|at| Instant::now() < at)
    }
}

/// Whether a token, a key or an id can stand in a header.
pub fn is_sendable(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}
