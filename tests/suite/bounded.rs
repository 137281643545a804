//! Nothing hangs (manual/safety.md#tries-and-waits, manual/safety.md#bad-input): proxies and
//! servers that never come to an end, a machine without threads, a keyring that says nothing.
//!
//! What hangs fails by the deadline that all children have; no test looks at a clock.
#![cfg(unix)]

use crate::child::{Child, until};
use crate::scene::{COMPANY, MAIN, OKTA, Scene, UMAPI, each};
use crate::sim::{Service, Sim};
use crate::support;
use serde_json::{Value, json};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const OPEN: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

/// How a proxy goes on behind the head of a CONNECT.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Relay,
    /// A byte of an endless answer now and then.
    Drip,
    Silent,
}

/// A proxy, with TLS or without.
struct Proxy {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// `manner` is given the number of the connection, from 0.
    fn start(
        tls: Option<Arc<rustls::ServerConfig>>,
        manner: impl Fn(usize) -> Manner + Send + 'static,
    ) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let copy = Arc::clone(&heads);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (tls, heads) = (tls.clone(), Arc::clone(&copy));
                let manner = manner(heads.lock().unwrap().len());
                std::thread::spawn(move || match tls {
                    None => serve(client, manner, &heads),
                    Some(tls) => {
                        let session = rustls::ServerConnection::new(tls).unwrap();
                        serve(rustls::StreamOwned::new(session, client), manner, &heads)
                    }
                });
            }
        });
        Proxy { port, heads }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

/// A stream whose reads can be told to give up soon.
trait Stream: Read + Write {
    fn socket(&self) -> &TcpStream;
}

impl Stream for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl Stream for rustls::StreamOwned<rustls::ServerConnection, TcpStream> {
    fn socket(&self) -> &TcpStream {
        &self.sock
    }
}

/// Serves one client until one of the two goes.
fn serve(mut client: impl Stream, manner: Manner, heads: &Mutex<Vec<String>>) -> Option<()> {
    let head = support::read_head(&mut client)?;
    let target = head.split(' ').nth(1)?.to_owned();
    heads.lock().unwrap().push(head);
    match manner {
        Manner::Relay => client.write_all(OPEN).ok()?,
        Manner::Drip => drip(&mut client)?,
        Manner::Silent => {
            client.read_exact(&mut [0]).ok();
            return None;
        }
    }
    let mut server = TcpStream::connect(target).ok()?;
    let pause = Some(Duration::from_millis(5));
    client.socket().set_read_timeout(pause).ok()?;
    server.set_read_timeout(pause).ok()?;
    loop {
        pump(&mut client, &mut server)?;
        pump(&mut server, &mut client)?;
    }
}

