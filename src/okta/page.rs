//! From page to page by the `Link` header (RFC 8288, as Okta sends it).
//!
//! Of a next link only path and query are used, on the configured host, so that the token reaches
//! no other machine. Of what is on the pages only their first entries are known.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use ureq::http::HeaderMap;

use crate::http::Extent;

/// All that is asked for lies below this path.
const API: &str = "/api/v1/";
/// A list that goes on and on without anything new is not believed.
const MOST_STALE_PAGES: u32 = 1000;
const NO_LINK: &str = "the page is full and has no Link header, so it may not be the last one; a \
                       proxy may have taken the header out";

/// A next link.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Next {
    /// Path and query.
    pub(super) path: String,
    /// Host, with port, if the link names one.
    pub(super) host: Option<String>,
}

/// What is on a page, as far as it tells whether the list goes on in earnest.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) entries: usize,
    pub(super) bytes: usize,
    /// The id of the first entry; empty if there is none.
    pub(super) first: String,
}

/// The pages of one list. Links and ids are known by their hashes, so that a long list takes
/// little memory, however long they are.
pub(super) struct Walk {
    hasher: RandomState,
    followed: HashSet<u64>,
    /// The first entries of the pages.
    began_with: HashSet<u64>,
    stale_pages: u32,
    extent: Extent,
    /// So many entries are asked for on a page; nothing for lists that may come without links.
    limit: Option<usize>,
}

impl Walk {
    /// Starts at that path and query.
    pub(super) fn new(first: &str) -> Walk {
        let hasher = RandomState::new();
        Walk {
            followed: HashSet::from([hasher.hash_one(first)]),
            hasher,
            began_with: HashSet::new(),
            stale_pages: 0,
            extent: Extent::default(),
            limit: limit_of(first),
        }
    }

    /// The page behind one with these headers and that content; `None` behind the last. An empty
    /// page may have one behind it. The error says why the list is not followed any further.
    pub(super) fn next(
        &mut self,
        headers: &HeaderMap,
        content: &Content,
    ) -> Result<Option<Next>, String> {
        let Some(next) = next_link(headers)? else {
            return match self.may_be_cut(headers, content) {
                true => Err(NO_LINK.to_owned()),
                false => Ok(None),
            };
        };
        if !self.followed.insert(self.hasher.hash_one(&*next.path)) {
            return Err("its next link leads back to a page that was read already".into());
        }
        self.extent.add(content.entries, content.bytes)?;
        self.stale_pages = match self.is_stale(content) {
            true => self.stale_pages + 1,
            false => 0,
        };
        if self.stale_pages > MOST_STALE_PAGES {
            return Err(format!(
                "{MOST_STALE_PAGES} pages in a row brought nothing new"
            ));
        }
        Ok(Some(next))
    }

    /// Whether a page of users is full and without any link. Okta links each of them at least to
    /// itself: something on the way has taken the links out.
    fn may_be_cut(&self, headers: &HeaderMap, content: &Content) -> bool {
        let is_full = self.limit.is_some_and(|limit| content.entries >= limit);
        is_full && !headers.contains_key("link")
    }

    /// Whether a page is empty or begins as an earlier one did. A list that changes while it is
    /// read may have such a page, but not many of them in a row.
    fn is_stale(&mut self, content: &Content) -> bool {
        let first = self.hasher.hash_one(&*content.first);
        content.entries == 0 || !self.began_with.insert(first)
    }
}

/// The `limit` of a list of users. Lists of groups may come without links.
fn limit_of(path_and_query: &str) -> Option<usize> {
    let (path, query) = path_and_query.split_once('?')?;
    if !path.ends_with("/users") {
        return None;
    }
    let mut parameters = query.split('&').filter_map(|one| one.split_once('='));
    let (_, limit) = parameters.find(|(name, _)| *name == "limit")?;
    limit.parse().ok()
}

