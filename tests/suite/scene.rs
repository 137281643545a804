//! A stage for one test: a small company at Okta and Adobe, configuration files
//! with the usual values, and runs of the real binary on them.
//!
//! # Companies
//!
//! A few lines of text. `Design: ann bob` is an Okta group with its members,
//! `adobe: ann[Creative,Stock] leo` are the Adobe users with their groups, and
//! `adobe emea: …` those of the secondary org `emea`. A person is
//! `NAME@example.com`; `bob!SUSPENDED` has that status at Okta, `cleo-email` has
//! no such profile attribute (the first mention counts).
//!
//! Usual mapping: Okta's `Design` gives Adobe's `Creative`, `Video` gives
//! `Premiere`. Usual run: `sync` with groups, removing Adobe-only users.

use crate::child::{Child, until};
use crate::keys::{self, TestKey};
use crate::sim::{Exchange, Service, Sim};
use crate::support::{self, Folder, Outcome};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) const OKTA_TOKEN: &str = "00R+Okta/Tok3n=mark~9f3c";
/// The service app at Okta, and the id of its key.
pub(crate) const APP: &str = "0oaSimApp0001";
pub(crate) const KEY_ID: &str = "kid-1";
pub(crate) const KEY_FILE: &str = "okta-key.pem";
pub(crate) const CLIENT_ID: &str = "cid-primary-0001";
pub(crate) const CLIENT_SECRET: &str = "p8e/S3cret+mark&77=aa%41";
pub(crate) const ORG: &str = "A1B2C3@AdobeOrg";
pub(crate) const EMEA: &str = "E4E5E6@AdobeOrg";

/// Something of everything: a joiner, a mover, a leaver, and people who stay; each list has
/// several pages.
pub(crate) const COMPANY: &str = "
    Design: ann bob cleo eve
    Video: bob dora!SUSPENDED eve finn
    adobe: ann[Stock] bob[Creative,Premiere] eve[Creative,Premiere,Stock] finn[Creative] leo[Creative]
";

pub(crate) const MAIN: &str = "user-sync-config.yml";
pub(crate) const OKTA: &str = "connector-okta.yml";
pub(crate) const UMAPI: &str = "connector-umapi.yml";

/// The simulator with a company, and a folder with configuration files.
pub(crate) struct Scene {
    pub(crate) sim: Sim,
    pub(crate) folder: Folder,
    files: Vec<(String, Value)>,
    environment: Vec<(String, Option<String>)>,
}

impl Scene {
    pub(crate) fn new(company: &str) -> Scene {
        Scene::of_world(world(company))
    }

    pub(crate) fn of_world(world: Value) -> Scene {
        let sim = Sim::start(world);
        let files = configuration(&sim);
        let mut scene = Scene {
            sim,
            folder: Folder::new(),
            files: Vec::new(),
            environment: Vec::new(),
        };
        for (name, content) in files {
            scene.files.push((name.to_owned(), content));
            scene.write_file(name);
        }
        scene
    }

    /// Sets a key of a configuration file by its JSON pointer; null takes it out.
    pub(crate) fn set(&mut self, file: &str, pointer: &str, value: Value) -> &mut Scene {
        let found = self.files.iter_mut().find(|(name, _)| name == file);
        let mut place = &mut found.unwrap().1;
        let (parents, key) = pointer.rsplit_once('/').unwrap();
        for parent in parents.split('/').skip(1) {
            place = part(place, parent);
        }
        match value {
            Value::Null => drop(place.as_object_mut().unwrap().remove(key)),
            value => *part(place, key) = value,
        }
        self.write_file(file);
        self
    }

    /// An option of `invocation_defaults`.
    pub(crate) fn option(&mut self, name: &str, value: Value) -> &mut Scene {
        self.set(MAIN, &format!("/invocation_defaults/{name}"), value)
    }

    /// Adds an extension file with this hook.
    pub(crate) fn hook(&mut self, source: &str) -> &mut Scene {
        let extension = json!({"after_mapping_hook": source, "extended_adobe_groups": ["Stock"]});
        self.folder.write("extension.yml", &extension.to_string());
        self.set(MAIN, "/directory_users/extension", json!("extension.yml"))
    }

