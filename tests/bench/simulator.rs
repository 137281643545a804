//! The simulator by itself, and the requests that it has logged.

use serde::Deserialize;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A simulator in its own process, so that its CPU time does not count. Its
/// standard input is held open; it ends when that closes.
pub(crate) struct Simulator {
    child: Child,
    log: PathBuf,
    /// `NAME=VALUE` for the hosts and the certificate file.
    addresses: Vec<(String, String)>,
    read_so_far: u64,
}

/// One request as the simulator logs it.
#[derive(Deserialize)]
pub(crate) struct Request {
    pub(crate) service: String,
    pub(crate) connection: usize,
    pub(crate) method: String,
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
}

impl Simulator {
    /// Starts with so many generated people; files go to `dir`.
    pub(crate) fn start(people: usize, dir: &Path) -> Result<Simulator, String> {
        let log = dir.join("requests.jsonl");
        let mut command = Command::new(program()?);
        command
            .args(["--generate", &people.to_string(), "--dir"])
            .arg(dir)
            .arg("--log")
            .arg(&log);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|problem| format!("{command:?}: {problem}"))?;
        let out = child.stdout.take().ok_or("no pipe")?;
        let lines = BufReader::new(out).lines().take(4).map_while(Result::ok);
        let pairs = lines.filter_map(|line| {
            let (name, value) = line.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        });
        let addresses: Vec<_> = pairs.collect();
        if addresses.len() < 4 {
            return Err("the simulator did not start".to_owned());
        }
        Ok(Simulator {
            child,
            log,
            addresses,
            read_so_far: 0,
        })
    }

    /// One of `OKTA_HOST`, `UMAPI_HOST`, `TOKEN_HOST`, `SSL_CERT_FILE`.
    pub(crate) fn address(&self, name: &str) -> &str {
        let found = self.addresses.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value)
    }

    /// The requests since the last call.
    pub(crate) fn new_requests(&mut self) -> Result<Vec<Request>, String> {
        let problem = |problem: std::io::Error| format!("{}: {problem}", self.log.display());
        let mut file = File::open(&self.log).map_err(problem)?;
        file.seek(SeekFrom::Start(self.read_so_far))
            .map_err(problem)?;
        let mut requests = Vec::new();
        for line in BufReader::new(file).lines() {
            let line = line.map_err(problem)?;
            self.read_so_far += line.len() as u64 + 1;
            requests.push(serde_json::from_str(&line).map_err(|problem| problem.to_string())?);
        }
        Ok(requests)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().ok();
    }
}

/// The simulator's program lies beside this one.
fn program() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|problem| problem.to_string())?;
    let path = own.with_file_name("sim");
    if path.exists() {
        Ok(path)
    } else {
        Err(format!("{} is missing: use `make bench`", path.display()))
    }
}
