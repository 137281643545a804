//! What standard output and standard error are: a terminal or not, how wide, with colours or
//! without.

use std::env;
use std::io::{self, IsTerminal};
use std::sync::Mutex;

/// Where something is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// Whether output has colours (`--color`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Colours {
    /// On a terminal that knows them, unless `NO_COLOR` is set.
    #[default]
    Auto,
    Always,
    Never,
}

/// Chosen once for the whole process, before anything is written.
static CHOSEN: Mutex<Colours> = Mutex::new(Colours::Auto);

/// From now on colours are used as `colours` says.
pub fn choose_colours(colours: Colours) {
    if let Ok(mut chosen) = CHOSEN.lock() {
        *chosen = colours;
    }
}

impl Stream {
    pub fn is_terminal(self) -> bool {
        match self {
            Stream::Stdout => io::stdout().is_terminal(),
            Stream::Stderr => io::stderr().is_terminal(),
        }
    }

    /// A terminal that knows escape sequences: lines on it can be written over.
    pub fn is_screen(self) -> bool {
        self.is_terminal() && env::var_os("TERM").is_some_and(|term| term != "dumb")
    }

    pub fn has_colours(self) -> bool {
        let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match CHOSEN.lock().map(|chosen| *chosen) {
            Ok(Colours::Always) => true,
            Ok(Colours::Never) => false,
            Ok(Colours::Auto) | Err(_) => self.is_screen() && !plain,
        }
    }

    /// Columns: those of `COLUMNS`, else those of the terminal; `None` where there is neither.
    pub fn width(self) -> Option<usize> {
        let set = env::var("COLUMNS").ok();
        let set = set.and_then(|columns| columns.trim().parse::<usize>().ok());
        let size = || match self {
            Stream::Stdout => terminal_size::terminal_size_of(io::stdout()),
            Stream::Stderr => terminal_size::terminal_size_of(io::stderr()),
        };
        set.or_else(|| Some(usize::from(size()?.0.0)))
    }
}
