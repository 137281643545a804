//! Connections that look at the stop flag while they wait for a server that says nothing.
//!
//! A layer between the socket and TLS: it cuts each wait into short ones. Knows no HTTP. Looking a
//! host up and connecting cannot be cut; see [`Stop`].

use std::io;
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, NextTimeout, Transport, time,
};

use crate::os::signals::Stop;

/// How often the flag is looked at.
const GLANCE: Duration = Duration::from_millis(200);

/// Makes connections attentive.
#[derive(Debug)]
pub(super) struct Attentively(pub(super) Stop);

impl<C: Transport> Connector<C> for Attentively {
    type Out = Attentive<C>;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        connection: Option<C>,
    ) -> Result<Option<Attentive<C>>, Error> {
        let stop = self.0.clone();
        Ok(connection.map(|connection| Attentive { connection, stop }))
    }
}

/// A connection that can be broken off.
#[derive(Debug)]
pub(super) struct Attentive<C> {
    connection: C,
    stop: Stop,
}

impl<C: Transport> Transport for Attentive<C> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.connection.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        // Connected: from here on somebody looks, before the server hears anything.
        self.stop.look();
        self.connection.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let start = Instant::now();
        loop {
            if self.stop.breaks_off() {
                return Err(io::Error::other("stopped by a signal").into());
            }
            let left = timeout.after.saturating_sub(start.elapsed());
            let glance = NextTimeout {
                after: time::Duration::Exact(left.min(GLANCE)),
                ..timeout
            };
            match self.connection.await_input(glance) {
                Err(Error::Timeout(_)) if left > GLANCE => {}
                result => return result,
            }
        }
    }

    fn is_open(&mut self) -> bool {
        self.connection.is_open()
    }

    fn is_tls(&self) -> bool {
        self.connection.is_tls()
    }
}
