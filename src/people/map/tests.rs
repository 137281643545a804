use super::*;
use crate::config::Formats;
use crate::model::SkippedMember;

/// Maps one record with these attributes and formats.
struct Case {
    formats: Formats,
    identity_type: IdentityType,
}

impl Case {
    fn new() -> Case {
        Case {
            formats: Formats::default(),
            identity_type: IdentityType::FederatedId,
        }
    }

    fn with(change: fn(&mut Formats)) -> Case {
        let mut case = Case::new();
        change(&mut case.formats);
        case
    }

    fn mapper(&self, extended: &[&str]) -> (Mapper, Wanted) {
        let extended: Vec<String> = extended.iter().map(|name| (*name).to_owned()).collect();
        Mapper::new(self.formats.clone(), self.identity_type, &extended)
    }

    fn map(&self, attributes: &[(&str, Json)]) -> Result<(DirectoryUser, Vec<Text>), SkipWhy> {
        let (mut mapper, wanted) = self.mapper(&[]);
        mapper.map(&record(&wanted, attributes), &mut Texts::default())
    }

    fn user(&self, attributes: &[(&str, Json)]) -> DirectoryUser {
        self.map(attributes).unwrap().0
    }

    /// What the skipped person is called and known by, and why.
    fn skipped(&self, attributes: &[(&str, Json)]) -> SkippedMember {
        let (mut mapper, wanted) = self.mapper(&[]);
        let record = record(&wanted, attributes);
        let mut texts = Texts::default();
        SkippedMember {
            reason: mapper.map(&record, &mut texts).unwrap_err(),
            login: mapper.called(&record, &mut texts),
            names: mapper.names(&record, &mut texts),
        }
    }
}

fn record<'p>(wanted: &Wanted, attributes: &[(&str, Json<'p>)]) -> Record<'p> {
    let find = |name: &String| {
        let found = attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone())
    };
    Record {
        id: "00u1".into(),
        status: "ACTIVE".into(),
        fields: Vec::new(),
        profile: wanted.profile.iter().map(find).collect(),
        further_profile: Vec::new(),
    }
}

fn set_aliases(formats: &mut Formats, sources: &[&str]) {
    let parse = |source: &&str| Format::parse(source, &mut formats.wanted).unwrap();
    formats.aliases = sources.iter().map(parse).collect();
}

fn text(text: &str) -> Json<'_> {
    Json::Text(text.into())
}

fn ann() -> Vec<(&'static str, Json<'static>)> {
    vec![
        ("login", text("ann@corp.x")),
        ("email", text(" Ann@X.com ")),
        ("firstName", text("Ann ")),
        ("lastName", text("Lee")),
        ("countryCode", text("us")),
        ("number", Json::Integer(7)),
        ("flag", Json::Bool(false)),
        ("blank", text("  ")),
        ("kind", text(" ENTERPRISEid ")),
        ("odd", text("robot")),
    ]
}

#[test]
fn the_default_formats_give_the_usual_attributes() {
    let user = Case::new().user(&ann());
    assert_eq!(
        user,
        DirectoryUser {
            id: "00u1",
            login: "ann@corp.x",
            identity_type: IdentityType::FederatedId,
            email: "Ann@X.com",
            username: "Ann@X.com",
            domain: "X.com",
            firstname: Some("Ann "),
            lastname: Some("Lee"),
            country: Some("US"),
            groups: ListId::default(),
        }
    );
    assert!(std::ptr::eq(user.email, user.username), "kept once");
}

#[test]
fn a_format_that_gives_nothing_takes_the_default_of_its_rule() {
    let nothing = Case::with(|formats| {
        formats.set(Attribute::Username, "{flag}");
        formats.set(Attribute::Domain, "{blank}");
        formats.set(Attribute::Firstname, "{flag}");
        formats.set(Attribute::Lastname, "{blank}");
        formats.set(Attribute::Country, "{blank}");
        formats.set(Attribute::IdentityType, "{blank}");
    });
    let user = nothing.user(&ann());
    assert_eq!((user.username, user.domain), ("Ann@X.com", "X.com"));
    assert_eq!(
        (user.firstname, user.lastname, user.country),
        (None, None, None)
    );
    assert_eq!(user.identity_type, IdentityType::FederatedId);
}

#[test]
fn formats_of_its_own_give_username_domain_and_type() {
    let own = Case::with(|formats| {
        formats.set(Attribute::Username, " N{number} ");
        formats.set(Attribute::Domain, "corp.x");
        formats.set(Attribute::IdentityType, "{kind}");
    });
    let user = own.user(&ann());
    assert_eq!((user.username, user.domain), ("N7", "corp.x"));
    assert_eq!(user.identity_type, IdentityType::EnterpriseId);
}