/// The link with relation `next`. The relations may stand in several headers or in one.
fn next_link(headers: &HeaderMap) -> Result<Option<Next>, String> {
    for value in headers.get_all("link") {
        let text = value.to_str().map_err(|_| "its Link header is no text")?;
        for link in split(text, ',') {
            let target_and_parameters = link
                .trim()
                .strip_prefix('<')
                .and_then(|link| link.split_once('>'));
            match target_and_parameters {
                Some((target, parameters)) if is_next(parameters) => {
                    return read_target(target).map(Some);
                }
                Some(_) => {}
                // A damaged link must not pass for the end of the list.
                None if link.to_ascii_lowercase().contains("next") => {
                    return Err("its next link cannot be read".into());
                }
                None => {}
            }
        }
    }
    Ok(None)
}

/// Whether link parameters hold the relation `next`, among others perhaps.
fn is_next(parameters: &str) -> bool {
    split(parameters, ';').any(|parameter| {
        let Some((name, value)) = parameter.split_once('=') else {
            return false;
        };
        let relations = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("rel")
            && relations
                .split_ascii_whitespace()
                .any(|relation| relation.eq_ignore_ascii_case("next"))
    })
}

/// Splits outside `<…>` and quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut in_target, mut in_quotes) = (false, false);
    text.split(move |c| {
        match c {
            '<' if !in_quotes => in_target = true,
            '>' if !in_quotes => in_target = false,
            '"' if !in_target => in_quotes = !in_quotes,
            _ => {}
        }
        c == separator && !in_target && !in_quotes
    })
}

fn read_target(target: &str) -> Result<Next, String> {
    let target = target.trim();
    let target = target.split('#').next().unwrap_or_default();
    let (host, path) = match target.split_once("://") {
        Some((_, rest)) => {
            let start = rest.find(['/', '?']).unwrap_or(rest.len());
            let (host, path) = rest.split_at(start);
            let host = host.rsplit('@').next().unwrap_or_default();
            (Some(host.to_owned()), path)
        }
        None => (None, target),
    };
    if !is_below_api(path) {
        return Err(format!("its next link leads outside {API}"));
    }
    let path = path.to_owned();
    Ok(Next { path, host })
}