    /// Adds the secondary org `emea`; `Design` gives its `Creative` too.
    pub(crate) fn with_emea(&mut self) -> &mut Scene {
        let connector = connector(&self.sim, EMEA);
        self.files.push(("connector-emea.yml".into(), connector));
        self.write_file("connector-emea.yml");
        let connectors = json!([UMAPI, {"emea": "connector-emea.yml"}]);
        self.set(MAIN, "/adobe_users/connectors/umapi", connectors);
        let groups = json!(["Creative", "emea::Creative"]);
        self.set(MAIN, "/directory_users/groups/0/adobe_groups", groups)
    }

    /// Reaches Okta by a service app with a P-256 key; `app` is added to its entry in the world.
    pub(crate) fn with_app(&mut self, app: Value) -> &mut Scene {
        self.with_app_key(&keys::p256(KEY_ID), app)
    }

    /// The same with that key, in a file of its own.
    pub(crate) fn with_app_key(&mut self, key: &TestKey, app: Value) -> &mut Scene {
        let mut entry = json!({"client_id": APP, "keys": [key.public]});
        for (name, value) in app.as_object().into_iter().flatten() {
            entry[name] = value.clone();
        }
        self.sim
            .edit(|world| world["okta"]["apps"] = json!([entry]));
        self.folder.write(KEY_FILE, &key.pem);
        owner_only(&self.path(KEY_FILE));
        self.set(OKTA, "/api_token", Value::Null)
            .set(OKTA, "/client_id", json!(APP))
            .set(OKTA, "/private_key_file", json!(KEY_FILE))
            .set(OKTA, "/private_key_id", json!(KEY_ID))
    }

    /// Changes the service app's entry in the world.
    pub(crate) fn edit_app(&self, name: &str, value: Value) -> &Scene {
        self.sim
            .edit(|world| world["okta"]["apps"][0][name] = value);
        self
    }

    /// Sets a variable of the runs' environment; nothing takes it out.
    pub(crate) fn environment(&mut self, name: &str, value: Option<&str>) -> &mut Scene {
        let value = value.map(str::to_owned);
        self.environment.push((name.to_owned(), value));
        self
    }

    pub(crate) fn fault(&self, fault: Value) -> &Scene {
        self.sim.fault(fault);
        self
    }

    /// JSON is YAML too. Files with secrets are for their owner only.
    fn write_file(&self, name: &str) {
        let found = self.files.iter().find(|(file, _)| file == name).unwrap();
        let text = serde_json::to_string_pretty(&found.1).unwrap();
        self.folder.write(name, &text);
        owner_only(&self.path(name));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        let bytes = std::fs::read(self.path(name));
        let bytes = bytes.unwrap_or_else(|error| panic!("{name}: {error}"));
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = support::user_sync(&self.folder, &self.sim, arguments);
        command.env("USER_SYNC_MAX_WAIT", "0.01");
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        Child::start(self.command(arguments))
    }