#[test]
fn a_user_who_cannot_be_mapped_is_skipped_with_every_name() {
    type Change = fn(&mut Formats);
    let cases: [(Change, &str, &[&str]); 5] = [
        (
            |formats| {
                formats.set(Attribute::Email, "{blank}");
                formats.set(Attribute::Username, "N{number}");
            },
            "no e-mail",
            &["ann@corp.x", "Ann@X.com", "N7"],
        ),
        (
            |formats| formats.set(Attribute::Email, "{missing}@x.com"),
            "{missing}@x.com",
            &["ann@corp.x", "Ann@X.com"],
        ),
        (
            |formats| formats.set(Attribute::IdentityType, "{odd}"),
            "robot",
            &["ann@corp.x", "Ann@X.com", "Ann@X.com"],
        ),
        (
            |formats| formats.set(Attribute::Email, "{lastName}"),
            "its e-mail \"Lee\" is not one address",
            &["ann@corp.x", "Ann@X.com", "Lee"],
        ),
        (
            |formats| {
                formats.set(Attribute::Email, "{email},{login}");
                set_aliases(formats, &["N{number}, M{number}"]);
            },
            "not one address",
            &[
                "ann@corp.x",
                "Ann@X.com",
                "Ann@X.com ,ann@corp.x",
                "N7",
                "M7",
            ],
        ),
    ];
    for (change, reason, names) in cases {
        let member = Case::with(change).skipped(&ann());
        let told = member.reason.to_string();
        assert!(told.contains(reason), "{told}");
        assert_eq!(member.login, "ann@corp.x");
        let mut expected = names.to_vec();
        expected.dedup();
        assert_eq!(member.names, expected, "{reason}");
    }
}

#[test]
fn aliases_are_the_names_beside_email_and_username() {
    let cases: [(Option<&[&str]>, &[&str]); 5] = [
        (None, &["ann@corp.x"]),
        (Some(&[]), &[]),
        (Some(&["{missing}", "{blank}"]), &[]),
        (
            Some(&["{email}", "{login}, {login}", "N{number}"]),
            &["ann@corp.x", "N7"],
        ),
        (Some(&["{lastName},ANN@x.com,,{lastName} "]), &["Lee"]),
    ];
    for (aliases, expected) in cases {
        let mut case = Case::new();
        if let Some(aliases) = aliases {
            set_aliases(&mut case.formats, aliases);
        }
        let (_, other_names) = case.map(&ann()).unwrap();
        assert_eq!(other_names, expected, "{aliases:?}");
    }
}

#[test]
fn a_hook_sees_what_formats_give_and_raw_attributes_with_their_types() {
    let case = Case::with(|formats| formats.set(Attribute::Username, "N{number}"));
    let (mut mapper, wanted) = case.mapper(&["flag", "gone", "email"]);
    let record = record(&wanted, &ann());
    let (mut sources, mut texts) = (Sources::default(), Texts::default());
    let (user, _) = mapper.map(&record, &mut texts).unwrap();
    mapper.keep_source(&record, &user, &mut sources, &mut texts);
    let cells = sources.row(user.id).iter();
    let values: Vec<Json> = cells.map(|cell| sources.value(*cell, &user)).collect();
    let found: Vec<(&str, &Json)> = mapper.source_names().zip(&values).collect();
    let expected = [
        ("id", text("00u1")),
        ("login", text("ann@corp.x")),
        ("email", text("Ann@X.com")),
        ("username", text("N7")),
        ("domain", Json::Null),
        ("firstName", text("Ann ")),
        ("lastName", text("Lee")),
        ("c", text("us")),
        ("identity_type", Json::Null),
        ("number", Json::Integer(7)),
        ("countryCode", text("us")),
        ("flag", Json::Bool(false)),
        ("gone", Json::Null),
    ];
    let expected: Vec<(&str, &Json)> = expected
        .iter()
        .map(|(name, value)| (*name, value))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_trace_tells_format_source_values_and_result() {
    let case = Case::with(|formats| formats.set(Attribute::Username, "{missing}-{number}"));
    let (mapper, wanted) = case.mapper(&[]);
    let traces = mapper.trace(&record(&wanted, &ann()));
    let username = traces
        .iter()
        .find(|trace| trace.attribute == Attribute::Username)
        .unwrap();
    assert_eq!(username.format, "{missing}-{number}");
    assert_eq!(
        username.sources,
        [
            ("missing".to_owned(), None),
            ("number".to_owned(), Some(Json::Integer(7)))
        ]
    );
    assert_eq!(username.value, None);
    assert!(
        traces
            .iter()
            .all(|trace| trace.attribute != Attribute::Domain),
        "no format is set"
    );
}
