//! What the tests share: a fresh folder, a run of the real binary, and a plain
//! HTTPS client for asking the simulator itself.

use crate::sim::Sim;
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

/// A run that takes longer hangs; far more than any takes on a busy machine.
const LONGEST_RUN: Duration = Duration::from_secs(600);

/// A folder of its own, removed when dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("user-sync-test-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    // Not every test file writes its own.
    #[allow(dead_code)]
    pub(crate) fn write(&self, name: &str, content: &str) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Every file, with its path inside the folder, sorted.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        collect(&self.0, &mut |path| {
            let name = path
                .strip_prefix(&self.0)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            found.push((name, std::fs::read(path).unwrap()));
        });
        found.sort();
        found
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Left behind at worst: a few files in the temporary folder.
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn collect(folder: &Path, found: &mut dyn FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else {
            found(&path);
        }
    }
}

/// What a run of the binary left.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Nothing if it was ended by a signal, or for running too long.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// Both streams; the error that ends a run may stand on both, and is here once.
    pub(crate) fn output(&self) -> String {
        // Without the time: a second may have passed.
        let text = |line: &str| line.get(19..).unwrap_or(line).to_owned();
        let said: Vec<String> = self.stdout.lines().map(text).collect();
        let repeated = |line: &str| line.contains(" CRITICAL ") && said.contains(&text(line));
        let stderr = self.stderr.split_inclusive('\n');
        let rest: String = stderr.filter(|line| !repeated(line.trim_end())).collect();
        format!("{}{rest}", self.stdout)
    }
}

/// The binary in `folder`, with nothing from the environment of the tests but
/// the path: no proxies, no other roots.
pub(crate) fn user_sync(folder: &Folder, sim: &Sim, arguments: &[&str]) -> Command {
    let mut command = Command::new(under_test());
    command
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder.path())
        .env("SSL_CERT_FILE", sim.ca_pem())
        .env("USER_SYNC_MAX_WAIT", "0.05");
    command
}

/// The file that cargo built, or another one that is to pass the same tests.
fn under_test() -> PathBuf {
    let other = std::env::var_os("USER_SYNC_UNDER_TEST").map(PathBuf::from);
    other.unwrap_or_else(|| env!("CARGO_BIN_EXE_user-sync").into())
}

/// Runs to the end; a run that hangs is killed and has no exit code.
pub(crate) fn run(mut command: Command) -> Outcome {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child: Child = command.spawn().unwrap();
    let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (ended, both) = mpsc::channel();
    let readers = [
        (Box::new(stdout) as Box<dyn Read + Send>, ended.clone()),
        (Box::new(stderr), ended),
    ];
    let readers = readers.map(|(mut stream, ended)| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).ok();
            ended.send(()).ok();
            String::from_utf8_lossy(&bytes).into_owned()
        })
    });
    for _ in 0..2 {
        if both.recv_timeout(LONGEST_RUN).is_err() {
            child.kill().ok();
        }
    }
    let [stdout, stderr] = readers.map(|reader| reader.join().unwrap());
    let status = child.wait().unwrap();
    Outcome {
        code: status.code(),
        stdout,
        stderr,
    }
}

/// A client that trusts the simulator and takes every status as an answer.
pub(crate) struct Client(ureq::Agent);

/// Status, headers and body of an answer.
pub(crate) type Response = ureq::http::Response<ureq::Body>;

impl Client {
    pub(crate) fn new(sim: &Sim) -> Client {
        let pem = std::fs::read(sim.ca_pem()).unwrap();
        let root = ureq::tls::Certificate::from_pem(&pem).unwrap();
        let tls = ureq::tls::TlsConfig::builder()
            .root_certs(ureq::tls::RootCerts::new_with_certs(&[root]))
            .build();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(20)))
            .build();
        Client(config.into())
    }

    pub(crate) fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Response, ureq::Error> {
        let request = self.0.get(url);
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        request.call()
    }

    pub(crate) fn post(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Response, ureq::Error> {
        let request = self.0.post(url);
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        request.send(body)
    }
}

/// The body of an answer as JSON.
pub(crate) fn json(mut response: Response) -> Value {
    let text = response.body_mut().read_to_string().unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The head of a request, which a stand-in for a server or a proxy reads; `None`: the client has
/// gone.
pub(crate) fn read_head(client: &mut impl Read) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).ok()?;
        head.extend(byte);
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
