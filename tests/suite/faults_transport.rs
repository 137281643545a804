//! Connections: redirects, certificates, proxies, sizes (manual/safety.md#transport).

use crate::child::until;
use crate::scene::{COMPANY, OKTA, OKTA_TOKEN, Scene, UMAPI, each};
use crate::sim::{Service, Sim};
use crate::support;
use serde_json::json;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

#[test]
fn redirects_are_never_followed() {
    for (service, path) in [
        ("okta", "/api/v1/groups"),
        ("umapi", "/users/"),
        ("token", ""),
        ("umapi", "/action/"),
    ] {
        for status in [301, 302, 303, 307, 308] {
            // Whatever asks there would show in the log of another simulator.
            let elsewhere = Sim::start(json!({}));
            let scene = Scene::new(COMPANY);
            let location = format!("https://{}/api/v1/groups", elsewhere.okta_host());
            scene.fault(json!({"service": service, "path": path, "status": status, "headers": {"Location": location}}));
            scene.sync().exits(1).says(&format!("{status}"));
            assert_eq!(
                elsewhere.connections(Service::Okta),
                0,
                "{service} {status}"
            );
        }
    }
}

#[test]
fn one_connection_per_host_is_reused() {
    let mut scene = Scene::new(COMPANY);
    scene.set(OKTA, "/page_size", json!(1));
    scene.sync().exits(0);
    assert!(scene.count(Service::Okta, "") > 5);
    for service in [Service::Okta, Service::Umapi, Service::Token] {
        assert_eq!(scene.sim.connections(service), 1, "{service:?}");
    }
}

#[test]
fn a_certificate_of_another_authority_is_refused_at_once() {
    let other = Sim::start(json!({}));
    let other = other.ca_pem().to_string_lossy().into_owned();
    // The other authority, and none: then Mozilla's roots hold.
    for roots in [Some(other.as_str()), None] {
        let mut scene = Scene::new(COMPANY);
        scene.environment("SSL_CERT_FILE", roots);
        scene
            .sync()
            .exits(1)
            .says("certificate")
            .says("SSL_CERT_FILE");
        assert_eq!(scene.sim.requests().len(), 0);
        assert_eq!(scene.sim.connections(Service::Okta), 1, "no second try");
    }
}

#[test]
fn ssl_cert_file_wins_over_requests_ca_bundle_and_either_will_do() {
    let mut scene = Scene::new(COMPANY);
    let good = scene.sim.ca_pem().to_string_lossy().into_owned();
    scene.environment("REQUESTS_CA_BUNDLE", Some("no-such.pem"));
    scene.run(&["plan"]).exits(0);
    scene.environment("SSL_CERT_FILE", None);
    scene.environment("REQUESTS_CA_BUNDLE", Some(&good));
    scene.run(&["plan"]).exits(0);
}

#[test]
fn a_file_of_roots_that_is_missing_or_holds_no_certificate_is_an_error() {
    for variable in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"] {
        for content in [
            None,
            Some(""),
            Some("no certificate"),
            Some("-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n"),
        ] {
            let mut scene = Scene::new(COMPANY);
            if let Some(content) = content {
                scene.folder.write("roots.pem", content);
            }
            scene.environment("SSL_CERT_FILE", None);
            scene.environment(variable, Some("roots.pem"));
            scene.sync().exits(2).says(variable).says("roots.pem");
            assert_eq!(scene.sim.connections(Service::Okta), 0);
        }
    }
}

#[test]
fn ssl_verify_false_works_per_connector_and_is_warned_of_in_each_run() {
    let mut scene = Scene::new(COMPANY);
    scene.environment("SSL_CERT_FILE", None);
    scene.set(OKTA, "/ssl_verify", json!(false));
    // Adobe's certificate is still checked.
    scene
        .sync()
        .exits(1)
        .says("certificate")
        .says("WARNING .*ssl_verify");
    assert!(scene.count(Service::Okta, "/users") > 0);
    assert_eq!(scene.sim.requests_of(Service::Token).len(), 0);
    scene.set(UMAPI, "/ssl_verify", json!(false));
    for arguments in [["plan"], ["sync"]] {
        let outcome = scene.run(&arguments);
        outcome.exits(0);
        for file in [OKTA, UMAPI] {
            outcome.says(&format!(
                "WARNING .*{file}.*ssl_verify|WARNING .*ssl_verify.*{file}"
            ));
        }
    }
}