/// Whether a path with query lies below [`API`], stays there, and can be sent as it is.
fn is_below_api(path_and_query: &str) -> bool {
    let path = path_and_query.split('?').next().unwrap_or_default();
    let plain = path.to_ascii_lowercase().replace("%2e", ".");
    let climbs = plain
        .split(['/', '\\'])
        .any(|part| part == ".." || part == ".");
    path.starts_with(API) && !climbs && path_and_query.bytes().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(links: &[&str]) -> HeaderMap {
        links.iter().fold(HeaderMap::new(), |mut headers, link| {
            headers.append("link", link.parse().unwrap());
            headers
        })
    }

    fn next_path(links: &[&str]) -> Option<String> {
        let next = next_link(&headers(links)).unwrap();
        next.map(|next| next.path)
    }

    #[test]
    fn the_next_link_is_found_in_every_spelling() {
        let own = r#"<https://x.okta.com/api/v1/users?limit=1>; rel="self""#;
        let path = "/api/v1/users?after=1&limit=1";
        for links in [
            &[
                own,
                r#"<https://x.okta.com/api/v1/users?after=1&limit=1>; rel="next""#,
            ][..],
            &[
                r#"<https://x/api/v1/a>; rel="self", <https://x/api/v1/users?after=1&limit=1>; rel="next""#,
            ],
            &[r#"<https://x/api/v1/a>;rel=self,<https://x/api/v1/users?after=1&limit=1>;rel=next"#],
            &[r#"</api/v1/users?after=1&limit=1>; title="a, b; rel=prev"; REL="last NEXT""#],
            &["<https://x/api/v1/users?after=1&limit=1#top>;rel=next"],
        ] {
            assert_eq!(next_path(links).as_deref(), Some(path), "{links:?}");
        }
    }

    #[test]
    fn a_comma_in_the_address_does_not_split_it() {
        let link = r#"<https://x/api/v1/users?search=a,b;c>; rel="next""#;
        assert_eq!(
            next_path(&[link]).as_deref(),
            Some("/api/v1/users?search=a,b;c")
        );
    }

    #[test]
    fn without_a_next_relation_the_list_ends() {
        for links in [
            &[][..],
            &[r#"<https://x/api/v1/a>; rel="self""#],
            &[r#"<https://x/api/v1/a>; title="rel=next""#],
            &[r#"<https://x/api/v1/a>; rel="nextish""#],
            &["garbage"],
            &["", ","],
        ] {
            assert_eq!(next_path(links), None, "{links:?}");
        }
    }

    #[test]
    fn a_damaged_next_link_is_not_the_end_of_the_list() {
        for link in [
            "garbage; rel=next",
            "<https://x/api/v1/users; rel=\"next\"",
            "https://x/api/v1/users>; REL=NEXT",
        ] {
            assert!(next_link(&headers(&[link])).is_err(), "{link}");
        }
    }

    #[test]
    fn a_next_link_must_stay_below_the_api() {
        for target in [
            "https://evil.example/oauth2/v1/token",
            "https://x",
            "",
            "/api/v1/../../admin",
            "/api/v1/%2E%2e/admin",
            "/api/v10/users",
            "/api/v1/us ers",
        ] {
            assert!(read_target(target).is_err(), "{target}");
        }
        let other = read_target("https://user@evil.example:8/api/v1/users").unwrap();
        assert_eq!(other.host.as_deref(), Some("evil.example:8"));
        assert_eq!(other.path, "/api/v1/users");
    }

    fn content(entries: usize, first: &str) -> Content {
        Content {
            entries,
            bytes: 100 * entries,
            first: first.to_owned(),
        }
    }

    #[test]
    fn a_full_page_without_any_link_may_not_be_the_last() {
        let none = HeaderMap::new();
        let own = headers(&[r#"<https://x/api/v1/a>; rel="self""#]);
        let members = "/api/v1/groups/1/users?limit=3";
        for (first, headers, entries, ends) in [
            (members, &none, 3, false),
            (members, &none, 4, false),
            (members, &none, 2, true),
            (members, &none, 0, true),
            (members, &own, 3, true),
            ("/api/v1/groups?search=x&limit=3", &none, 3, true),
            ("/api/v1/groups?q=x&limit=3", &none, 3, true),
            ("/api/v1/groups", &none, 3, true),
        ] {
            let end = Walk::new(first).next(headers, &content(entries, "1"));
            assert_eq!(end.is_ok(), ends, "{first} {entries}");
        }
    }

    #[test]
    fn a_loop_is_an_error() {
        let mut walk = Walk::new("/api/v1/a");
        let to = |path: &str| headers(&[&format!("<https://x{path}>; rel=next")]);
        let one = content(1, "1");
        assert!(
            walk.next(&to("/api/v1/b"), &one)
                .is_ok_and(|next| next.is_some())
        );
        assert!(walk.next(&to("/api/v1/a"), &one).is_err());
        assert!(walk.next(&to("/api/v1/b"), &one).is_err());
    }

    /// The number of pages that are followed behind ever new links; `content` gives the n-th.
    fn followed(most: u32, content: impl Fn(u32) -> Content) -> u32 {
        let mut walk = Walk::new("/api/v1/a");
        let mut page = |number: u32| {
            let headers = headers(&[&format!("</api/v1/{number}>; rel=next")]);
            walk.next(&headers, &content(number))
        };
        (0..most).take_while(|number| page(*number).is_ok()).count() as u32
    }

    #[test]
    fn empty_pages_go_on_but_not_for_ever() {
        assert_eq!(followed(5000, |_| content(0, "")), MOST_STALE_PAGES);
        // Something new now and then: the list goes on.
        let now_and_then = |number: u32| match number % 900 {
            0 => content(1, &number.to_string()),
            _ => content(0, ""),
        };
        assert_eq!(followed(5000, now_and_then), 5000);
    }

    #[test]
    fn known_entries_go_on_but_not_for_ever() {
        assert_eq!(followed(5000, |_| content(9, "00u1")), 1 + MOST_STALE_PAGES);
        let round = |number: u32| content(9, &(number % 7).to_string());
        assert_eq!(followed(5000, round), 7 + MOST_STALE_PAGES);
        // One that comes twice while the list changes.
        let twice = |number: u32| content(9, &(number / 2).to_string());
        assert_eq!(followed(5000, twice), 5000);
    }

    #[test]
    fn new_entries_do_not_go_on_for_ever_either() {
        let new = |number: u32| content(10_000, &number.to_string());
        assert_eq!(followed(5000, new), 999);
    }
}
