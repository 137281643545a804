//! Listeners, connections, the log of requests, and stopping.
//! Knows which service answers, not what it says.

use super::adobe::Adobe;
use super::faults::{Close, Effect, Faults};
use super::http::{self, Answer, Reader, Request, Travel, Wire};
use super::okta::Tenant;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Who answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Okta,
    Umapi,
    Token,
}

impl Service {
    const ALL: [Service; 3] = [Service::Okta, Service::Umapi, Service::Token];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Service::Okta => "okta",
            Service::Umapi => "umapi",
            Service::Token => "token",
        }
    }
}

/// One request and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Who answered: the token path counts as `Token` on UMAPI's port too.
    pub(crate) service: Service,
    /// Number of the connection, over all services.
    pub(crate) connection: usize,
    pub(crate) method: String,
    /// Path and query as sent.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The status answered; nothing if none was.
    pub(crate) status: Option<u16>,
    /// Time since the simulator's start.
    pub(crate) at: Duration,
}

impl Exchange {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null if it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    fn line(&self) -> String {
        json!({
            "service": self.service.name(), "connection": self.connection,
            "method": self.method, "target": self.target,
            "headers": self.headers, "body": String::from_utf8_lossy(&self.body),
            "status": self.status, "at": self.at.as_secs_f64(),
        })
        .to_string()
    }
}

/// Everything that requests read and change.
pub(super) struct State {
    pub(super) tenant: Tenant,
    pub(super) adobe: Adobe,
    pub(super) faults: Faults,
    pub(super) log: Vec<Exchange>,
    pub(super) violations: Vec<String>,
    travel: Travel,
    world: Value,
    log_file: Option<File>,
    accepted: Vec<Service>,
}

impl State {
    pub(super) fn new(world: &Value, log_file: Option<File>) -> State {
        let mut faults = Faults::default();
        for fault in world["faults"].as_array().into_iter().flatten() {
            faults.add(fault);
        }
        State {
            tenant: Tenant::of(&world["okta"]),
            adobe: Adobe::of(&world["adobe"]),
            faults,
            log: Vec::new(),
            violations: Vec::new(),
            travel: Travel::of(&world["http"]),
            world: world.clone(),
            log_file,
            accepted: Vec::new(),
        }
    }

    pub(super) fn connections(&self, service: Service) -> usize {
        self.accepted
            .iter()
            .filter(|port| **port == service)
            .count()
    }

    pub(super) fn world(&self) -> Value {
        let mut world = self.world.clone();
        world["adobe"] = self.adobe.world();
        world
    }

    pub(super) fn set_world(&mut self, world: &Value) {
        self.tenant.set_world(&world["okta"]);
        self.adobe.set_world(&world["adobe"]);
        self.travel = Travel::of(&world["http"]);
        self.world = world.clone();
    }

    fn answer(&mut self, service: Service, request: &Request, host: &str) -> Answer {
        let answer = match service {
            Service::Okta => self.tenant.answer(request, host, &mut self.violations),
            Service::Token => self.adobe.token(request, &mut self.violations),
            Service::Umapi => self.adobe.answer(request, &mut self.violations),
        };
        let ahead = match service {
            Service::Okta => self.tenant.oauth.clock,
            Service::Token | Service::Umapi => 0,
        };
        let answer = answer.with("Date", http::date_in(ahead));
        match request.header("x-request-id") {
            Some(id) if service != Service::Okta => answer.with("X-Request-Id", id),
            _ => answer,
        }
    }
}

/// The bound ports, before anything is served on them.
pub(super) struct Listeners([TcpListener; 3]);

impl Listeners {
    pub(super) fn bind(ports: [u16; 3]) -> Listeners {
        Listeners(ports.map(|port| {
            TcpListener::bind(("127.0.0.1", port))
                .unwrap_or_else(|error| panic!("cannot listen on port {port}: {error}"))
        }))
    }

    pub(super) fn host(&self, service: Service) -> String {
        let address = self.0[service as usize].local_addr().unwrap();
        format!("localhost:{}", address.port())
    }
}

struct Shared {
    state: Mutex<State>,
    stopped: Mutex<bool>,
    stopping: Condvar,
    streams: Mutex<HashMap<usize, TcpStream>>,
    workers: Mutex<Vec<JoinHandle<()>>>,
    tls: Arc<rustls::ServerConfig>,
    hosts: [String; 3],
    started: Instant,
}

