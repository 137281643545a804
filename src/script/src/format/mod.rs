//! Values written down: `str` and `repr`, format specifications, `%` and `str.format`; what Python knows of
//! characters and numbers.

pub(crate) mod chars;
pub(crate) mod numbers;
pub(crate) mod percent;
pub(crate) mod repr;
pub(crate) mod spec;
pub(crate) mod template;