/// Bytes of a header without end, until the client goes.
fn drip(client: &mut impl Write) -> Option<()> {
    client.write_all(b"HTTP/1.1 200 OK\r\nX-Slow: ").ok()?;
    loop {
        client.write_all(b"x").ok()?;
        client.flush().ok()?;
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Hands on what is there; nothing once the source has ended.
fn pump(from: &mut impl Read, to: &mut impl Write) -> Option<()> {
    let mut part = [0; 65536];
    match from.read(&mut part) {
        Ok(0) => None,
        Ok(count) => to.write_all(&part[..count]).and_then(|()| to.flush()).ok(),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Some(()),
        Err(_) => None,
    }
}

/// Every connector gives up after a second.
fn impatient(scene: &mut Scene, retries: u32) {
    for (file, key) in [(OKTA, ""), (UMAPI, "/server")] {
        scene.set(file, &format!("{key}/timeout"), json!(1));
        scene.set(file, &format!("{key}/retries"), json!(retries));
    }
}

#[test]
fn a_proxy_that_never_ends_its_answer_is_not_waited_for() {
    let trusted = Sim::start(json!({}));
    for tls in [None, Some(trusted.tls())] {
        for manner in [Manner::Drip, Manner::Silent] {
            let proxy = Proxy::start(tls.clone(), move |_| manner);
            let mut scene = Scene::new(COMPANY);
            impatient(&mut scene, 1);
            let scheme = if tls.is_some() { "https" } else { "http" };
            let ca = trusted.ca_pem().to_string_lossy().into_owned();
            scene.environment("SSL_CERT_FILE", Some(&ca));
            let address = format!("{scheme}://localhost:{}", proxy.port);
            scene.environment("HTTPS_PROXY", Some(&address));
            let named = format!("no connection through the proxy localhost:{}", proxy.port);
            scene
                .sync()
                .exits(1)
                .says(&format!("{named}.*no connection in time"));
            assert_eq!(proxy.heads().len(), 2, "tried again");
            assert_eq!(scene.sim.connections(Service::Okta), 0);
        }
    }
}

#[test]
fn a_proxy_that_stops_answering_in_the_middle_of_writing_ends_the_run_with_5() {
    let mut scene = Scene::new(COMPANY);
    impatient(&mut scene, 1);
    scene.set(OKTA, "/timeout", json!(30));
    // The connection to UMAPI breaks with the first action, and the way to a new one is no way.
    scene.fault(json!({"service": "umapi", "path": "/action/", "close": "executed"}));
    let proxy = Proxy::start(None, |number| match number {
        0..=2 => Manner::Relay,
        _ => Manner::Drip,
    });
    let address = format!("http://localhost:{}", proxy.port);
    scene.environment("HTTPS_PROXY", Some(&address));
    scene
        .sync()
        .exits(5)
        .says("no connection in time")
        .says("Action Summary");
    assert_eq!(proxy.heads().len(), 4);
}

#[test]
fn a_server_that_drips_its_headers_is_not_waited_for() {
    let rows = [
        ("okta", "/users?", 1),
        ("token", "", 1),
        ("umapi", "/users/", 1),
        ("umapi", "/action/", 5),
    ];
    each(
        &rows,
        |row| format!("{row:?}"),
        |(service, path, code)| {
            let mut scene = Scene::new(COMPANY);
            impatient(&mut scene, 0);
            scene.fault(json!({"service": service, "path": path, "drip_head_ms": 100}));
            scene.sync().exits(*code).says("timed out");
        },
    );
}

#[test]
fn a_handshake_that_never_ends_is_not_waited_for() {
    // A record that is announced and comes byte by byte.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                client.write_all(&[22, 3, 3, 0x3f, 0xff, 2]).ok()?;
                drip(&mut client)
            });
        }
    });
    let mut scene = Scene::new(COMPANY);
    impatient(&mut scene, 0);
    scene.set(OKTA, "/host", json!(format!("localhost:{port}")));
    scene
        .sync()
        .exits(1)
        .says("no connection in time|TLS failed");
}

#[test]
fn a_proxys_certificate_is_checked_whatever_the_connectors_say() {
    let stranger = Sim::start(json!({}));
    for (trusted, ssl_verify) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut scene = Scene::new(COMPANY);
        let tls = if trusted {
            scene.sim.tls()
        } else {
            stranger.tls()
        };
        let proxy = Proxy::start(Some(tls), |_| Manner::Relay);
        scene.set(OKTA, "/ssl_verify", json!(ssl_verify));
        scene.set(UMAPI, "/ssl_verify", json!(ssl_verify));
        let address = format!("https://joe:pr0xy-s3cret@localhost:{}", proxy.port);
        scene.environment("HTTPS_PROXY", Some(&address));
        let run = scene.run(&["plan"]);
        if trusted {
            run.exits(0);
            assert_eq!(proxy.heads().len(), 3);
        } else {
            run.exits(1).says("certificate");
            assert_eq!(proxy.heads(), Vec::<String>::new(), "the password went out");
            assert_eq!(scene.sim.connections(Service::Okta), 0);
        }
    }
}

/// Shells do not agree on the letter.
#[cfg(target_os = "linux")]
const NO_THREADS: &str = "{ ulimit -u 1 2>/dev/null || ulimit -p 1; }";

/// A run of somebody who may start no further process or thread; `None` where that cannot be made.
#[cfg(target_os = "linux")]
fn without_threads(scene: &Scene, arguments: &[&str]) -> Option<Child> {
    use std::os::unix::fs::{MetadataExt, chown};
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    if !is_root {
        return Some(scene.start_after(NO_THREADS, arguments));
    }
    // Nobody limits root.
    const NOBODY: u32 = 65534;
    let user = format!("--reuid={NOBODY}");
    let mut tried = std::process::Command::new("setpriv");
    let tried = tried.args([&user, "--clear-groups", "true"]).status();
    if !tried.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no setpriv");
        return None;
    }
    for name in ["", MAIN, OKTA, UMAPI] {
        chown(scene.path(name), Some(NOBODY), None).unwrap();
    }
    let prelude = format!(
        "exec setpriv {user} --clear-groups sh -c '{NO_THREADS} && exec \"$0\" \"$@\"' \"$0\" \"$@\""
    );
    Some(scene.start_after(&prelude, arguments))
}