impl Shared {
    /// Waits, but not longer than the simulator lives.
    fn wait(&self, time: Duration) {
        let stopped = lock(&self.stopped);
        drop(
            self.stopping
                .wait_timeout_while(stopped, time, |stopped| !*stopped),
        );
    }
}

/// A panic in one connection must not hide behind poisoned locks elsewhere.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The three services at work.
pub(super) struct Server {
    shared: Arc<Shared>,
    addresses: Vec<SocketAddr>,
    acceptors: Vec<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(
        listeners: Listeners,
        tls: Arc<rustls::ServerConfig>,
        state: State,
    ) -> Server {
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            stopped: Mutex::new(false),
            stopping: Condvar::new(),
            streams: Mutex::new(HashMap::new()),
            workers: Mutex::new(Vec::new()),
            tls,
            hosts: Service::ALL.map(|service| listeners.host(service)),
            started: Instant::now(),
        });
        let addresses = listeners.0.iter().map(|port| port.local_addr().unwrap());
        let addresses = addresses.collect();
        let acceptors = Service::ALL.into_iter().zip(listeners.0);
        let acceptors = acceptors.map(|(service, listener)| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || accept(service, &listener, &shared))
        });
        Server {
            acceptors: acceptors.collect(),
            addresses,
            shared,
        }
    }

    pub(super) fn host(&self, service: Service) -> String {
        self.shared.hosts[service as usize].clone()
    }

    pub(super) fn tls(&self) -> Arc<rustls::ServerConfig> {
        Arc::clone(&self.shared.tls)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared.state)
    }

    /// Closes all connections and waits for every thread to end.
    pub(super) fn stop(&mut self) {
        *lock(&self.shared.stopped) = true;
        self.shared.stopping.notify_all();
        for address in &self.addresses {
            // Wakes the acceptor; if that fails it is awake already.
            TcpStream::connect(address).ok();
        }
        for acceptor in self.acceptors.drain(..) {
            acceptor.join().ok();
        }
        for stream in lock(&self.shared.streams).values() {
            stream.shutdown(Shutdown::Both).ok();
        }
        let workers = std::mem::take(&mut *lock(&self.shared.workers));
        for worker in workers {
            worker.join().ok();
        }
    }
}

fn accept(port: Service, listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if *lock(&shared.stopped) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let number = {
            let mut state = lock(&shared.state);
            state.accepted.push(port);
            state.accepted.len()
        };
        stream.set_nodelay(true).ok();
        if let Ok(copy) = stream.try_clone() {
            lock(&shared.streams).insert(number, copy);
        }
        let connection = Connection {
            port,
            number,
            shared: Arc::clone(shared),
        };
        let worker = std::thread::spawn(move || connection.serve(stream));
        let mut workers = lock(&shared.workers);
        workers.retain(|worker| !worker.is_finished());
        workers.push(worker);
    }
}

type Stream = rustls::StreamOwned<rustls::ServerConnection, TcpStream>;

/// What remains of a connection after an answer.
enum After {
    Keep,
    Close,
    /// No TLS goodbye: the client sees a broken connection.
    Break,
}

struct Connection {
    port: Service,
    number: usize,
    shared: Arc<Shared>,
}

impl Connection {
    fn serve(&self, socket: TcpStream) {
        let session = rustls::ServerConnection::new(Arc::clone(&self.shared.tls)).unwrap();
        let mut stream = Stream::new(session, socket);
        let mut reader = Reader::default();
        // A client that breaks off is no error of the simulator's.
        while let Ok(Some(request)) = reader.next(&mut stream) {
            match self.exchange(&request, &mut stream) {
                Ok(After::Keep) => {}
                Ok(After::Close) => {
                    stream.conn.send_close_notify();
                    stream.flush().ok();
                    break;
                }
                Ok(After::Break) | Err(_) => break,
            }
        }
        stream.sock.shutdown(Shutdown::Both).ok();
        lock(&self.shared.streams).remove(&self.number);
    }

