//! The hook's source attributes of all users, as far as the hook can read them.
//!
//! A row a user, a cell an attribute. What the user's record holds too is told by its place there;
//! every other value lies once in a pool, since most recur: a run keeps a few bytes for each user.

use std::borrow::Cow;

use crate::model::DirectoryUser;
use crate::record::Json;
use crate::text::hash::QuickMap;
use crate::text::{Text, Texts};

/// Texts of a user that a cell may tell by their number.
const OWN: usize = 8;
/// Cells below that stand for a value of the user, or for none.
const POOLED: u32 = OWN as u32 + 1;

/// The kept values by user; a row has as many cells as the mapper keeps attributes.
#[derive(Debug, Default)]
pub struct Sources {
    /// Where the row of a user begins, by its id.
    rows: QuickMap<Text, u32>,
    /// 0: none; up to [`OWN`]: the user's own text with that number; others are in the pool.
    cells: Vec<u32>,
    pool: Vec<Json<'static>>,
    /// Texts of the pool.
    places: QuickMap<Text, u32>,
}

impl Sources {
    /// Begins the row of a user; its cells follow.
    pub fn begin(&mut self, id: Text) {
        let start = u32::try_from(self.cells.len()).unwrap_or(u32::MAX);
        self.rows.insert(id, start);
    }

    /// The next cell of the user's row, which has been begun.
    pub fn add(&mut self, user: &DirectoryUser, value: Option<Json<'_>>, texts: &mut Texts) {
        let cell = match value {
            None | Some(Json::Null) => 0,
            Some(Json::Text(text)) => match own(user).position(|own| own == Some(&*text)) {
                Some(place) => place as u32 + 1,
                None => self.text(&text, texts),
            },
            Some(other) => self.pooled(owned(other)),
        };
        self.cells.push(cell);
    }

    fn text(&mut self, text: &str, texts: &mut Texts) -> u32 {
        if let Some(cell) = self.places.get(text) {
            return *cell;
        }
        let kept = texts.keep(text);
        let cell = self.pooled(Json::Text(Cow::Borrowed(kept)));
        self.places.insert(kept, cell);
        cell
    }

    fn pooled(&mut self, value: Json<'static>) -> u32 {
        self.pool.push(value);
        u32::try_from(self.pool.len() - 1)
            .ok()
            .and_then(|place| place.checked_add(POOLED))
            .unwrap_or(0)
    }

    /// The cells of a user's row and what follows; none for a user without row.
    pub fn row(&self, id: Text) -> &[u32] {
        let start = self.rows.get(id).map(|start| *start as usize);
        start
            .and_then(|start| self.cells.get(start..))
            .unwrap_or_default()
    }

    /// The value of a cell; `user` is the one whose row it is, as it was read.
    pub fn value(&self, cell: u32, user: &DirectoryUser) -> Json<'static> {
        if let Some(place) = cell.checked_sub(POOLED) {
            return self.pool.get(place as usize).cloned().unwrap_or(Json::Null);
        }
        let own = (cell as usize)
            .checked_sub(1)
            .and_then(|place| own(user).nth(place).flatten());
        own.map_or(Json::Null, |text| Json::Text(Cow::Borrowed(text)))
    }
}

fn own(user: &DirectoryUser) -> impl Iterator<Item = Option<Text>> {
    let texts: [Option<Text>; OWN] = [
        Some(user.email),
        Some(user.username),
        Some(user.domain),
        user.country,
        user.firstname,
        user.lastname,
        Some(user.login),
        Some(user.id),
    ];
    texts.into_iter()
}

/// A value that outlives the page it was read from.
pub(super) fn owned(value: Json<'_>) -> Json<'static> {
    match value {
        Json::Null => Json::Null,
        Json::Bool(value) => Json::Bool(value),
        Json::Integer(value) => Json::Integer(value),
        Json::Float(value) => Json::Float(value),
        Json::Text(text) => Json::Text(Cow::Owned(text.into_owned())),
        Json::List(items) => Json::List(items.into_iter().map(owned).collect()),
        Json::Dict(items) => {
            let item =
                |(key, value): (Cow<str>, Json)| (Cow::Owned(key.into_owned()), owned(value));
            Json::Dict(items.into_iter().map(item).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{IdentityType, ListId};

    #[test]
    fn every_value_comes_back_and_recurring_ones_are_kept_once() {
        let (mut sources, mut texts) = (Sources::default(), Texts::default());
        let user = |id, email| DirectoryUser {
            id,
            login: email,
            identity_type: IdentityType::FederatedId,
            email,
            username: email,
            domain: "x.com",
            firstname: None,
            lastname: Some("Lee"),
            country: Some("DE"),
            groups: ListId::default(),
        };
        let users = [user("1", "ann@x.com"), user("2", "bo@x.com")];
        let text = |text: &'static str| Some(Json::Text(Cow::Borrowed(text)));
        let rows = users.each_ref().map(|user| {
            let list = Json::List(vec![Json::Text(Cow::Borrowed(user.email)), Json::Null]);
            [
                text(user.email),
                None,
                text("Design"),
                text("DE"),
                Some(Json::Bool(false)),
                Some(list),
            ]
        });
        for (user, row) in users.iter().zip(&rows) {
            sources.begin(user.id);
            for value in row {
                sources.add(user, value.clone(), &mut texts);
            }
        }
        for (user, row) in users.iter().zip(&rows) {
            let cells = sources.row(user.id).iter();
            let found = cells.map(|cell| sources.value(*cell, user)).take(row.len());
            let wanted = row.iter().cloned().map(|value| value.unwrap_or(Json::Null));
            assert_eq!(found.collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
        }
        assert_eq!(sources.pool.len(), 5, "Design, and two values for each");
        assert!(sources.row("3").is_empty());
    }
}