#[test]
#[cfg(target_os = "linux")]
fn a_machine_that_starts_no_thread_is_good_enough_for_a_run() {
    for arguments in [&["sync"][..], &["plan"], &["check"]] {
        let scene = Scene::new(COMPANY);
        let Some(run) = without_threads(&scene, arguments) else {
            return;
        };
        run.finish().exits(0).never_says("panicked");
    }
    // A host that is not there is told as always.
    let mut scene = Scene::new(COMPANY);
    scene.set(OKTA, "/host", json!("no-such-host.invalid"));
    if let Some(run) = without_threads(&scene, &["sync"]) {
        run.finish()
            .exits(1)
            .says("host not found|cannot be looked up");
    }
}

/// Puts a copy of the main file into its place, as editors and Ansible do.
fn replace_main(scene: &Scene) {
    scene.folder.write("new.yml", &scene.read(MAIN));
    std::fs::rename(scene.path("new.yml"), scene.path(MAIN)).unwrap();
}

/// Three requests to Adobe.
fn many() -> String {
    let names: Vec<String> = (0..25).map(|number| format!("p{number:02}")).collect();
    format!("Design: {}\n Video:\n adobe: p00[Stock]", names.join(" "))
}

#[test]
fn a_run_that_began_with_a_new_main_file_is_the_only_one_that_writes() {
    let scene = Scene::new(&many());
    scene.fault(json!({"service": "okta", "path": "/users?", "delay_ms": 700, "nth": 1}));
    let first = scene.start(&["sync", "--report", "report.json"]);
    scene.until_asked("/users?");
    first.signal("STOP");
    replace_main(&scene);
    scene.fault(json!({"service": "umapi", "path": "/action/", "hang": true, "nth": 1}));
    let second = scene.start(&["sync"]);
    until("the second run to write", || scene.actions().len() == 1);
    first.signal("CONT");
    let holder = format!(
        r"process {} holds the lock on this configuration",
        second.id()
    );
    first.finish().exits(6).says(&holder);
    assert_eq!(scene.actions().len(), 1, "two runs wrote");
    // The report would be that of the other run.
    assert!(!scene.path("report.json").exists());
    second.signal("KILL");
    second.finish();
    scene.sim.clear_faults();
    scene.sync().exits(0);
    assert_eq!(scene.sim.state(), Scene::clean_state(&many(), |_| {}));
}

#[test]
fn a_main_file_that_is_replaced_while_a_run_writes_lets_no_second_one_write() {
    // Nobody has begun with the new file: the run takes its lock too, and goes on.
    let scene = Scene::new(&many());
    scene.fault(json!({"service": "umapi", "path": "/action/", "delay_ms": 700, "nth": 1}));
    scene.fault(json!({"service": "umapi", "path": "/action/", "hang": true, "nth": 2}));
    let first = scene.start(&["sync"]);
    until("the first request", || scene.actions().len() == 1);
    replace_main(&scene);
    until("the second request", || scene.actions().len() == 2);
    scene
        .sync()
        .exits(6)
        .says(&format!("process {}", first.id()));
    first.signal("KILL");
    first.finish();

    // Somebody has: the run writes no further.
    let scene = Scene::new(&many());
    scene.fault(json!({"service": "umapi", "path": "/action/", "delay_ms": 700, "nth": 2}));
    let first = scene.start(&["sync"]);
    until("the second request", || scene.actions().len() == 2);
    replace_main(&scene);
    let other = std::fs::File::open(scene.path(MAIN)).unwrap();
    other.try_lock().unwrap();
    first
        .finish()
        .exits(5)
        .says("writing stopped part-way.*holds the lock")
        .says("Action Summary");
    assert_eq!(scene.actions().len(), 2);
}

#[test]
fn a_plan_is_applied_by_one_run_at_a_time() {
    let scene = Scene::new(&many());
    scene.folder.write("other.yml", &scene.read(MAIN));
    scene.run(&["plan", "--out", "plan.jsonl"]).exits(0);
    scene.fault(json!({"service": "umapi", "path": "/action/", "delay_ms": 700, "nth": 2}));
    let first = scene.start(&["apply", "plan.jsonl"]);
    until("the second request", || scene.actions().len() == 2);
    let busy = format!("plan.jsonl.journal: process {} holds the lock", first.id());
    let second = scene.run(&["apply", "plan.jsonl", "-c", "other.yml"]);
    second.exits(6).says(&busy);
    first.finish().exits(0);
    assert_eq!(scene.actions().len(), 3);
    let second = scene.run(&["apply", "plan.jsonl", "-c", "other.yml"]);
    second.exits(0).says("nothing to do");
    assert_eq!(scene.actions().len(), 3);
}