    fn exchange(&self, request: &Request, stream: &mut Stream) -> std::io::Result<After> {
        let service = match self.port {
            Service::Umapi if request.path().starts_with("/ims/") => Service::Token,
            port => port,
        };
        let mut guard = lock(&self.shared.state);
        let state = &mut *guard;
        let entry = self.record(state, service, request);
        let effect = state.faults.meet(service, request);
        let host = &self.shared.hosts[self.port as usize];
        let answer = match &effect {
            Some(Effect::Close(Close::Before) | Effect::Hang | Effect::Raw(_)) => None,
            Some(Effect::Instead(answer)) => Some(answer.now()),
            Some(Effect::EchoAuthorization(status)) => Some(echo(*status, request)),
            _ => Some(state.answer(service, request, host)),
        };
        let answer = match (answer, &effect) {
            (Some(answer), Some(effect)) => Some(effect.change(answer, request, host)),
            (answer, _) => answer,
        };
        let silent = matches!(effect, Some(Effect::Close(Close::Executed)));
        if let Some(exchange) = state.log.get_mut(entry) {
            exchange.status = answer
                .as_ref()
                .filter(|_| !silent)
                .map(|answer| answer.status);
            let line = exchange.line();
            if let Some(file) = &mut state.log_file {
                writeln!(file, "{line}").ok();
            }
        }
        let wire = answer.map(|answer| http::frame(&answer, request, state.travel));
        drop(guard);
        self.deliver(wire, effect.as_ref(), request, stream)
    }

    fn drip(&self, bytes: &[u8], time: Duration, stream: &mut Stream) -> std::io::Result<()> {
        for byte in bytes {
            stream.write_all(std::slice::from_ref(byte))?;
            stream.flush()?;
            self.shared.wait(time);
        }
        Ok(())
    }

    /// Logs the request at its arrival; the status follows.
    fn record(&self, state: &mut State, service: Service, request: &Request) -> usize {
        state.log.push(Exchange {
            service,
            connection: self.number,
            method: request.method.clone(),
            target: request.target.clone(),
            headers: request.headers.clone(),
            body: request.body.clone(),
            status: None,
            at: self.shared.started.elapsed(),
        });
        state.log.len() - 1
    }

    fn deliver(
        &self,
        wire: Option<Wire>,
        effect: Option<&Effect>,
        request: &Request,
        stream: &mut Stream,
    ) -> std::io::Result<After> {
        let Some(wire) = wire else {
            match effect {
                Some(Effect::Hang) => self.shared.wait(Duration::from_secs(3600)),
                Some(Effect::Raw(bytes)) => {
                    stream.write_all(bytes)?;
                    return Ok(After::Close);
                }
                _ => {}
            }
            return Ok(After::Break);
        };
        match effect {
            Some(Effect::Close(Close::Executed)) => return Ok(After::Break),
            Some(Effect::Close(_)) => {
                stream.write_all(&wire.head)?;
                stream.write_all(&wire.body[..wire.body.len() / 2])?;
                stream.flush()?;
                return Ok(After::Break);
            }
            Some(Effect::Delay(time)) => self.shared.wait(*time),
            Some(Effect::Interim(bytes)) => stream.write_all(bytes)?,
            Some(Effect::Drip(time)) => {
                stream.write_all(&wire.head)?;
                self.drip(&wire.body, *time, stream)?;
                return Ok(After::Keep);
            }
            Some(Effect::DripHead(time)) => {
                self.drip(&wire.head, *time, stream)?;
                stream.write_all(&wire.body)?;
                stream.flush()?;
                return Ok(After::Keep);
            }
            _ => {}
        }
        stream.write_all(&wire.head)?;
        stream.write_all(&wire.body)?;
        stream.flush()?;
        match request.header("connection") {
            Some(value) if value.eq_ignore_ascii_case("close") => Ok(After::Close),
            _ => Ok(After::Keep),
        }
    }
}

/// An error body that repeats what no body should.
fn echo(status: u16, request: &Request) -> Answer {
    let authorization = request.header("authorization").unwrap_or("");
    let proof = request.header("dpop").unwrap_or("");
    let sent = String::from_utf8_lossy(&request.body);
    let text = format!("refused: Authorization: {authorization} {proof} {sent}");
    let body = json!({"errorCode": "E0000004", "errorSummary": text, "error": "invalid",
                      "error_description": text, "result": "error.refused", "message": text});
    Answer::json(status, body.to_string())
}