/// Reads what a client says first, and answers with a TLS 1.1 hello.
fn tls_1_1_server() -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("localhost:{}", listener.local_addr().unwrap().port());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let copy = Arc::clone(&heard);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut part = [0; 4096];
            let count = stream.read(&mut part).unwrap_or(0);
            copy.lock().unwrap().extend_from_slice(&part[..count]);
            // ServerHello: version 3.2, random, no session, TLS_RSA_WITH_AES_128_CBC_SHA.
            let mut hello = vec![22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
            hello.extend([7; 32]);
            hello.extend([0, 0, 0x2f, 0]);
            stream.write_all(&hello).ok();
            // The client's alert, if it sends one, and its end.
            while stream.read(&mut part).is_ok_and(|count| count > 0) {}
        }
    });
    (host, heard)
}

#[test]
fn tls_older_than_1_2_is_refused() {
    let (host, heard) = tls_1_1_server();
    let mut scene = Scene::new(COMPANY);
    scene.set(OKTA, "/host", json!(host));
    scene.sync().exits(1).says("TLS|protocol|version");
    let heard = heard.lock().unwrap();
    assert_eq!(heard[0], 22, "a TLS handshake, and nothing in plain text");
    // The extension supported_versions (43) offers 1.3 and 1.2 and nothing older.
    let offers = heard.windows(9).find(|bytes| bytes[..2] == [0, 43]);
    assert_eq!(offers, Some(&[0, 43, 0, 5, 4, 3, 4, 3, 3][..]));
    assert!(!String::from_utf8_lossy(&heard).contains(OKTA_TOKEN));
}

/// A proxy that knows CONNECT, and leads every connection to where it is asked, or to `detour`.
struct Proxy {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start(answer: &'static str, detour: Option<String>) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let copy = Arc::clone(&heads);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                let (heads, detour) = (Arc::clone(&copy), detour.clone());
                std::thread::spawn(move || relay(client, answer, detour, &heads));
            }
        });
        Proxy { port, heads }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    fn url(&self, credentials: &str) -> String {
        format!("http://{credentials}localhost:{}", self.port)
    }
}

fn relay(
    mut client: TcpStream,
    answer: &str,
    detour: Option<String>,
    heads: &Mutex<Vec<String>>,
) -> Option<()> {
    let head = support::read_head(&mut client)?;
    let target = head.split(' ').nth(1)?.to_owned();
    heads.lock().unwrap().push(head);
    client.write_all(answer.as_bytes()).ok()?;
    if !answer.contains(" 200 ") {
        return None;
    }
    let server = TcpStream::connect(detour.unwrap_or(target)).ok()?;
    let (mut from_client, mut to_server) = (client.try_clone().ok()?, server.try_clone().ok()?);
    std::thread::spawn(move || {
        std::io::copy(&mut from_client, &mut to_server).ok();
        to_server.shutdown(std::net::Shutdown::Both).ok();
    });
    let mut server = server;
    std::io::copy(&mut server, &mut client).ok();
    client.shutdown(std::net::Shutdown::Both).ok();
    None
}

const OPEN: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

#[test]
fn proxies_are_honoured_in_their_order_and_lower_case_too() {
    let proxy = Proxy::start(OPEN, None);
    let nobody = "http://localhost:1";
    let rows: [&[(&str, &str)]; 5] = [
        &[("HTTPS_PROXY", &proxy.url("")), ("ALL_PROXY", nobody)],
        &[("https_proxy", &proxy.url("")), ("all_proxy", nobody)],
        &[("ALL_PROXY", &proxy.url(""))],
        &[("all_proxy", &proxy.url(""))],
        &[
            ("HTTPS_PROXY", &proxy.url("")),
            ("NO_PROXY", "example.com,10.0.0.0/8"),
        ],
    ];
    for variables in rows {
        let mut scene = Scene::new(COMPANY);
        for (name, value) in variables {
            scene.environment(name, Some(value));
        }
        let before = proxy.heads().len();
        scene.run(&["plan"]).exits(0);
        let heads = proxy.heads().split_off(before);
        let okta = format!("CONNECT {} HTTP/1.1", scene.sim.okta_host());
        assert!(
            heads.iter().any(|head| head.starts_with(&okta)),
            "{variables:?} {heads:?}"
        );
        assert_eq!(heads.len(), 3, "one connection per host: {heads:?}");
        assert!(
            heads
                .iter()
                .all(|head| head.starts_with("CONNECT localhost:"))
        );
        assert!(heads.iter().all(|head| !head.contains(OKTA_TOKEN)));
    }
}

