//! Format strings of the Okta connector, and what records make of them.

use super::fuzz;
use std::borrow::Cow;
use user_sync::record::format::Format;
use user_sync::record::{Json, Record, Wanted};

#[test]
fn format_strings() {
    let corpus: [&[u8]; 6] = [
        b"{email}",
        b"{firstName} {lastName}",
        b"{{{id}}}",
        b"{phones[0]}@example.com",
        "{é}ä{n}".as_bytes(),
        b"{a[18446744073709551615]}",
    ];
    fuzz("format string", 1000, &corpus, |bytes| {
        let source = String::from_utf8_lossy(bytes);
        let mut wanted = Wanted::default();
        let Ok(format) = Format::parse(&source, &mut wanted) else {
            return;
        };
        let list = Json::List(vec![
            Json::Text(Cow::Borrowed("x")),
            Json::Null,
            Json::Float(1.5),
        ]);
        let record = Record {
            id: Cow::Borrowed("00u1"),
            status: Cow::Borrowed("ACTIVE"),
            fields: Vec::new(),
            profile: wanted.profile.iter().map(|_| Some(list.clone())).collect(),
            further_profile: Vec::new(),
        };
        let mut text = String::new();
        format.write(&record, &mut text);
    });
}
