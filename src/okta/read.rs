//! Reads groups, their members, and single users: whole lists, page by page.

use super::member::{self, PageError};
use super::page::{Content, Walk};
use super::wire::{self, WireGroup};
use super::{Group, Okta};
use crate::error::{self, Error};
use crate::http::{Parts, Reply, encode};
use crate::record::{Record, Wanted};

/// Names that one search asks for: each takes some hundred bytes of a request's line.
const SEARCHED_NAMES: usize = 5;
/// Groups of one user on a page: the most that Okta gives.
const GROUPS_PAGE: u32 = 200;
/// Groups on a page where all groups of a tenant are read.
const LIST_PAGE: u32 = 1000;

/// Asks for one group, whichever it is.
pub(super) const ONE_GROUP: &str = "/api/v1/groups?limit=1";

/// Takes users one by one.
type TakeUser<'t> = dyn FnMut(&Record<'_>) -> Result<(), Error> + 't;
/// Reads one page and says what is on it.
type ReadPage<'r> = dyn FnMut(&[u8]) -> Result<Content, PageError> + 'r;

/// What a list is called where a recording does not hold it, and what is read of its pages.
pub(super) struct Asked {
    pub(super) what: String,
    pub(super) parts: Parts,
}

impl Asked {
    fn users(what: String, wanted: &Wanted) -> Asked {
        Asked {
            what,
            parts: wire::member_parts(wanted),
        }
    }

    fn named(names: &[&str], wanted: &Wanted) -> Asked {
        Asked::users(format!("Okta user {}", error::all_quoted(names)), wanted)
    }

    pub(super) fn groups(what: String) -> Asked {
        Asked {
            what,
            parts: wire::group_parts(),
        }
    }
}

impl Okta {
    /// Asks for one group: tells whether the tenant is there and takes the token.
    pub fn check(&mut self) -> Result<(), Error> {
        self.read_page(ONE_GROUP, &Asked::groups("a group".to_owned()))?;
        Ok(())
    }

    /// All groups of the tenant, in Okta's order.
    pub fn list_groups(&mut self) -> Result<Vec<Group>, Error> {
        let mut groups = Vec::new();
        let path = format!("/api/v1/groups?limit={LIST_PAGE}");
        let asked = Asked::groups("the list of all Okta groups".to_owned());
        self.read_groups(&path, &asked, &mut |group| groups.push(Group::from(group)))?;
        Ok(groups)
    }

    /// Hands every member of a group to `each`, page by page, as far as `wanted` names its parts.
    /// A member may come twice if the group changes meanwhile.
    ///
    /// After an error the members handed out so far are no list: the caller must drop them.
    pub fn read_members(
        &mut self,
        group: &Group,
        wanted: &Wanted,
        each: &mut TakeUser<'_>,
    ) -> Result<(), Error> {
        let (id, limit) = (encode(&group.id), self.page_size);
        let first = format!("/api/v1/groups/{id}/users?limit={limit}");
        let group = error::quoted(&group.name);
        let what = format!("the list of members of Okta group {group}");
        let asked = Asked::users(what, wanted);
        self.read_pages(first, &asked, &mut |page| take_members(page, wanted, each))
    }

    /// Hands the users with one of these names as login or e-mail to `each`, as
    /// [`Okta::read_members`] does. Okta's index lags behind changes by seconds, and more.
    pub fn find_users(
        &mut self,
        names: &[&str],
        wanted: &Wanted,
        each: &mut TakeUser<'_>,
    ) -> Result<(), Error> {
        for names in names.chunks(SEARCHED_NAMES) {
            let condition = |name: &&str| {
                let name = quoted(name.trim());
                format!("profile.login eq {name} or profile.email eq {name}")
            };
            let conditions: Vec<String> = names.iter().map(condition).collect();
            let search = encode(&conditions.join(" or "));
            let first = format!("/api/v1/users?search={search}&limit=200");
            let asked = Asked::named(names, wanted);
            self.read_pages(first, &asked, &mut |page| take_members(page, wanted, each))?;
        }
        Ok(())
    }

    /// Hands the user whom Okta has by that id or login to `each`, as it is at this moment; nobody,
    /// where it has none. Okta also takes the part of a login before the `@`, and `me`.
    pub fn read_user(
        &mut self,
        name: &str,
        wanted: &Wanted,
        each: &mut TakeUser<'_>,
    ) -> Result<(), Error> {
        let asked = Asked::named(&[name], wanted);
        let reply = self.get(&format!("/api/v1/users/{}", encode(name)), &asked)?;
        let is_nobody = wire::told(self.client.body()).starts_with("E0000007");
        if reply.status == 404 && is_nobody {
            return Ok(());
        }
        if reply.status != 200 {
            return Err(self.refusal(&reply));
        }
        let page = [b"[", self.client.body(), b"]"].concat();
        match take_members(&page, wanted, each) {
            Ok(_) => Ok(()),
            Err(PageError::Taker(error)) => Err(error),
            Err(PageError::Page(why)) => Err(self.unusable(&reply, why)),
        }
    }

