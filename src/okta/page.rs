//! From page to page by the `Link` header (RFC 8288, as Okta sends it).
//!
//! Of a next link only path and query are used, on the configured host, so that the token reaches
//! no other machine. Of what is on the pages only their first entries are known.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use percent_encoding::percent_decode_str;
use ureq::http::{HeaderMap, HeaderValue};

use crate::http::Extent;

/// All that is asked for lies below this path.
const API: &str = "/api/v1/";
/// A list that goes on and on without anything new is not believed.
const MOST_STALE_PAGES: u32 = 1000;
const NO_LINK: &str = "the page has no Link header, so it may not be the last one; Okta links every \
                       page of members, so something on the way has taken the header out";

/// Where the next page of a list is to be had.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Next {
    /// Path and query of it, as the Link header has them.
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
    /// The decoded path of the list: a link that leaves it leads to other people.
    path: String,
    /// Okta links every page of users, at least to itself. Lists of groups may come without.
    always_linked: bool,
}

impl Walk {
    /// Starts at that path and query.
    pub(super) fn new(first: &str) -> Walk {
        let hasher = RandomState::new();
        let path = path_of(first);
        Walk {
            followed: HashSet::from([hasher.hash_one(first)]),
            hasher,
            began_with: HashSet::new(),
            stale_pages: 0,
            extent: Extent::default(),
            always_linked: path.ends_with("/users"),
            path,
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
            return if self.always_linked && !has_link(headers) {
                Err(NO_LINK.to_owned())
            } else {
                Ok(None)
            };
        };
        if path_of(&next.path) != self.path {
            return Err(format!(
                "its next link leads to another list, {}",
                next.path
            ));
        }
        if !self.followed.insert(self.hasher.hash_one(&*next.path)) {
            return Err("its next link leads back to a page that was read already".into());
        }
        self.extent.add(content.entries, content.bytes)?;
        self.stale_pages = if self.is_stale(content) {
            self.stale_pages + 1
        } else {
            0
        };
        if self.stale_pages > MOST_STALE_PAGES {
            return Err(format!(
                "{MOST_STALE_PAGES} pages in a row brought nothing new"
            ));
        }
        Ok(Some(next))
    }

    /// Whether a page is empty or begins as an earlier one did. A list that changes while it is
    /// read may have such a page, but not many of them in a row.
    fn is_stale(&mut self, content: &Content) -> bool {
        let first = self.hasher.hash_one(&*content.first);
        content.entries == 0 || !self.began_with.insert(first)
    }
}

/// The path of a path and query, decoded.
fn path_of(path_and_query: &str) -> String {
    let path = path_and_query.split('?').next().unwrap_or_default();
    percent_decode_str(path).decode_utf8_lossy().into_owned()
}

fn has_link(headers: &HeaderMap) -> bool {
    let links = headers.get_all("link").iter();
    links
        .map(HeaderValue::as_bytes)
        .any(|link| !link.trim_ascii().is_empty())
}

/// The link with relation `next`. The relations may stand in several headers or in one.
fn next_link(headers: &HeaderMap) -> Result<Option<Next>, String> {
    for value in headers.get_all("link") {
        // A link that is no text is none to follow, but may stand beside one that is.
        let text = String::from_utf8_lossy(value.as_bytes());
        for link in split(&text, ',') {
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
    fn a_page_of_users_has_a_link_whatever_its_size() {
        let none = HeaderMap::new();
        let empty = headers(&["", " "]);
        let own = headers(&[r#"<https://x/api/v1/a>; rel="self""#]);
        let members = "/api/v1/groups/1/users?limit=3";
        for (first, headers, entries, ends) in [
            (members, &none, 4, false),
            (members, &none, 3, false),
            (members, &none, 2, false),
            (members, &none, 0, false),
            (members, &empty, 1, false),
            (members, &own, 3, true),
            (members, &own, 0, true),
            ("/api/v1/users?search=x&limit=3", &none, 1, false),
            ("/api/v1/groups?search=x&limit=3", &none, 3, true),
            ("/api/v1/groups?q=x&limit=3", &none, 3, true),
            ("/api/v1/groups", &none, 3, true),
        ] {
            let end = Walk::new(first).next(headers, &content(entries, "1"));
            assert_eq!(end.is_ok(), ends, "{first} {entries}");
        }
    }

    #[test]
    fn a_next_link_stays_with_its_list() {
        let members = "/api/v1/groups/00g1/users?limit=3";
        for (first, next, is_followed) in [
            (members, "/api/v1/groups/00g1/users?after=1&limit=3", true),
            (members, "/api/v1/groups/00g%31/users?after=1", true),
            (members, "/api/v1/users?after=1&limit=3", false),
            (members, "/api/v1/groups/00g2/users?after=1", false),
            (members, "/api/v1/groups/00g1/apps", false),
            (members, "/api/v1/groups/00g1", false),
            ("/api/v1/groups?limit=3", "/api/v1/groups?after=1", true),
            ("/api/v1/groups?limit=3", "/api/v1/apps?after=1", false),
        ] {
            let link = headers(&[&format!("<https://x{next}>; rel=next")]);
            let found = Walk::new(first).next(&link, &content(1, "1"));
            assert_eq!(found.is_ok(), is_followed, "{first} {next}");
        }
    }

    #[test]
    fn a_link_that_is_no_text_hides_no_other() {
        let mut headers = HeaderMap::new();
        let own = HeaderValue::from_bytes("<https://x/api/v1/a?search=ü>; rel=self".as_bytes());
        headers.append("link", own.unwrap());
        assert!(next_link(&headers).unwrap().is_none());
        headers.append("link", "</api/v1/a?after=1>; rel=next".parse().unwrap());
        assert_eq!(
            next_link(&headers).unwrap().unwrap().path,
            "/api/v1/a?after=1"
        );
    }

    #[test]
    fn a_loop_is_an_error() {
        let mut walk = Walk::new("/api/v1/a");
        let to = |path: &str| headers(&[&format!("<https://x{path}>; rel=next")]);
        let one = content(1, "1");
        assert!(
            walk.next(&to("/api/v1/a?after=1"), &one)
                .is_ok_and(|next| next.is_some())
        );
        assert!(walk.next(&to("/api/v1/a"), &one).is_err());
        assert!(walk.next(&to("/api/v1/a?after=1"), &one).is_err());
    }

    /// The number of pages that are followed behind ever new links; `content` gives the n-th.
    fn followed(most: u32, content: impl Fn(u32) -> Content) -> u32 {
        let mut walk = Walk::new("/api/v1/a");
        let mut page = |number: u32| {
            let headers = headers(&[&format!("</api/v1/a?after={number}>; rel=next")]);
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
