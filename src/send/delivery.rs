//! A command on its way: what it holds, and whose it is.

use std::borrow::Cow;

use super::batches::{Change, GroupCommand};
use super::requests::{Packable, Packed};
use crate::model::command::{Command, Step, Subject};
use crate::text::Text;

/// One command of a request, and the entries that it carries out.
pub(super) enum Delivery<'e> {
    /// What is left of the command of one entry.
    Entry {
        place: usize,
        command: Cow<'e, Command>,
    },
    /// The same change for many: part of their commands.
    Group {
        group: Text,
        command: Command,
        /// The places of the entries, by step.
        steps: Vec<Vec<usize>>,
    },
}

impl Delivery<'_> {
    pub(super) fn command(&self) -> &Command {
        match self {
            Delivery::Entry { command, .. } => command,
            Delivery::Group { command, .. } => command,
        }
    }

    /// The places of the entries that it is about.
    pub(super) fn places(&self) -> Vec<usize> {
        match self {
            Delivery::Entry { place, .. } => vec![*place],
            Delivery::Group { steps, .. } => steps.concat(),
        }
    }
}

/// The deliveries of each request, of the commands that were packed.
pub(super) fn deliveries<'e>(packed: Packed, commands: &[Packable<'e>]) -> Vec<Vec<Delivery<'e>>> {
    let groups = packed.groups;
    let request = |request: super::batches::Request| {
        let by_user = request.users.iter().filter_map(|user| {
            let packed = commands.get(*user)?;
            Some(Delivery::Entry {
                place: packed.place,
                command: packed.command.clone(),
            })
        });
        let by_group = request.groups.iter().filter_map(|command| {
            let group = groups.get(command.group).copied()?;
            Some(for_group(group, command, commands))
        });
        by_user.chain(by_group).collect()
    };
    packed.requests.into_iter().map(request).collect()
}

fn for_group<'e>(group: Text, command: &GroupCommand, commands: &[Packable<'_>]) -> Delivery<'e> {
    let mut steps = Vec::with_capacity(command.steps.len());
    let mut places = Vec::with_capacity(command.steps.len());
    for (change, people) in &command.steps {
        let people = people.iter().filter_map(|person| commands.get(*person));
        let (own, roots): (Vec<usize>, Vec<Text>) = people
            .filter_map(|packed| match &packed.command.subject {
                Subject::User { root, .. } => Some((packed.place, *root)),
                Subject::UserGroup(_) => None,
            })
            .unzip();
        steps.push(match change {
            Change::Add => Step::AddUsers(roots),
            Change::Remove => Step::RemoveUsers(roots),
        });
        places.push(own);
    }
    Delivery::Group {
        group,
        command: Command {
            subject: Subject::UserGroup(group),
            steps,
        },
        steps: places,
    }
}
