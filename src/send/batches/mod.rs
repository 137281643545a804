//! Which changes of memberships go by `usergroup` commands, and in which request.
//!
//! A `usergroup` command changes the membership of up to a hundred people in one group; one for a
//! user all groups of one person. What is cheapest is a mix, and this is where it is mixed: a pure
//! function, linear in the number of memberships, that gives the same for the same input and never
//! more requests than user commands alone would take.
//!
//! In one request a group has one command and a person is named by one. So people in several groups
//! take several requests, and a group with a rare member may cost more than a command for them.
//! Several mixes are tried, from "everybody by group" to "nobody"; the one with the fewest requests
//! is taken, and of those the one that moves fewest people by group.

mod schedule;

use std::iter::Peekable;

use schedule::{Thin, schedule};

/// What Adobe takes: commands in a request, steps in a command, names in a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) commands: usize,
    pub(super) steps: usize,
    pub(super) names: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Change {
    Remove,
    Add,
}

/// One group that somebody gains or loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Membership {
    /// By number, from 0.
    pub(super) group: usize,
    pub(super) change: Change,
}

/// A command for a user, as the planner sees it.
#[derive(Debug, Clone, Default)]
pub(super) struct Wish {
    /// What it changes, if `usergroup` commands can do that as well: each group once.
    pub(super) memberships: Option<Vec<Membership>>,
    /// The last wish before this one that must be answered before it is sent. Such a wish, and the
    /// one that it names, have no memberships here.
    pub(super) behind: Option<usize>,
}

/// A request: commands for users, and commands for groups. People are places in the wishes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) users: Vec<usize>,
    pub(super) groups: Vec<GroupCommand>,
}

/// A command that changes the membership of many people in one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GroupCommand {
    pub(super) group: usize,
    pub(super) steps: Vec<(Change, Vec<usize>)>,
}

impl Request {
    /// Adds commands for users, in their order, as long as there is room.
    fn fill(
        &mut self,
        wishes: &[Wish],
        users: &mut Peekable<impl Iterator<Item = usize>>,
        limits: Limits,
    ) {
        while self.groups.len() + self.users.len() < limits.commands {
            let has_room_for = |place: &usize| {
                let behind = wishes.get(*place).and_then(|wish| wish.behind);
                behind.is_none_or(|behind| !self.users.contains(&behind))
            };
            let Some(place) = users.next_if(has_room_for) else {
                return;
            };
            self.users.push(place);
        }
    }
}

/// Fewer members in a batch than these are not worth a group's command: one candidate each.
const WORTHWHILE: [usize; 7] = [1, 2, 3, 4, 6, 8, 12];
/// So many candidates, the best by a quick estimate, are worked out in full.
const WORKED_OUT: usize = 6;

/// What is to be carried out.
#[derive(Clone, Copy)]
struct Task<'w> {
    wishes: &'w [Wish],
    /// How many groups the wishes name.
    groups: usize,
    limits: Limits,
}

impl<'w> Task<'w> {
    fn memberships(self, place: usize) -> &'w [Membership] {
        let wish = self.wishes.get(place);
        wish.and_then(|wish| wish.memberships.as_deref())
            .unwrap_or_default()
    }

    /// Those who go by group, or those who do not.
    fn places(self, by_group: &[bool], wanted: bool) -> impl DoubleEndedIterator<Item = usize> {
        let is_wanted = move |place: &usize| by_group.get(*place) == Some(&wanted);
        (0..self.wishes.len()).filter(is_wanted)
    }
}