#[test]
fn a_keyring_that_says_nothing_is_given_up() {
    let mut scene = Scene::new(COMPANY);
    // It takes connections, and that is all.
    let bus = std::os::unix::net::UnixListener::bind(scene.path("bus")).unwrap();
    let address = format!("unix:path={}", scene.path("bus").display());
    scene
        .set(OKTA, "/api_token", Value::Null)
        .set(OKTA, "/secure_api_token_key", json!("okta"))
        .environment("DBUS_SESSION_BUS_ADDRESS", Some(&address));
    let commands: [(&[&str], i32); 4] = [
        (&["sync"], 2),
        (&["check"], 1),
        (&["credential", "get", "okta", "host"], 1),
        (&["credential", "delete", "okta", "host"], 1),
    ];
    // A signal ends the wait, and is told.
    for arguments in [["sync"], ["check"]] {
        let run = scene.start(&arguments);
        let (connection, _) = bus.accept().unwrap();
        run.signal("INT");
        run.finish()
            .exits(130)
            .says("stopped by a signal; nothing was written$")
            .never_says("keyring");
        drop(connection);
    }
    let runs = commands.map(|(arguments, code)| (scene.start(arguments), code));
    for (run, code) in runs {
        let run = run.finish();
        run.exits(code)
            .says("the OS keyring did not answer within 10 s: unlock it.*_file");
    }
    scene.wrote_nothing();
    drop(bus);
}

/// Whatever a path may lead to that never ends, or never begins.
const ENDLESS: [&str; 2] = ["pipe", "/dev/zero"];

