//! The planner against an exhaustive search, and on waves too large for one.

use super::*;

const LIMITS: Limits = Limits {
    commands: 10,
    steps: 10,
    names: 10,
};

/// Splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }
}

/// Somebody who gains these groups.
fn gains(groups: impl IntoIterator<Item = usize>) -> Wish {
    let membership = |group| Membership {
        group,
        change: Change::Add,
    };
    Wish {
        memberships: Some(groups.into_iter().map(membership).collect()),
        behind: None,
    }
}

/// Somebody who moves from one group to another.
fn moves(from: usize, to: usize) -> Wish {
    let membership = |group, change| Membership { group, change };
    Wish {
        memberships: Some(vec![
            membership(from, Change::Remove),
            membership(to, Change::Add),
        ]),
        behind: None,
    }
}

fn others(count: usize) -> Vec<Wish> {
    vec![Wish::default(); count]
}

/// The requests, which must carry out every wish within the limits, and be no more than without
/// batches.
fn planned(wishes: &[Wish], groups: usize) -> usize {
    let requests = plan(wishes, groups, LIMITS);
    let mut whole = vec![0; wishes.len()];
    let mut parts = vec![0; wishes.len()];
    for request in &requests {
        let commands = request.users.len() + request.groups.len();
        assert!((1..=LIMITS.commands).contains(&commands));
        let mut named: Vec<usize> = request.users.clone();
        request.users.iter().for_each(|place| whole[*place] += 1);
        let mut roots: Vec<usize> = request.groups.iter().map(|group| group.group).collect();
        roots.sort_unstable();
        assert!(roots.windows(2).all(|two| two[0] < two[1]), "a group twice");
        for group in &request.groups {
            assert!((1..=LIMITS.steps).contains(&group.steps.len()));
            for (change, list) in &group.steps {
                assert!((1..=LIMITS.names).contains(&list.len()));
                for place in list {
                    let wanted = Membership {
                        group: group.group,
                        change: *change,
                    };
                    let own = wishes[*place].memberships.as_deref().unwrap();
                    assert!(own.contains(&wanted));
                    parts[*place] += 1;
                    named.push(*place);
                }
            }
        }
        named.sort_unstable();
        assert!(
            named.windows(2).all(|two| two[0] < two[1]),
            "somebody twice"
        );
    }
    for (place, wish) in wishes.iter().enumerate() {
        let own = wish.memberships.as_ref().map_or(0, Vec::len);
        let by_user = whole[place] == 1 && parts[place] == 0;
        assert!(by_user || (whole[place] == 0 && parts[place] == own && own > 0));
    }
    assert!(requests.len() <= wishes.len().div_ceil(LIMITS.commands));
    requests.len()
}

/// The fewest requests for up to a hundred people in a few groups, by trying every set of group
/// commands: whoever can be served by distinct requests of the set goes by group, others by a
/// command of their own.
fn fewest(wishes: &[Wish], groups: usize) -> usize {
    let mut people = vec![0; 1 << groups];
    let mut own = 0;
    for wish in wishes {
        match &wish.memberships {
            None => own += 1,
            Some(own) => people[own.iter().map(|one| 1 << one.group).sum::<usize>()] += 1,
        }
    }
    let without = wishes.len().div_ceil(LIMITS.commands);
    let enough = |requests: usize| {
        (0..1_u32 << (groups * requests)).any(|set| {
            let served = |wanted: usize| is_served(wanted, 0, set, requests);
            let unserved =
                (1..people.len()).filter(|wanted| people[*wanted] > 0 && !served(*wanted));
            let slots = own
                + set.count_ones() as usize
                + unserved.map(|wanted| people[wanted]).sum::<usize>();
            slots <= requests * LIMITS.commands
        })
    };
    (0..without)
        .find(|requests| enough(*requests))
        .unwrap_or(without)
}

/// Whether each of the wanted groups has a command in a request of its own.
fn is_served(wanted: usize, used: u32, set: u32, requests: usize) -> bool {
    if wanted == 0 {
        return true;
    }
    let group = wanted.trailing_zeros() as usize;
    (0..requests).any(|request| {
        let has_command = set >> (group * requests + request) & 1 == 1;
        let is_free = used >> request & 1 == 0;
        has_command
            && is_free
            && is_served(wanted & (wanted - 1), used | 1 << request, set, requests)
    })
}

