//! Reads the users and groups of an org.
//!
//! Whole lists or an error: a list that ends early would make users look gone.

use std::collections::HashSet;

use percent_encoding::{AsciiSet, utf8_percent_encode};

use super::roster::Roster;
use super::{AdobeGroup, Marker, ORG, Umapi, wire};
use crate::error::{Error, quoted};
use crate::http::{Extent, Parts, Quota, Reply, Request, UNRESERVED, encode};
use crate::logging::Progress;
use crate::model::names::AdobeName;
use crate::model::{AdobeOrg, IdentityType};
use crate::text::Texts;

/// Which users of an org are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing<'l> {
    All,
    /// The members of these Adobe groups.
    Groups(&'l [String]),
}

/// What is asked for.
struct Asked {
    /// What it is called where a recording does not hold it.
    what: String,
    quota: Quota,
    /// What is read of the answer.
    parts: fn() -> Parts,
}

impl Umapi {
    /// Reads the users, each once. Of a group that Adobe does not know the members stay unknown.
    pub fn read_users(
        &mut self,
        listing: Listing<'_>,
        texts: &mut Texts,
    ) -> Result<AdobeOrg, Error> {
        let mut roster = Roster::new(texts);
        match listing {
            Listing::All => self.read_listing(None, Some(Marker::End), &mut roster)?,
            Listing::Groups(groups) => {
                for (place, group) in groups.iter().enumerate() {
                    let end = (place + 1 == groups.len()).then_some(Marker::End);
                    roster.start_listing();
                    self.read_listing(Some(group), end, &mut roster)?;
                }
            }
        }
        Ok(roster.into_org())
    }

    /// Reads all users, or the members of a group. The last page is asked for with the marker
    /// `end`.
    fn read_listing(
        &mut self,
        group: Option<&str>,
        end: Option<Marker>,
        roster: &mut Roster<'_>,
    ) -> Result<(), Error> {
        let of_group = group.map(|name| format!("/{}", encode(name.trim())));
        let of_group = of_group.unwrap_or_default();
        let asked = self.asked_of_listing(group);
        let mut progress = Progress::new(match group {
            Some(name) => format!("Adobe: users of \"{}\" read", name.trim()),
            None => "Adobe: users read".to_owned(),
        });
        let (mut read, mut page_count) = (0, None);
        let mut extent = Extent::default();
        for number in 0_u32.. {
            let marker = end.filter(|_| page_count == Some(number + 1));
            let (endpoint, org) = (&self.endpoint, &self.org);
            let path = format!("{endpoint}/users/{org}/{number}{of_group}?directOnly=true");
            let reply = self.read(&path, &asked, marker)?;
            if number == 0
                && let Some(name) = group
                && self.is_refused_with(&reply, "error.group.not_found")
            {
                let told = self.client.secrets().hide(&wire::told(self.client.body()));
                roster.cannot_read(name, &told);
                return Ok(());
            }
            self.check_status(&reply)?;
            let page = self.usable(&reply, wire::read_users(self.client.body(), roster))?;
            if page.is_last || page.new == 0 {
                break;
            }
            read += page.new;
            progress.show(read, None);
            self.usable(&reply, extent.add(page.new, self.client.body().len()))?;
            page_count = read_page_count(&reply);
            let pages = page_count.unwrap_or_default() as usize;
            roster.expect(pages.saturating_mul(page.new));
        }
        self.client.drop_body();
        Ok(())
    }

    fn asked_of_listing(&self, group: Option<&str>) -> Asked {
        let org = &self.org;
        let what = match group {
            Some(name) => {
                let name = quoted(name);
                format!("the list of members of Adobe group {name} of org {org}")
            }
            None => format!("the list of users of Adobe org {org}"),
        };
        Asked {
            what,
            quota: self.quotas.user_pages.clone(),
            parts: wire::user_parts,
        }
    }

    /// All groups of the org that UMAPI lists. To be read before the users, for the first call of
    /// a run carries the start marker.
    pub fn read_groups(&mut self) -> Result<Vec<AdobeGroup>, Error> {
        let asked = Asked {
            what: format!("the list of groups of Adobe org {}", self.org),
            quota: self.quotas.group_pages.clone(),
            parts: wire::group_parts,
        };
        let mut groups = Vec::new();
        let mut seen = HashSet::new();
        let mut extent = Extent::default();
        for number in 0_u32.. {
            let path = format!("{}/groups/{}/{number}", self.endpoint, self.org);
            let reply = self.read(&path, &asked, None)?;
            let is_beyond_the_end = number > 0 && reply.status == 404;
            if !is_beyond_the_end {
                self.check_status(&reply)?;
            }
            let page = self.usable(&reply, wire::read_groups(self.client.body()))?;
            let is_last = page.is_last || is_beyond_the_end;
            let on_page = self.usable(&reply, page.into_groups(number == 0))?;
            let before = groups.len();
            let is_new = |group: &AdobeGroup| seen.insert((group.name.clone(), group.kind.clone()));
            groups.extend(on_page.into_iter().filter(is_new));
            let new = groups.len() - before;
            if is_last || new == 0 {
                break;
            }
            self.usable(&reply, extent.add(new, self.client.body().len()))?;
        }
        Ok(groups)
    }

