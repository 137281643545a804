//! How many requests a sending takes, and for how long (manual/requests.md#forecast).
//!
//! Pure: the same packing as when it is sent.

use serde_json::{Value, json};

use super::requests::{self, UserGroups};
use super::{Entry, Status};
use crate::model::OrgId;
use crate::model::command::{Command, Step, Subject};

/// With fewer changes of membership than these the other way is not worth a word.
const MANY: usize = 100;

/// Requests, and the minutes that they take at the pace that Adobe allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effort {
    pub requests: usize,
    pub minutes: usize,
}

/// What sending to one org takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    pub org: OrgId,
    pub effort: Effort,
    /// Where there are many changes of membership and both ways differ.
    pub memberships: Option<Memberships>,
}

/// Many changes of membership, both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memberships {
    pub count: usize,
    pub one_user_a_command: Effort,
    pub with_batches: Effort,
    /// Batches are what is done.
    pub is_batched: bool,
}

/// By [`OrgId`]: what holds for an org.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// The user groups that `usergroup` commands may be used for.
    pub user_groups: UserGroups,
    /// Action requests a minute.
    pub per_minute: usize,
}

impl Effort {
    pub fn of(requests: usize, per_minute: usize) -> Effort {
        Effort {
            requests,
            minutes: requests.div_ceil(per_minute.max(1)),
        }
    }

    /// Of all orgs, one after another.
    pub fn sum(forecasts: &[Forecast]) -> Effort {
        Effort {
            requests: forecasts.iter().map(|one| one.effort.requests).sum(),
            minutes: forecasts.iter().map(|one| one.effort.minutes).sum(),
        }
    }

    /// `31 requests, about 4 minutes`
    pub fn in_words(self) -> String {
        let requests = match self.requests {
            1 => "1 request".to_owned(),
            count => format!("{} requests", thousands(count)),
        };
        match self.minutes {
            0 | 1 => format!("{requests}, about 1 minute"),
            minutes => format!("{requests}, about {} minutes", thousands(minutes)),
        }
    }
}

impl Forecast {
    /// The same for programs (manual/schemas.md).
    pub fn json(&self) -> Value {
        let effort =
            |effort: Effort| json!({"requests": effort.requests, "minutes": effort.minutes});
        let mut forecast = effort(self.effort);
        if let (Some(memberships), Some(fields)) = (self.memberships, forecast.as_object_mut()) {
            let of_memberships = json!({
                "count": memberships.count,
                "one_user_a_command": effort(memberships.one_user_a_command),
                "with_batch_group_changes": effort(memberships.with_batches),
            });
            fields.insert("memberships".to_owned(), of_memberships);
        }
        forecast
    }
}

impl Memberships {
    /// Both ways, the one that is done first.
    pub fn in_words(self) -> String {
        let count = thousands(self.count);
        let users = self.one_user_a_command.in_words();
        let batches = self.with_batches.in_words();
        if self.is_batched {
            return format!(
                "{count} memberships with batch_group_changes: {batches}; one user a command: {users}"
            );
        }
        format!(
            "{count} memberships one user a command: {users}; with batch_group_changes: {batches}"
        )
    }
}

/// The forecast for each org that something is sent to. `known` is as in [`super::run`].
pub fn forecast(entries: &[Entry<'_>], known: &[bool], terms: &[Terms]) -> Vec<Forecast> {
    let mut start = 0;
    let mut forecasts = Vec::new();
    for of_org in entries.chunk_by(|one, next| one.org == next.org) {
        let places = start..start + of_org.len();
        start = places.end;
        let is_open = |place: usize| Status::of(known, place) == Status::Open;
        let open = places.zip(of_org).filter(|(place, _)| is_open(*place));
        let open: Vec<&Command> = open.map(|(_, entry)| entry.command()).collect();
        let Some(org) = of_org
            .first()
            .map(|entry| entry.org)
            .filter(|_| !open.is_empty())
        else {
            continue;
        };
        let terms = terms.get(org.place()).cloned().unwrap_or_default();
        forecasts.push(of_commands(org, &open, &terms));
    }
    forecasts
}

fn of_commands(org: OrgId, commands: &[&Command], terms: &Terms) -> Forecast {
    let is_group = |command: &&&Command| matches!(command.subject, Subject::UserGroup(_));
    let groups = commands.iter().take_while(is_group).count();
    let (made, people) = commands.split_at(groups);
    let none = UserGroups::default();
    let effort = |user_groups: &UserGroups| {
        let requests = requests::count(made.iter().copied(), &none)
            + requests::count(people.iter().copied(), user_groups);
        Effort::of(requests, terms.per_minute)
    };
    let is_batched = !terms.user_groups.is_empty();
    let count: usize = commands.iter().map(|command| memberships(command)).sum();
    let one_user_a_command = effort(&none);
    let with_batches = if is_batched {
        effort(&terms.user_groups)
    } else if count >= MANY {
        effort(&UserGroups::conceivable(commands.iter().copied()))
    } else {
        one_user_a_command
    };
    let memberships = Memberships {
        count,
        one_user_a_command,
        with_batches,
        is_batched,
    };
    let differ = with_batches.requests < one_user_a_command.requests;
    Forecast {
        org,
        effort: if is_batched {
            with_batches
        } else {
            one_user_a_command
        },
        memberships: (count >= MANY && differ).then_some(memberships),
    }
}

/// How many memberships a command changes, if it does nothing else.
fn memberships(command: &Command) -> usize {
    let of_step = |step: &Step| match step {
        Step::Add(groups) | Step::Remove(groups) => Some(groups.len()),
        _ => None,
    };
    let counts: Option<Vec<usize>> = command.steps.iter().map(of_step).collect();
    counts.unwrap_or_default().iter().sum()
}

/// A number as people read it: `5,000`.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn efforts_are_told_in_words() {
        for (requests, per_minute, expected) in [
            (1, 10, "1 request, about 1 minute"),
            (31, 10, "31 requests, about 4 minutes"),
            (500, 10, "500 requests, about 50 minutes"),
            (12_000, 10, "12,000 requests, about 1,200 minutes"),
            (12, 4, "12 requests, about 3 minutes"),
        ] {
            assert_eq!(Effort::of(requests, per_minute).in_words(), expected);
        }
    }

    #[test]
    fn thousands_have_commas() {
        let shown = [0, 999, 1000, 5000, 1_234_567].map(thousands);
        assert_eq!(shown, ["0", "999", "1,000", "5,000", "1,234,567"]);
    }
}
