//! `limits` (manual/configuration.md#the-main-file): numbers and percentages.

use super::item::Item;
use super::section::Section;
use super::yaml11::Meaning;
use super::{Limit, Limits};

pub(super) fn read(top: &Section<'_>) -> Limits {
    top.required("limits", "it must hold max_adobe_only_users");
    let known = [
        "max_adobe_only_users",
        "group_removals_only",
        "max_group_removals",
        "max_group_loss",
        "max_new_users",
    ];
    let limits = top.section("limits", &known);
    let most = match top.get("limits") {
        Some(_) => limits.required(
            "max_adobe_only_users",
            "how many Adobe-only users one run may treat, as a number or as \"10%\"",
        ),
        None => None,
    };
    Limits {
        max_adobe_only_users: most.and_then(limit).unwrap_or(Limit::Number(0)),
        group_removals_only: limits.flag("group_removals_only").unwrap_or(false),
        max_group_removals: limits.read("max_group_removals", limit),
        max_group_loss: limits
            .read("max_group_loss", share)
            .unwrap_or(USUAL_GROUP_LOSS),
        max_new_users: limits.read("max_new_users", limit),
    }
}

/// How many of a group's members may lose it where the file says nothing.
const USUAL_GROUP_LOSS: Limit = Limit::Percent(50.0);

fn share(item: &Item<'_>) -> Option<Limit> {
    match percent(item) {
        Some(share) if share <= 100.0 => Some(Limit::Percent(share)),
        _ => item.not_a_number("a percentage from 0% to 100%"),
    }
}

fn limit(item: &Item<'_>) -> Option<Limit> {
    const EXPECTED: &str = "a whole number, or a percentage from 0% to 100%";
    match item.number() {
        Some(Meaning::Integer(number)) => match u64::try_from(number) {
            Ok(number) => Some(Limit::Number(number)),
            Err(_) => item.not_a_number(EXPECTED),
        },
        Some(_) => item.not_a_number(EXPECTED),
        None => match percent(item) {
            Some(share) if share <= 100.0 => Some(Limit::Percent(share)),
            Some(_) => item.not_a_number(EXPECTED),
            // A number in quotes, which UST takes too.
            None => match item.written().and_then(|text| text.trim().parse().ok()) {
                Some(number) => Some(Limit::Number(number)),
                None => item.not_a_number(EXPECTED),
            },
        },
    }
}

/// `10%`, `"2.5 %"`: not below 0, and without a problem for anything else.
pub(super) fn percent(item: &Item<'_>) -> Option<f64> {
    let number = item.written()?.trim().strip_suffix('%')?.trim_end();
    let digits = number
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    number.parse().ok().filter(|_| digits)
}
