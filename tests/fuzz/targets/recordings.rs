//! Recordings: damaged as they lie there, and packed anew around damaged answers.

use super::fuzz;
use super::servers::start;
use crate::servers::Servers;
use crate::support::Folder;
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::path::Path;
use user_sync::adobe::Listing;
use user_sync::http::recording::{Header, Recorder, Replay};
use user_sync::okta::{Lookup, member_parts};
use user_sync::record::Wanted;
use user_sync::text::Texts;

/// Asks for all that is in the recording; says how many members there are.
fn read_all(servers: &Servers) -> usize {
    let mut members = 0;
    let mut okta = servers.okta();
    let found = okta.find_groups(&["Design".to_owned()]);
    if let Some(Lookup::Found(group)) = found.ok().and_then(|mut found| found.pop()) {
        okta.read_members(&group, &Wanted::default(), &mut |_| {
            members += 1;
            Ok(())
        })
        .ok();
    }
    let mut umapi = servers.umapi();
    umapi.read_groups().ok();
    umapi.read_users(Listing::All, &mut Texts::default()).ok();
    members
}

/// A recording with something of everything.
fn good(servers: &Servers, path: &Path) -> Vec<u8> {
    let person = json!({"status": "ACTIVE", "profile": {"login": "a@x.com", "email": "a@x.com"}});
    servers.sim.edit(|world| {
        world["okta"]["users"] = json!({"ann": person, "bob": person});
        world["okta"]["groups"] = json!([{"name": "Design", "members": ["ann", "bob"]}]);
        world["okta"]["page_cap"] = json!(1);
        let org = world["adobe"]["orgs"]
            .as_object_mut()
            .unwrap()
            .values_mut()
            .next();
        let org = org.unwrap();
        org["groups"] = json!(["A"]);
        org["users"] = json!([{"email": "a@x.com", "type": "federatedID", "groups": ["A"]}]);
    });
    let header = Header::new(
        Some("x".into()),
        vec!["O".into()],
        member_parts(&Wanted::default()),
    );
    servers
        .transport
        .record(Recorder::begin(path, header).unwrap());
    assert_eq!(read_all(servers), 2);
    servers.transport.tape().finish().unwrap();
    std::fs::read(path).unwrap()
}

/// Opens what lies there and asks for all of it.
fn replay(servers: &Servers, path: &Path) -> Option<usize> {
    let replay = Replay::open(path).ok()?;
    servers.transport.replay(replay);
    Some(read_all(servers))
}

#[test]
fn recordings_are_replayed_or_refused() {
    let folder = Folder::new();
    let path = folder.path().join("r.gz");
    let servers = start();
    let good = good(&servers, &path);
    assert_eq!(replay(&servers, &path), Some(2));
    fuzz("recording", 300, &[&good], |bytes| {
        std::fs::write(&path, bytes).unwrap();
        replay(&servers, &path);
    });
    let mut rest = good.as_slice();
    let mut members: Vec<Vec<u8>> = Vec::new();
    while !rest.is_empty() {
        let mut member = Vec::new();
        GzDecoder::new(&mut rest).read_to_end(&mut member).unwrap();
        members.push(member);
    }
    let answers: Vec<&[u8]> = members.iter().map(Vec::as_slice).collect();
    fuzz("recorded answers", 300, &answers, |bytes| {
        let mut file = std::fs::File::create(&path).unwrap();
        let (header, end) = (&members[0][..], &b"{\"end\":3}\n"[..]);
        for member in [header, &members[1], bytes, &members[2], end] {
            let mut packed = GzEncoder::new(&mut file, Compression::fast());
            packed.write_all(member).unwrap();
            packed.finish().unwrap();
        }
        replay(&servers, &path);
    });
}
