//! Sets of desired groups: many users share one.

use std::collections::HashMap;

use super::{SetId, Wanted};

/// Sets of desired groups, each kept once.
#[derive(Debug, Default)]
pub(super) struct Sets {
    sets: Vec<Box<[Wanted]>>,
    ids: HashMap<Box<[Wanted]>, SetId>,
}

impl Sets {
    pub(super) fn intern(&mut self, wanted: Box<[Wanted]>) -> SetId {
        if let Some(id) = self.ids.get(&wanted) {
            return *id;
        }
        let id = SetId(u32::try_from(self.sets.len()).unwrap_or(u32::MAX));
        self.sets.push(wanted.clone());
        self.ids.insert(wanted, id);
        id
    }

    pub(super) fn get(&self, id: SetId) -> &[Wanted] {
        self.sets
            .get(id.0 as usize)
            .map(AsRef::as_ref)
            .unwrap_or_default()
    }
}
