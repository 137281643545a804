//! Puts wishes into requests, once it is settled who goes by group.
//!
//! Request after request: the groups with most people first, of each those with most memberships
//! left, and commands for users where there is room.

use super::{Change, GroupCommand, Limits, Request, Wish, memberships};

/// What becomes of a group some of whose people are named elsewhere in the request already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thin {
    /// It has a command for the others.
    Taken,
    /// It waits for another request if fewer than half could be taken, and others can fill this one.
    Half,
    /// It waits if not all could be taken, and others can fill this one.
    Whole,
}

impl Thin {
    pub(super) const ALL: [Thin; 3] = [Thin::Taken, Thin::Half, Thin::Whole];

    fn waits(self, taken: usize, wanted: usize) -> bool {
        match self {
            Thin::Taken => false,
            Thin::Half => taken * 2 < wanted,
            Thin::Whole => taken < wanted,
        }
    }
}

/// Puts the wishes into requests, one request after the other.
pub(super) fn schedule(
    wishes: &[Wish],
    by_group: &[bool],
    groups: usize,
    limits: Limits,
    thin: Thin,
) -> Vec<Request> {
    let mut waiting: Vec<Waiting> = (0..groups).map(|_| Waiting::default()).collect();
    let mut left = vec![0; wishes.len()];
    let mut users: Vec<usize> = Vec::new();
    let is_by_group = |place: &usize| by_group.get(*place) == Some(&true);
    users.extend((0..wishes.len()).filter(|place| !is_by_group(place)));
    // The last one put in is the first one taken out.
    for place in (0..wishes.len()).rev().filter(is_by_group) {
        let own = memberships(wishes, place);
        if let Some(left) = left.get_mut(place) {
            *left = own.len();
        }
        for membership in own {
            if let Some(waiting) = waiting.get_mut(membership.group) {
                waiting.add(membership.change, place, own.len());
            }
        }
    }
    let mut people = People {
        left,
        named: vec![0; wishes.len()],
    };
    let mut users = users.into_iter().peekable();
    let mut requests = Vec::new();
    let mut active: Vec<usize> = (0..groups).collect();
    loop {
        active.retain(|group| {
            waiting
                .get(*group)
                .is_some_and(|waiting| waiting.count() > 0)
        });
        if active.is_empty() && users.peek().is_none() {
            return requests;
        }
        // Those with the most to do first; the sort is stable.
        active
            .sort_by_key(|group| std::cmp::Reverse(waiting.get(*group).map_or(0, Waiting::count)));
        let mut request = Request::default();
        let number = requests.len() + 1;
        // Without others the room would stay empty.
        let others = users.peek().is_some() || active.len() > limits.commands;
        let thin = if others { thin } else { Thin::Taken };
        for group in &active {
            if request.groups.len() == limits.commands {
                break;
            }
            let Some(waiting) = waiting.get_mut(*group) else {
                continue;
            };
            // The first one is named alone: it always gets on.
            let thin = if request.groups.is_empty() {
                Thin::Taken
            } else {
                thin
            };
            let steps = waiting.take(&mut people, number, limits, thin);
            if !steps.is_empty() {
                request.groups.push(GroupCommand {
                    group: *group,
                    steps,
                });
            }
        }
        request.fill(wishes, &mut users, limits);
        requests.push(request);
    }
}

/// The people who go by group.
struct People {
    /// Memberships that are still to be put into a request.
    left: Vec<usize>,
    /// The number of the request that names them last.
    named: Vec<usize>,
}

/// The people who wait for a group's next command, by how many memberships they had left when they
/// were put here.
#[derive(Default)]
struct Waiting {
    adds: Vec<Vec<usize>>,
    removes: Vec<Vec<usize>>,
    count: usize,
    adding: usize,
}

impl Waiting {
    fn count(&self) -> usize {
        self.count
    }

    fn of(&mut self, change: Change) -> &mut Vec<Vec<usize>> {
        match change {
            Change::Add => &mut self.adds,
            Change::Remove => &mut self.removes,
        }
    }

    fn add(&mut self, change: Change, place: usize, left: usize) {
        self.count += 1;
        self.adding += usize::from(change == Change::Add);
        self.put(change, place, left);
    }

    fn put(&mut self, change: Change, place: usize, left: usize) {
        let queues = self.of(change);
        if queues.len() <= left {
            queues.resize(left + 1, Vec::new());
        }
        if let Some(queue) = queues.get_mut(left) {
            queue.push(place);
        }
    }

    /// The steps of one command: whoever has most memberships left first.
    fn take(
        &mut self,
        people: &mut People,
        request: usize,
        limits: Limits,
        thin: Thin,
    ) -> Vec<(Change, Vec<usize>)> {
        let mut changes = [Change::Remove, Change::Add];
        if self.adding * 2 > self.count {
            changes.reverse();
        }
        let mut steps: Vec<(Change, Vec<usize>)> = Vec::new();
        let mut aside = Vec::new();
        let mut taken = 0;
        for change in changes {
            let room = (limits.steps - steps.len()) * limits.names;
            let chosen = self.choose(change, people, request, room, &mut aside);
            taken += chosen.len();
            for list in chosen.chunks(limits.names) {
                steps.push((change, list.to_vec()));
            }
        }
        let wanted = self.count.min(limits.steps * limits.names);
        if thin.waits(taken, wanted) {
            let all = steps
                .drain(..)
                .flat_map(|(change, list)| list.into_iter().map(move |place| (change, place)));
            aside.extend(all);
            taken = 0;
        }
        for (change, place) in &aside {
            let left = people.left.get(*place).copied().unwrap_or(0);
            self.put(*change, *place, left);
        }
        for (change, place) in steps
            .iter()
            .flat_map(|(change, list)| list.iter().map(move |place| (*change, *place)))
        {
            self.adding -= usize::from(change == Change::Add);
            if let Some(left) = people.left.get_mut(place) {
                *left -= 1;
            }
            if let Some(named) = people.named.get_mut(place) {
                *named = request;
            }
        }
        self.count -= taken;
        // A command takes away first, as commands for users do.
        steps.sort_by_key(|(change, _)| *change);
        steps
    }

    /// Up to `room` people; those who are named in this request already are put aside.
    fn choose(
        &mut self,
        change: Change,
        people: &People,
        request: usize,
        room: usize,
        aside: &mut Vec<(Change, usize)>,
    ) -> Vec<usize> {
        let mut chosen = Vec::new();
        for bucket in (0..self.of(change).len()).rev() {
            while chosen.len() < room {
                let next = self.of(change).get_mut(bucket).and_then(Vec::pop);
                let Some(place) = next else { break };
                let left = people.left.get(place).copied().unwrap_or(0);
                if people.named.get(place) == Some(&request) {
                    aside.push((change, place));
                } else if left < bucket {
                    self.put(change, place, left);
                } else {
                    chosen.push(place);
                }
            }
        }
        chosen
    }
}
