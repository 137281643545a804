//! Puts wishes into requests, once it is settled who goes by group.
//!
//! Request after request: the groups with most people first, of each those with most memberships
//! left, and commands for users where there is room.

use std::cmp::Reverse;

use super::{Change, GroupCommand, Limits, Request, Task};

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
pub(super) fn schedule(task: Task<'_>, by_group: &[bool], thin: Thin) -> Vec<Request> {
    let mut schedule = Schedule::new(task, by_group);
    let mut users = task.places(by_group, false).peekable();
    let mut requests = Vec::new();
    let mut active: Vec<usize> = (0..task.groups).collect();
    loop {
        active.retain(|group| schedule.waiting_for(*group) > 0);
        if active.is_empty() && users.peek().is_none() {
            return requests;
        }
        // Those with the most to do first; the sort is stable.
        active.sort_by_key(|group| Reverse(schedule.waiting_for(*group)));
        // Without others the room would stay empty.
        let others = users.peek().is_some() || active.len() > task.limits.commands;
        let thin = if others { thin } else { Thin::Taken };
        let mut request = Request {
            groups: schedule.next_request(&active, thin),
            ..Request::default()
        };
        request.fill(task.wishes, &mut users, task.limits);
        requests.push(request);
    }
}

/// What is still to be put into requests.
struct Schedule {
    /// By group.
    waiting: Vec<Waiting>,
    people: People,
    limits: Limits,
}

impl Schedule {
    fn new(task: Task<'_>, by_group: &[bool]) -> Schedule {
        let mut waiting: Vec<Waiting> = (0..task.groups).map(|_| Waiting::default()).collect();
        let mut all = vec![Person::default(); task.wishes.len()];
        // The last one put in is the first one taken out.
        for place in task.places(by_group, true).rev() {
            let own = task.memberships(place);
            if let Some(person) = all.get_mut(place) {
                person.left = own.len();
            }
            for membership in own {
                if let Some(waiting) = waiting.get_mut(membership.group) {
                    waiting.add(membership.change, place, own.len());
                }
            }
        }
        Schedule {
            waiting,
            people: People { all, request: 0 },
            limits: task.limits,
        }
    }

    /// How many memberships of a group are left.
    fn waiting_for(&self, group: usize) -> usize {
        self.waiting.get(group).map_or(0, |waiting| waiting.count)
    }

    /// The commands for groups in the next request.
    fn next_request(&mut self, active: &[usize], thin: Thin) -> Vec<GroupCommand> {
        self.people.request += 1;
        let mut commands = Vec::new();
        for group in active {
            if commands.len() == self.limits.commands {
                break;
            }
            let Some(waiting) = self.waiting.get_mut(*group) else {
                continue;
            };
            // The first one is named alone: it always gets on.
            let thin = if commands.is_empty() {
                Thin::Taken
            } else {
                thin
            };
            let steps = waiting.take(&mut self.people, self.limits, thin);
            if !steps.is_empty() {
                commands.push(GroupCommand {
                    group: *group,
                    steps,
                });
            }
        }
        commands
    }
}

/// The people who go by group.
struct People {
    all: Vec<Person>,
    /// The number of the request at hand, from 1.
    request: usize,
}

#[derive(Clone, Copy, Default)]
struct Person {
    /// Memberships that are still to be put into a request.
    left: usize,
    /// The number of the request that names them last.
    named: usize,
}

impl People {
    fn get(&self, place: usize) -> Person {
        self.all.get(place).copied().unwrap_or_default()
    }

    /// Names somebody in the request at hand.
    fn name(&mut self, place: usize) {
        if let Some(person) = self.all.get_mut(place) {
            person.left -= 1;
            person.named = self.request;
        }
    }
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
        limits: Limits,
        thin: Thin,
    ) -> Vec<(Change, Vec<usize>)> {
        let mut changes = [Change::Remove, Change::Add];
        if self.adding * 2 > self.count {
            changes.reverse();
        }
        let mut steps: Vec<(Change, Vec<usize>)> = Vec::new();
        let mut aside = Vec::new();
        for change in changes {
            let room = (limits.steps - steps.len()) * limits.names;
            let chosen = self.choose(change, people, room, &mut aside);
            let lists = chosen.chunks(limits.names);
            steps.extend(lists.map(|list| (change, list.to_vec())));
        }
        let wanted = self.count.min(limits.steps * limits.names);
        if thin.waits(each(&steps).count(), wanted) {
            aside.extend(each(&steps));
            steps.clear();
        }
        for (change, place) in aside {
            self.put(change, place, people.get(place).left);
        }
        for (change, place) in each(&steps) {
            self.count -= 1;
            self.adding -= usize::from(change == Change::Add);
            people.name(place);
        }
        // A command takes away first, as commands for users do.
        steps.sort_by_key(|(change, _)| *change);
        steps
    }

    /// Up to `room` people; those who are named in this request already are put aside.
    fn choose(
        &mut self,
        change: Change,
        people: &People,
        room: usize,
        aside: &mut Vec<(Change, usize)>,
    ) -> Vec<usize> {
        let mut chosen = Vec::new();
        for bucket in (0..self.of(change).len()).rev() {
            while chosen.len() < room {
                let next = self.of(change).get_mut(bucket).and_then(Vec::pop);
                let Some(place) = next else { break };
                let Person { left, named } = people.get(place);
                if named == people.request {
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

/// Whom the steps are about, one by one.
fn each<'s>(steps: &'s [(Change, Vec<usize>)]) -> impl Iterator<Item = (Change, usize)> {
    let of_step =
        |(change, list): &'s (Change, Vec<usize>)| list.iter().map(|place| (*change, *place));
    steps.iter().flat_map(of_step)
}