    /// Whether users may be read: asks for somebody who is not there. A list, or a part of one,
    /// would count as one of the few that Adobe gives in two hours.
    pub fn check_users(&mut self) -> Result<(), Error> {
        let path = self.path_of_user("nobody@user-sync.invalid", UNRESERVED);
        self.read_user(&path, "one user".to_owned()).map(drop)
    }

    /// The users with these names, each once; an Adobe ID also where another account has its
    /// e-mail. Whom Adobe does not know is not among them.
    pub fn find_users(
        &mut self,
        names: &[AdobeName],
        texts: &mut Texts,
    ) -> Result<AdobeOrg, Error> {
        let mut roster = Roster::new(texts);
        for name in names {
            match name {
                AdobeName::Email(email) => {
                    // Of several accounts Adobe gives the one that is no Adobe ID.
                    let hides_others = self.find_user(email, None, &mut roster)?;
                    if hides_others {
                        self.find_user(email, Some("AdobeID"), &mut roster)?;
                    }
                }
                AdobeName::Username { name, domain } => {
                    self.find_user(name, Some(domain), &mut roster)?;
                }
            }
        }
        Ok(roster.into_org())
    }

    /// Takes the one user of that name, if there is one. Whether it is there and no Adobe ID.
    fn find_user(
        &mut self,
        name: &str,
        domain: Option<&str>,
        roster: &mut Roster<'_>,
    ) -> Result<bool, Error> {
        let mut path = self.path_of_user(name.trim(), ORG);
        if let Some(domain) = domain {
            path += &format!("?domain={}", encode(domain));
        }
        let what = format!("Adobe user {} of org {}", quoted(name), self.org);
        let Some(reply) = self.read_user(&path, what)? else {
            return Ok(false);
        };
        let user = wire::read_user(self.client.body(), name, roster);
        let kind = self.usable(&reply, user)?;
        Ok(kind != Some(IdentityType::AdobeId))
    }

    fn path_of_user(&self, name: &str, plain: &'static AsciiSet) -> String {
        let name = utf8_percent_encode(name, plain);
        format!("{}/organizations/{}/users/{name}", self.endpoint, self.org)
    }

    /// The answer about one user; `None`: Adobe does not know them.
    fn read_user(&mut self, path: &str, what: String) -> Result<Option<Reply>, Error> {
        let asked = Asked {
            what,
            quota: self.quotas.single_users.clone(),
            parts: wire::user_parts,
        };
        let reply = self.read(path, &asked, None)?;
        if self.is_refused_with(&reply, "error.user.not_found") {
            return Ok(None);
        }
        self.check_status(&reply)?;
        Ok(Some(reply))
    }

    /// Reads what is at a path, from a recording or from Adobe. The first call of the reading
    /// phase carries the start marker instead of any other.
    fn read(&mut self, path: &str, asked: &Asked, marker: Option<Marker>) -> Result<Reply, Error> {
        if let Some(reply) = self.client.replay(path, &asked.what)? {
            return Ok(reply);
        }
        let marker = if self.reading {
            marker
        } else {
            Some(Marker::Start)
        };
        self.reading = true;
        let request = Request {
            quota: Some(&asked.quota),
            ..Request::get(path, &[])
        };
        let reply = self.call(&request, marker)?;
        let parts = (asked.parts)();
        self.client.record(&[path.to_owned()], &reply, &parts)?;
        Ok(reply)
    }

    fn is_refused_with(&self, reply: &Reply, code: &str) -> bool {
        reply.status == 404 && wire::code(self.client.body()) == code
    }

    fn check_status(&self, reply: &Reply) -> Result<(), Error> {
        match reply.status {
            200 => Ok(()),
            _ => Err(self.refusal(reply).into()),
        }
    }

    /// What was made of an answer, or the error that it is if it is not what was asked for.
    fn usable<T>(&self, reply: &Reply, made: Result<T, String>) -> Result<T, Error> {
        made.map_err(|why| self.client.unusable(reply, &why).into())
    }
}

fn read_page_count(reply: &Reply) -> Option<u32> {
    let header = reply.headers.get("x-page-count")?;
    header.to_str().ok()?.trim().parse().ok()
}