#[test]
fn no_proxy_names_hosts_that_are_reached_directly() {
    let proxy = Proxy::start(OPEN, None);
    for (name, value) in [
        ("NO_PROXY", "localhost"),
        ("no_proxy", "example.com, localhost"),
        ("NO_PROXY", "*"),
    ] {
        let mut scene = Scene::new(COMPANY);
        scene.environment("HTTPS_PROXY", Some(&proxy.url("")));
        scene.environment(name, Some(value));
        scene.run(&["plan"]).exits(0);
        assert_eq!(proxy.heads(), Vec::<String>::new(), "{name}={value}");
    }
}

#[test]
fn a_proxy_value_that_cannot_be_parsed_is_never_a_direct_connection() {
    let values = [
        "socks5://localhost:1080",
        "http://",
        "http://local host:80",
        "http://a:b@c:d",
        "https://x:99999",
        "://",
        "ftp://p:21",
    ];
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        for value in values {
            let mut scene = Scene::new(COMPANY);
            scene.environment(name, Some(value));
            scene.sync().exits(2).says(name);
            for service in [Service::Okta, Service::Umapi, Service::Token] {
                assert_eq!(scene.sim.connections(service), 0, "{name}={value}");
            }
        }
    }
}

#[test]
fn a_proxy_gets_its_password_and_nobody_sees_it() {
    let proxy = Proxy::start(OPEN, None);
    let mut scene = Scene::new(COMPANY);
    scene.environment("HTTPS_PROXY", Some(&proxy.url("joe:pr%40xy-s3cret@")));
    let outcome = scene.sync();
    outcome.exits(0);
    // Basic joe:pr@xy-s3cret
    let basic = "Basic am9lOnByQHh5LXMzY3JldA==";
    let heads = proxy.heads();
    assert!(heads.iter().all(|head| head.contains(basic)), "{heads:?}");
    for form in ["pr@xy-s3cret", "pr%40xy-s3cret", "am9lOnByQHh5LXMzY3JldA"] {
        outcome.never_says(&regex::escape(form));
    }
}

#[test]
fn a_proxy_that_refuses_ends_the_run_without_showing_its_password() {
    for (answer, pattern) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\nX-Echo: pr0xy-s3cret\r\nContent-Length: 0\r\n\r\n",
            "no connection through the proxy localhost:\\d+,.* 407",
        ),
        (
            "HTTP/1.1 403 Forbidden pr0xy-s3cret\r\nContent-Length: 0\r\n\r\n",
            "proxy",
        ),
        ("nonsense\r\n\r\n", "proxy|HTTP"),
    ] {
        let proxy = Proxy::start(answer, None);
        let mut scene = Scene::new(COMPANY);
        scene.environment("HTTPS_PROXY", Some(&proxy.url("joe:pr0xy-s3cret@")));
        scene
            .sync()
            .exits(1)
            .says(pattern)
            .never_says("pr0xy-s3cret");
        assert_eq!(scene.sim.connections(Service::Okta), 0);
    }
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    // The proxy leads to the simulator, whose certificate is for localhost only.
    let mut scene = Scene::new(COMPANY);
    let proxy = Proxy::start(OPEN, Some(scene.sim.okta_host()));
    scene.environment("HTTPS_PROXY", Some(&proxy.url("")));
    scene.set(OKTA, "/host", json!("tenant.okta.example"));
    scene.sync().exits(1).says("certificate");
    assert!(proxy.heads()[0].starts_with("CONNECT tenant.okta.example:443 "));
    assert_eq!(
        scene.sim.requests().len(),
        0,
        "the token went to a host that is not the one"
    );
}