/// The requests that carry out all wishes.
pub(super) fn plan(wishes: &[Wish], groups: usize, limits: Limits) -> Vec<Request> {
    let task = Task {
        wishes,
        groups,
        limits,
    };
    let mut best = schedule(task, &vec![false; wishes.len()], Thin::Taken);
    let mut candidates = candidates(task);
    candidates.sort_by_key(|(estimate, by_group)| (*estimate, count(by_group)));
    candidates.dedup_by(|one, other| one.1 == other.1);
    for (estimate, by_group) in candidates.into_iter().take(WORKED_OUT) {
        for thin in Thin::ALL {
            if estimate < best.len() {
                let requests = schedule(task, &by_group, thin);
                if requests.len() < best.len() {
                    best = requests;
                }
            }
        }
    }
    best
}

fn count(by_group: &[bool]) -> usize {
    by_group.iter().filter(|by_group| **by_group).count()
}

/// Who goes by group in each candidate, with the fewest requests that it could take.
fn candidates(task: Task<'_>) -> Vec<(usize, Vec<bool>)> {
    let Task { wishes, limits, .. } = task;
    let degree = |wish: &Wish| wish.memberships.as_ref().map_or(0, Vec::len);
    let mut degrees: Vec<usize> = wishes.iter().map(degree).filter(|n| *n > 0).collect();
    degrees.sort_unstable();
    degrees.dedup();
    let mut found = Vec::new();
    for most in degrees {
        for least in WORTHWHILE {
            let mut by_group: Vec<bool> = wishes
                .iter()
                .map(|wish| (1..=most).contains(&degree(wish)))
                .collect();
            let demand = prune(task, &mut by_group, least);
            let commands: Vec<usize> = demand
                .iter()
                .map(|demand| demand.commands(limits))
                .collect();
            let users = by_group.iter().filter(|by_group| !**by_group).count();
            let slots = users + commands.iter().sum::<usize>();
            let chosen = task.places(&by_group, true);
            let longest = chosen.map(|place| task.memberships(place).len()).max();
            let most_of_one = commands.iter().copied().max().unwrap_or(0);
            let estimate = slots
                .div_ceil(limits.commands)
                .max(longest.unwrap_or(0))
                .max(most_of_one);
            found.push((estimate, by_group));
        }
    }
    found
}

/// How many people a group gains and loses by its commands.
#[derive(Debug, Clone, Copy, Default)]
struct Demand {
    adds: usize,
    removes: usize,
}

impl Demand {
    fn of(&mut self, change: Change) -> &mut usize {
        match change {
            Change::Add => &mut self.adds,
            Change::Remove => &mut self.removes,
        }
    }

    fn people(self) -> usize {
        self.adds + self.removes
    }

    fn commands(self, limits: Limits) -> usize {
        let lists = self.adds.div_ceil(limits.names) + self.removes.div_ceil(limits.names);
        lists.div_ceil(limits.steps)
    }
}

/// Takes out everybody with a group that has fewer than `least` members, until none has.
fn prune(task: Task<'_>, by_group: &mut [bool], least: usize) -> Vec<Demand> {
    let mut demand = vec![Demand::default(); task.groups];
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); task.groups];
    for place in task.places(by_group, true) {
        for membership in task.memberships(place) {
            let group = membership.group;
            if let Some((demand, members)) = demand.get_mut(group).zip(members.get_mut(group)) {
                *demand.of(membership.change) += 1;
                members.push(place);
            }
        }
    }
    let is_small = |(_, demand): &(usize, &Demand)| demand.people() < least;
    let small = demand.iter().enumerate().filter(is_small);
    let mut small: Vec<usize> = small.map(|(group, _)| group).collect();
    while let Some(group) = small.pop() {
        let leaving = members.get_mut(group).map(std::mem::take);
        for place in leaving.unwrap_or_default() {
            let Some(by_group) = by_group.get_mut(place).filter(|by_group| **by_group) else {
                continue;
            };
            *by_group = false;
            for membership in task.memberships(place) {
                if let Some(demand) = demand.get_mut(membership.group) {
                    let before = demand.people();
                    *demand.of(membership.change) -= 1;
                    if before == least {
                        small.push(membership.group);
                    }
                }
            }
        }
    }
    demand
}

#[cfg(test)]
mod tests;
