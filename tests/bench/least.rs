//! The fewest requests that can read a generated tenant, worked out from page
//! sizes alone, not from what the product does.

/// Members on one page of an Okta group, at most.
const OKTA_PAGE: usize = 1000;
/// Users on one page of UMAPI.
const ADOBE_PAGE: usize = 2000;

/// One token, one look-up of all three groups, and full pages. The group sizes
/// are those of the generated tenant: all, 38 and 20 of 100.
pub(crate) fn requests(people: usize) -> usize {
    let acrobat = (0..people).filter(|number| number % 100 < 38).count();
    let stock = (0..people).filter(|number| number % 5 == 4).count();
    let members: usize = [people, acrobat, stock]
        .iter()
        .map(|members| pages(*members, OKTA_PAGE))
        .sum();
    1 + 1 + members + pages(people, ADOBE_PAGE)
}

/// An empty list is a page too.
fn pages(entries: usize, page: usize) -> usize {
    entries.div_ceil(page).max(1)
}