#[test]
fn bodies_and_headers_beyond_the_limits_end_the_run() {
    let bodies = [
        ("okta", "/users?"),
        ("umapi", "/users/"),
        ("token", ""),
        ("umapi", "/action/"),
    ];
    let mut rows = Vec::new();
    for (service, path) in bodies {
        // More than 64 MiB as they are, and as a small body of gzip.
        rows.push((service, path, json!({"huge_body": 65 * 1024 * 1024}), false));
        rows.push((service, path, json!({"huge_body": 70 * 1024 * 1024}), true));
        rows.push((service, path, json!({"oversized_header": 200_000}), false));
    }
    each(
        &rows,
        |(service, path, effect, gzip)| format!("{service} {path} {effect} gzip {gzip}"),
        |(service, path, effect, gzip)| {
            let mut world = crate::scene::world(COMPANY);
            world["http"] = json!({ "gzip": gzip });
            let scene = Scene::of_world(world);
            let mut fault = effect.clone();
            fault["service"] = json!(service);
            fault["path"] = json!(path);
            scene.fault(fault);
            let outcome = scene.sync();
            match *path {
                "/action/" => drop(outcome.exits(5)),
                _ => {
                    outcome.exits(1);
                    scene.wrote_nothing();
                }
            }
            outcome.says("64 MiB|header");
        },
    );
}

#[test]
fn a_body_of_just_64_mib_is_not_too_large() {
    // It is no list either, which is another error.
    let scene = Scene::new(COMPANY);
    let most = 64 * 1024 * 1024 - 2;
    scene.fault(json!({"service": "okta", "path": "/users?", "huge_body": most}));
    scene
        .sync()
        .exits(1)
        .says("answer cannot be used")
        .never_says("64 MiB");
    scene.sim.clear_faults();
    scene.fault(json!({"service": "okta", "path": "/users?", "huge_body": most + 1}));
    scene.sync().exits(1).says("larger than 64 MiB");
}

#[test]
fn gzip_is_accepted_of_every_server() {
    let scene = Scene::new(COMPANY);
    scene.sync().exits(0);
    for exchange in scene.sim.requests() {
        let accepted = exchange.header("accept-encoding").unwrap_or_default();
        assert!(accepted.contains("gzip"), "{}", exchange.target);
    }
}

#[test]
fn a_server_that_drips_is_not_waited_for_longer_than_configured() {
    // Each byte comes soon enough; all of them together do not.
    let rows = [
        ("okta", "/users?"),
        ("umapi", "/users/"),
        ("token", ""),
        ("umapi", "/action/"),
    ];
    each(
        &rows,
        |row| format!("{row:?}"),
        |(service, path)| {
            let mut scene = Scene::new(COMPANY);
            for (file, key) in [(OKTA, ""), (UMAPI, "/server")] {
                scene.set(file, &format!("{key}/timeout"), json!(1));
                scene.set(file, &format!("{key}/retries"), json!(1));
            }
            scene.fault(json!({"service": service, "path": path, "drip_ms": 100}));
            let start = std::time::Instant::now();
            scene
                .sync()
                .exits(if *path == "/action/" { 5 } else { 1 })
                .says("timed out");
            assert!(start.elapsed().as_secs() < 8, "{:?}", start.elapsed());
        },
    );
}

#[test]
fn connecting_takes_ten_seconds_at_most_and_the_configured_time_if_that_is_less() {
    // Nobody answers on a listener whose queue is full; its handshake never ends.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("localhost:{}", silent.local_addr().unwrap().port());
    let mut scene = Scene::new(COMPANY);
    scene.set(OKTA, "/host", json!(host));
    scene.set(OKTA, "/timeout", json!(1));
    scene.set(OKTA, "/retries", json!(0));
    let start = std::time::Instant::now();
    scene.sync().exits(1).says("time|connection");
    assert!(start.elapsed().as_secs() < 8);
    until("the listener to be asked", || silent.accept().is_ok());
}

#[test]
#[cfg(target_os = "linux")]
fn no_answer_takes_more_memory_than_the_limit_on_bodies_allows() {
    let mut world = crate::scene::world(COMPANY);
    world["http"] = json!({"gzip": true});
    let scene = Scene::of_world(world);
    // Read to its end, this would need more than the process may have.
    scene.fault(json!({"service": "okta", "path": "/users?", "huge_body": 200 * 1024 * 1024}));
    let limit = "ulimit -v 307200";
    let run = scene.start_after(limit, &["sync"]);
    run.finish().exits(1).says("64 MiB");
    // The same memory is enough for a usual run.
    scene.sim.clear_faults();
    let run = scene.start_after(limit, &["sync"]);
    run.finish().exits(0);
}