    /// The same run in a shell that has carried out `prelude`: a limit, a signal to ignore.
    #[cfg(unix)]
    pub(crate) fn start_after(&self, prelude: &str, arguments: &[&str]) -> Child {
        let plain = self.command(arguments);
        let set = |(name, value): (_, Option<_>)| value.map(|value| (name, value));
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!("{prelude}; exec \"$0\" \"$@\""))
            .arg(plain.get_program())
            .args(plain.get_args())
            .current_dir(self.folder.path())
            .env_clear()
            .envs(plain.get_envs().filter_map(set));
        Child::start(command)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.start(arguments).finish()
    }

    pub(crate) fn sync(&self) -> Outcome {
        self.run(&["sync"])
    }

    /// All action requests so far.
    pub(crate) fn actions(&self) -> Vec<Exchange> {
        let mut requests = self.sim.requests();
        requests.retain(|exchange| exchange.target.contains("/action/"));
        requests
    }

    /// Requests of a service whose target holds `part`.
    pub(crate) fn count(&self, service: Service, part: &str) -> usize {
        let requests = self.sim.requests_of(service);
        requests
            .iter()
            .filter(|exchange| exchange.target.contains(part))
            .count()
    }

    pub(crate) fn wrote_nothing(&self) {
        let actions = self.actions().len();
        assert_eq!(actions, 0, "something was sent to Adobe");
    }

    /// Waits until a request arrives whose target holds `part`.
    pub(crate) fn until_asked(&self, part: &str) {
        until(part, || {
            let requests = self.sim.requests();
            requests
                .iter()
                .any(|exchange| exchange.target.contains(part))
        });
    }

    /// The Adobe groups of a person in the primary org; nothing if they are not there.
    pub(crate) fn groups_of(&self, person: &str) -> Option<Vec<String>> {
        groups_in(&self.sim.state(), ORG, person)
    }

    /// The users of the primary org with their groups, as `ann[Creative]`.
    pub(crate) fn adobe(&self) -> String {
        adobe_of(&self.sim.state())
    }

    /// What a run without faults makes of the same company and configuration.
    pub(crate) fn clean_state(company: &str, prepare: impl Fn(&mut Scene)) -> Value {
        let mut scene = Scene::new(company);
        prepare(&mut scene);
        let outcome = scene.sync();
        assert_eq!(outcome.code, Some(0), "{}", outcome.output());
        scene.sim.state()
    }
}

/// A member of an object, or an item of a list.
fn part<'v>(value: &'v mut Value, key: &str) -> &'v mut Value {
    if value.is_array() {
        &mut value[key.parse::<usize>().unwrap()]
    } else {
        &mut value[key]
    }
}

/// The users of the primary org with their groups, as `ann[Creative] …`.
pub(crate) fn adobe_of(state: &Value) -> String {
    let users = state[ORG]["users"].as_array().into_iter().flatten();
    let users = users.map(|user| {
        let name = user["email"].as_str().unwrap_or("").split('@').next();
        let groups = user["groups"].as_array().into_iter().flatten();
        let groups: Vec<&str> = groups.filter_map(Value::as_str).collect();
        format!("{}[{}]", name.unwrap_or(""), groups.join(","))
    });
    users.collect::<Vec<String>>().join(" ")
}

fn groups_in(state: &Value, org: &str, person: &str) -> Option<Vec<String>> {
    let email = address(person);
    let users = state[org]["users"].as_array()?;
    let user = users.iter().find(|user| user["email"] == email)?;
    let groups = user["groups"].as_array()?.iter();
    Some(
        groups
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
    )
}

#[cfg(unix)]
pub(crate) fn owner_only(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[cfg(not(unix))]
pub(crate) fn owner_only(_: &std::path::Path) {}

pub(crate) fn address(person: &str) -> String {
    format!("{person}@example.com")
}

impl Outcome {
    /// The exit code must be that.
    #[track_caller]
    pub(crate) fn exits(&self, code: i32) -> &Outcome {
        assert_eq!(self.code, Some(code), "\n{}", self.output());
        self
    }

    /// Output or log must match that regular expression.
    #[track_caller]
    pub(crate) fn says(&self, pattern: &str) -> &Outcome {
        assert!(
            self.matches(pattern),
            "no {pattern:?} in\n{}",
            self.output()
        );
        self
    }

    #[track_caller]
    pub(crate) fn never_says(&self, pattern: &str) -> &Outcome {
        assert!(!self.matches(pattern), "{pattern:?} in\n{}", self.output());
        self
    }

    fn matches(&self, pattern: &str) -> bool {
        let regex = regex::Regex::new(&format!("(?im){pattern}")).unwrap();
        regex.is_match(&self.output())
    }
}

/// The simulator's world for a company; its lists come in pages of two.
pub(crate) fn world(company: &str) -> Value {
    let mut users = Map::new();
    let mut groups = Vec::new();
    let mut adobe: [Option<Vec<Value>>; 2] = [None, None];
    for line in company
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let (name, people) = line.split_once(':').unwrap();
        let people = people.split_whitespace();
        match name {
            "adobe" => adobe[0] = Some(people.map(adobe_user).collect()),
            "adobe emea" => adobe[1] = Some(people.map(adobe_user).collect()),
            group => {
                let members: Vec<&str> =
                    people.map(|person| okta_user(person, &mut users)).collect();
                groups.push(json!({"name": group, "members": members}));
            }
        }
    }
    let [primary, emea] = adobe;
    let org = |users: Option<Vec<Value>>| {
        json!({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "page_size": 2,
               "users": users.unwrap_or_default(), "groups": ["Creative", "Premiere", "Stock"]})
    };
    let mut orgs = json!({ ORG: org(primary) });
    if let Some(users) = emea {
        orgs[EMEA] = org(Some(users));
        orgs[EMEA]["client_id"] = json!("cid-emea-0002");
    }
    json!({"okta": {"token": OKTA_TOKEN, "groups": groups, "users": users}, "adobe": {"orgs": orgs}})
}

