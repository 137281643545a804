//! The order of an org's users: by e-mail, whatever order pages came in.

use crate::model::{AdobeOrg, IdentityType};
use crate::text;

/// These places of an org's users by e-mail, then type and username: what comes of them must not
/// depend on Adobe's page order.
pub fn by_email(org: &AdobeOrg, places: &mut dyn Iterator<Item = u32>) -> Vec<u32> {
    let email = |place: u32| org.users.get(place as usize).map_or("", |user| user.email);
    let tie = |place: u32| {
        let user = org.users.get(place as usize);
        user.map(|user| (user.identity_type.map(IdentityType::as_str), user.username))
    };
    let mut keyed: Vec<(u128, u32)> = places
        .map(|place| (beginning(&text::folded(email(place))), place))
        .collect();
    keyed.sort_unstable_by(|(first, a), (second, b)| {
        let by_beginning = first.cmp(second);
        let by_email = by_beginning.then_with(|| {
            let [one, other] = [a, b].map(|place| text::folded(email(*place)));
            one.cmp(&other)
        });
        by_email.then_with(|| tie(*a).cmp(&tie(*b)))
    });
    keyed.into_iter().map(|(_, place)| place).collect()
}

/// The first bytes of a text as a number that sorts like it: most comparisons need no more.
fn beginning(text: &str) -> u128 {
    let bytes = text.bytes().chain(std::iter::repeat(0)).take(16);
    bytes.fold(0, |number, byte| number << 8 | u128::from(byte))
}
