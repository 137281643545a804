//! From page to page by the `Link` header (RFC 8288, as Okta sends it).
//!
//! Of a next link only path and query are used, on the configured host, so that the token reaches
//! no other machine. Knows nothing of what is on the pages.

use std::collections::HashSet;

use ureq::http::HeaderMap;

/// All that is asked for lies below this path.
const API: &str = "/api/v1/";
/// A list that goes on and on without holding anything is not believed.
const MOST_EMPTY_PAGES: u32 = 1000;

/// A next link.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Next {
    /// Path and query.
    pub(super) path: String,
    /// Host, with port, if the link names one.
    pub(super) host: Option<String>,
}

/// The pages of one list.
pub(super) struct Walk {
    followed: HashSet<String>,
    empty_pages: u32,
}

impl Walk {
    /// Starts at that path and query.
    pub(super) fn new(first: &str) -> Walk {
        Walk {
            followed: HashSet::from([first.to_owned()]),
            empty_pages: 0,
        }
    }

    /// The page behind one with these headers and that many entries; `None` behind the last. An
    /// empty page may have one behind it. The error says what is wrong with the link.
    pub(super) fn next(
        &mut self,
        headers: &HeaderMap,
        entries: usize,
    ) -> Result<Option<Next>, String> {
        let Some(next) = next_link(headers)? else {
            return Ok(None);
        };
        self.empty_pages = match entries {
            0 => self.empty_pages + 1,
            _ => 0,
        };
        if self.empty_pages > MOST_EMPTY_PAGES {
            return Err(format!("{MOST_EMPTY_PAGES} empty pages in a row"));
        }
        if !self.followed.insert(next.path.clone()) {
            return Err("its next link leads back to a page that was read already".into());
        }
        Ok(Some(next))
    }
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

    #[test]
    fn a_loop_is_an_error() {
        let mut walk = Walk::new("/api/v1/a");
        let to = |path: &str| headers(&[&format!("<https://x{path}>; rel=next")]);
        assert!(
            walk.next(&to("/api/v1/b"), 1)
                .is_ok_and(|next| next.is_some())
        );
        assert!(walk.next(&to("/api/v1/a"), 1).is_err());
        assert!(walk.next(&to("/api/v1/b"), 1).is_err());
    }

    #[test]
    fn empty_pages_go_on_but_not_for_ever() {
        let mut walk = Walk::new("/api/v1/a");
        let mut page = |number: u32| {
            let headers = headers(&[&format!("</api/v1/{number}>; rel=next")]);
            walk.next(&headers, 0)
        };
        assert!((0..MOST_EMPTY_PAGES).all(|number| page(number).is_ok()));
        assert!(page(MOST_EMPTY_PAGES).is_err());
    }
}