fn make_pipe(path: &std::path::Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

/// The environment, or a key of a file, leads a run to `path`.
type Lead = fn(&mut Scene, &str);

#[test]
fn no_input_is_read_without_end() {
    let nothing: Lead = |_, _| {};
    // In place of `PATH` stands what never ends.
    let rows: [(&[&str], Lead); 21] = [
        (&["sync", "-c", "PATH"], nothing),
        (&["plan"], |scene, path| {
            scene.set(MAIN, "/directory_users/connectors/okta", json!(path));
        }),
        (&["plan"], |scene, path| {
            scene.set(MAIN, "/adobe_users/connectors/umapi", json!(path));
        }),
        (&["plan"], |scene, path| {
            scene.set(MAIN, "/directory_users/extension", json!(path));
        }),
        (&["plan"], |scene, path| {
            scene.set(OKTA, "/api_token", Value::Null);
            scene.set(OKTA, "/api_token_file", json!(path));
        }),
        (&["plan"], |scene, path| {
            scene.with_app(json!({}));
            scene.set(OKTA, "/private_key_file", json!(path));
        }),
        (&["plan"], |scene, path| {
            scene.set(UMAPI, "/enterprise/client_secret", Value::Null);
            scene.set(UMAPI, "/enterprise/client_secret_file", json!(path));
        }),
        (&["sync", "--connector", "csv", "PATH"], nothing),
        (&["sync", "--users", "file", "PATH"], nothing),
        (&["sync", "--adobe-only-user-list", "PATH"], nothing),
        (&["apply", "PATH"], nothing),
        (&["show", "PATH"], nothing),
        (&["eval", "--filter", "True", "--user", "PATH"], nothing),
        (&["eval", "--hook", "PATH", "--user", "user.json"], nothing),
        (&["history", "--change-log", "PATH"], nothing),
        (
            &["undo", "last", "--change-log", "PATH", "--out", "p"],
            nothing,
        ),
        (&["plan"], |scene, path| {
            scene.environment("SSL_CERT_FILE", Some(path));
        }),
        (&["plan"], |scene, path| {
            scene.environment("TZ", Some(&scene.path(path).to_string_lossy()));
        }),
        (&["history"], |scene, path| {
            let folder = scene.path(path);
            let (folder, name) = (folder.parent().unwrap(), folder.file_name().unwrap());
            scene.environment("TZ", Some(&name.to_string_lossy()));
            scene.environment("TZDIR", Some(&folder.to_string_lossy()));
        }),
        (&["sync"], |scene, path| {
            scene.set(MAIN, "/logging/change_log", json!(path));
        }),
        (&["apply", "plan.jsonl"], |scene, path| {
            scene.run(&["plan", "--out", "plan.jsonl"]).exits(0);
            scene.sim.clear_log();
            let journal = scene.path("plan.jsonl.journal");
            std::os::unix::fs::symlink(scene.path(path), journal).unwrap();
        }),
    ];
    let rows: Vec<_> = rows
        .iter()
        .flat_map(|row| ENDLESS.map(|path| (path, row)))
        .collect();
    each(
        &rows,
        |(path, (arguments, _))| format!("{path} {arguments:?}"),
        |(path, (arguments, lead))| {
            let mut scene = Scene::new(COMPANY);
            scene.folder.write("user.json", "{}");
            make_pipe(&scene.path("pipe"));
            lead(&mut scene, path);
            let arguments: Vec<&str> = arguments
                .iter()
                .map(|word| if *word == "PATH" { *path } else { *word })
                .collect();
            // An endless file would fill this before the deadline.
            let run = scene.start_after("ulimit -v 600000", &arguments).finish();
            assert!(matches!(run.code, Some(1 | 2)), "{}", run.output());
            run.says("it is no regular file|it is a named pipe");
            scene.wrote_nothing();
        },
    );
}

#[test]
fn no_output_waits_for_a_reader() {
    let rows: [(&[&str], Lead); 6] = [
        (&["sync", "--report", "pipe"], |_, _| {}),
        (&["sync", "--metrics", "pipe"], |_, _| {}),
        (&["plan", "--out", "pipe"], |_, _| {}),
        (&["sync"], |scene, path| {
            scene.option("adobe_only_user_action", json!(["write-file", path]));
        }),
        (&["sync"], |scene, path| {
            scene.set(MAIN, "/logging/log_to_file", json!(true));
            scene.set(MAIN, "/logging/file_log_directory", json!("."));
            scene.set(MAIN, "/logging/file_log_name_format", json!(path));
        }),
        (&["sync"], |scene, path| {
            scene.set(MAIN, "/logging/change_log", json!(path));
        }),
    ];
    each(
        &rows,
        |(arguments, _)| format!("{arguments:?}"),
        |(arguments, lead)| {
            let mut scene = Scene::new(COMPANY);
            make_pipe(&scene.path("pipe"));
            lead(&mut scene, "pipe");
            let run = scene.run(arguments);
            assert_ne!(run.code, Some(0), "{}", run.output());
            run.says("it is a named pipe");
        },
    );
}

#[test]
fn a_session_that_ends_in_mid_list_is_told_as_such() {
    let scene = Scene::new(COMPANY);
    let body = json!({"errorCode": "E0000005", "errorSummary": "Invalid session"});
    scene.fault(
        json!({"service": "okta", "path": "/users?", "nth": 2, "status": 403, "body": body}),
    );
    scene
        .sync()
        .exits(1)
        .says(r"403 Forbidden, E0000005 Invalid session: Okta ended the session: .*make a new one")
        .never_says("may not read groups");
    scene.wrote_nothing();
}

#[test]
fn check_tells_that_users_may_not_be_read() {
    let mut scene = Scene::new(COMPANY);
    scene.fault(json!({"service": "umapi", "path": "/users/", "status": 403}));
    let run = scene.run(&["check"]);
    run.exits(1)
        .says("^FAIL  users of the primary org: .*403 Forbidden: ");
    scene.sim.clear_faults();
    scene.fault(json!({"service": "okta", "path": "/users?", "status": 403}));
    let run = scene.run(&["check"]);
    run.exits(1)
        .says("^FAIL  directory group .*403 Forbidden: ");
    // With push nobody reads them.
    scene.option("strategy", json!("push"));
    scene.sim.clear_faults();
    scene.fault(json!({"service": "umapi", "path": "/users/", "status": 403}));
    scene.run(&["check"]).exits(0);
}

#[test]
fn what_hooks_keep_over_all_users_counts_against_a_total() {
    let names: Vec<String> = (0..40).map(|number| format!("p{number:02}")).collect();
    let mut scene = Scene::new(&format!("Design: {}\n Video:\n adobe:", names.join(" ")));
    // Each user alone is well within the limits.
    scene
        .hook("hook_storage = (hook_storage or []) + ['x' * 20000000 + source_attributes['id']]\n");
    let run = scene.start_after("ulimit -v 1048576", &["sync"]).finish();
    run.exits(1)
        .says("after_mapping_hook.*kept for the next user");
    scene.wrote_nothing();
}

#[test]
fn known_members_on_ever_new_pages_end_the_run() {
    // Somebody who is known and nobody take turns, and no cursor comes twice.
    let mut scene = Scene::new("Design: ann\n Video:\n adobe:");
    scene.set(MAIN, "/logging/console_log_level", json!("info"));
    scene.fault(json!({"service": "okta", "path": "/users?", "link": "endless", "every": 2}));
    scene.fault(json!({"service": "okta", "path": "/users?", "link": "endless_same"}));
    scene
        .sync()
        .exits(1)
        .says("1000 pages in a row brought nothing new");
    scene.wrote_nothing();
}