#[test]
fn few_people_take_at_most_a_fifth_more_than_the_best() {
    let mut random = Random(7);
    let mut saved = 0;
    for round in 0..400 {
        let groups = 1 + random.below(3);
        // Kinds of people, by the set of groups that they gain.
        let kinds: Vec<usize> = (0..=random.below(5))
            .map(|_| 1 + random.below((1 << groups) - 1))
            .collect();
        let mut wishes = match random.below(2) {
            0 => Vec::new(),
            _ => others(random.below(25)),
        };
        for _ in 0..=random.below(35) {
            let kind = kinds[random.below(kinds.len())];
            wishes.push(gains((0..groups).filter(|group| kind >> group & 1 == 1)));
        }
        let (planned, best) = (planned(&wishes, groups), fewest(&wishes, groups));
        assert!(best <= planned, "round {round}: the search is wrong");
        assert!(
            planned * 5 <= best * 6,
            "round {round}: {planned}, not {best}"
        );
        saved += wishes.len().div_ceil(LIMITS.commands) - planned;
    }
    assert!(saved > 100, "the rounds hardly ever need a batch: {saved}");
}

#[test]
fn waves_take_a_tenth() {
    let many = |count: usize, wish: &mut dyn FnMut(usize) -> Wish| -> Vec<Wish> {
        (0..count).map(wish).collect()
    };
    let mut random = Random(1);
    let mut day = others(5);
    day.extend(many(300, &mut |_| moves(0, 1)));
    assert_eq!(planned(&day, 2), 3);
    assert_eq!(planned(&many(5000, &mut |_| gains([0])), 1), 50);
    assert!(planned(&many(5000, &mut |place| gains([place % 10])), 10) <= 6);
    let reorganisation = many(2000, &mut |_| {
        let first = random.below(60);
        let groups = (0..6).map(|nth| Membership {
            group: (first + nth * 7) % 60,
            change: [Change::Remove, Change::Add][nth % 2],
        });
        Wish {
            memberships: Some(groups.collect()),
            behind: None,
        }
    });
    assert!(planned(&reorganisation, 60) <= 20);
}

#[test]
fn where_batches_save_nothing_everybody_has_a_command_of_their_own() {
    for wishes in [
        (0..300).map(|place| moves(place, 300 + place)).collect(),
        (0..10).map(|_| gains([0])).collect(),
        (0..20).map(|_| moves(0, 1)).collect(),
        others(45),
    ] as [Vec<Wish>; 4]
    {
        let requests = plan(&wishes, 600, LIMITS);
        assert_eq!(requests.len(), wishes.len().div_ceil(10));
        assert!(requests.iter().all(|request| request.groups.is_empty()));
    }
}

#[test]
fn commands_of_one_person_stay_in_order_and_apart() {
    let mut wishes = others(30);
    wishes[1].behind = Some(0);
    wishes[2].behind = Some(1);
    wishes.extend((0..500).map(|_| gains([0])));
    let requests = plan(&wishes, 1, LIMITS);
    let request_of = |place: usize| {
        let holds = |request: &Request| request.users.contains(&place);
        requests.iter().position(holds).unwrap()
    };
    assert!(request_of(0) < request_of(1) && request_of(1) < request_of(2));
    assert!(requests.len() <= 7, "{}", requests.len());
}

#[test]
fn the_same_wishes_give_the_same_requests() {
    let mut random = Random(3);
    let wish = |random: &mut Random| moves(random.below(5), 5 + random.below(5));
    let wishes: Vec<Wish> = (0..200).map(|_| wish(&mut random)).collect();
    let requests = plan(&wishes, 10, LIMITS);
    assert_eq!(requests, plan(&wishes, 10, LIMITS));
    assert!(requests.len() < 20);
}

/// Where a list is cut by both changes, nothing waits for ever.
#[test]
fn a_group_that_cannot_take_all_at_once_goes_on_in_the_next_request() {
    let change = |place: usize| {
        if place % 100 < 55 {
            Change::Add
        } else {
            Change::Remove
        }
    };
    let wish = |place| Wish {
        memberships: Some(vec![Membership {
            group: 0,
            change: change(place),
        }]),
        behind: None,
    };
    let mut wishes: Vec<Wish> = (0..300).map(wish).collect();
    wishes.extend(others(20));
    assert!(planned(&wishes, 1) <= 5);
}