fn okta_user<'t>(person: &'t str, users: &mut Map<String, Value>) -> &'t str {
    let name = person.split(['!', '-']).next().unwrap();
    if users.contains_key(name) {
        return name;
    }
    let email = address(name);
    let mut profile = json!({"firstName": name, "lastName": "Test", "countryCode": "US",
                             "email": email, "login": email});
    if let Some((_, missing)) = person.split_once('-') {
        profile.as_object_mut().unwrap().remove(missing);
    }
    let status = person
        .split_once('!')
        .map_or("ACTIVE", |(_, status)| status);
    users.insert(
        name.to_owned(),
        json!({"status": status, "profile": profile}),
    );
    name
}

fn adobe_user(person: &str) -> Value {
    let (name, groups) = person.split_once('[').unwrap_or((person, "]"));
    let groups = groups.trim_end_matches(']').split(',');
    let groups: Vec<&str> = groups.filter(|group| !group.is_empty()).collect();
    json!({"email": address(name), "type": "federatedID", "firstname": name,
           "lastname": "Test", "country": "US", "groups": groups})
}

fn configuration(sim: &Sim) -> [(&'static str, Value); 3] {
    let main = json!({
        "adobe_users": {"connectors": {"umapi": UMAPI}},
        "directory_users": {
            "user_identity_type": "federatedID",
            "connectors": {"okta": OKTA},
            "groups": [
                {"directory_group": "Design", "adobe_groups": ["Creative"]},
                {"directory_group": "Video", "adobe_groups": ["Premiere"]},
            ],
        },
        "limits": {"max_adobe_only_users": 10},
        "logging": {"console_log_level": "debug"},
        "invocation_defaults": {
            "connector": "okta", "users": "mapped", "process_groups": true,
            "adobe_only_user_action": "remove",
        },
    });
    let okta = json!({"host": sim.okta_host(), "api_token": OKTA_TOKEN,
                      "page_size": 2, "retries": 2, "timeout": 30});
    [(MAIN, main), (OKTA, okta), (UMAPI, connector(sim, ORG))]
}

fn connector(sim: &Sim, org: &str) -> Value {
    let client_id = match org {
        ORG => CLIENT_ID,
        _ => "cid-emea-0002",
    };
    json!({
        "enterprise": {"org_id": org, "client_id": client_id, "client_secret": CLIENT_SECRET},
        "server": {"host": sim.umapi_host(), "auth_host": sim.token_host(), "retries": 2, "timeout": 30},
    })
}

/// Tries every row of a table, a few at a time, and reports all that fail.
pub(crate) fn each<R: Sync>(
    rows: &[R],
    name: impl Fn(&R) -> String + Sync,
    check: impl Fn(&R) + Sync,
) {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let checked =
                        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(row)));
                    if let Err(problem) = checked {
                        let problem = reason(&*problem);
                        failures
                            .lock()
                            .unwrap()
                            .push(format!("== {}: {problem}", name(row)));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    let (bad, all) = (failures.len(), rows.len());
    assert!(
        bad == 0,
        "{bad} of {all} rows fail\n{}",
        failures.join("\n")
    );
}

fn reason(problem: &(dyn std::any::Any + Send)) -> String {
    let text = problem.downcast_ref::<String>().cloned();
    let text = text.or_else(|| {
        problem
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
    });
    text.unwrap_or_else(|| "it panicked".to_owned())
}