    /// The ids of the groups that a user is in.
    pub fn groups_of(&mut self, user_id: &str) -> Result<Vec<String>, Error> {
        let mut ids = Vec::new();
        let id = encode(user_id);
        let path = format!("/api/v1/users/{id}/groups?limit={GROUPS_PAGE}");
        let what = format!("the groups of the Okta user with the id {user_id}");
        let asked = Asked::groups(what);
        self.read_groups(&path, &asked, &mut |group| ids.push(group.id))?;
        Ok(ids)
    }

    pub(super) fn read_groups(
        &mut self,
        first: &str,
        asked: &Asked,
        take: &mut dyn FnMut(WireGroup),
    ) -> Result<(), Error> {
        self.read_pages(first.to_owned(), asked, &mut take_groups(take))
    }

    fn read_pages(
        &mut self,
        first: String,
        asked: &Asked,
        read: &mut ReadPage<'_>,
    ) -> Result<(), Error> {
        let reply = self.read_page(&first, asked)?;
        self.read_pages_from(&first, reply, asked, read)
    }

    /// Reads a list of which the first page is there already.
    pub(super) fn read_pages_from(
        &mut self,
        first: &str,
        mut reply: Reply,
        asked: &Asked,
        read: &mut ReadPage<'_>,
    ) -> Result<(), Error> {
        let mut walk = Walk::new(first);
        loop {
            let content = match read(self.client.body()) {
                Ok(content) => content,
                Err(PageError::Taker(error)) => return Err(error),
                Err(PageError::Page(why)) => return Err(self.unusable(&reply, why)),
            };
            let next = walk
                .next(&reply.headers, &content)
                .map_err(|why| self.client.unusable(&reply, &why))?;
            let Some(next) = next else {
                self.client.drop_body();
                return Ok(());
            };
            self.warn_of_host(next.host.as_deref());
            reply = self.read_page(&next.path, asked)?;
        }
    }

    /// A page with status 200; any other is an error.
    fn read_page(&mut self, path: &str, asked: &Asked) -> Result<Reply, Error> {
        let reply = self.get(path, asked)?;
        match reply.status {
            200 => Ok(reply),
            _ => Err(self.refusal(&reply)),
        }
    }

    fn warn_of_host(&mut self, named: Option<&str>) {
        let Some(named) = named else { return };
        let own = self.client.host();
        if self.warned_of_host || super::bare(named).eq_ignore_ascii_case(super::bare(own)) {
            return;
        }
        self.warned_of_host = true;
        let named = self.client.secrets().hide(named);
        log::warn!(
            target: "okta",
            "{own}: a link to the next page names the host {named}; it is followed on {own}",
        );
    }
}

/// Reads one user, as Okta returns it, from a text of its own.
///
/// # Errors
/// What is wrong with the text; or what `each` returns.
pub fn read_user(json: &str, wanted: &Wanted, each: &mut TakeUser<'_>) -> Result<(), String> {
    let page = format!("[{json}]");
    match member::read_members(page.as_bytes(), wanted, each) {
        Ok(members) if members.count == 1 => Ok(()),
        Ok(_) => Err("one user a line is expected".to_owned()),
        Err(PageError::Page(problem)) => Err(problem),
        Err(PageError::Taker(error)) => Err(error.to_string()),
    }
}

fn take_members(
    page: &[u8],
    wanted: &Wanted,
    each: &mut TakeUser<'_>,
) -> Result<Content, PageError> {
    let members = member::read_members(page, wanted, each)?;
    members.check().map_err(PageError::Page)?;
    Ok(Content {
        entries: members.count,
        bytes: page.len(),
        first: members.first,
    })
}

pub(super) fn take_groups(
    take: &mut dyn FnMut(WireGroup),
) -> impl FnMut(&[u8]) -> Result<Content, PageError> {
    |page| {
        let groups = wire::read_groups(page).map_err(PageError::Page)?;
        let content = Content {
            entries: groups.len(),
            bytes: page.len(),
            first: groups
                .first()
                .map_or_else(String::new, |group| group.id.clone()),
        };
        groups.into_iter().for_each(&mut *take);
        Ok(content)
    }
}

/// A text in Okta's search language.
pub(super) fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}
