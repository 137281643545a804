//! Connections that look at the stop flag while they wait for a server that says nothing, and that
//! are made in time or not at all.
//!
//! A layer between the socket and TLS: it cuts each wait into short ones. Knows no HTTP.

use std::io;
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, NextTimeout, Transport, time,
};
use ureq::{Error, Timeout};

use crate::os::signals::Stop;

/// How often the flag is looked at.
const GLANCE: Duration = Duration::from_millis(200);

/// Wraps every connection, so that signals and the limit of time are seen while it waits.
#[derive(Debug)]
pub(super) struct Attentively(pub(super) Stop);

impl<C: Transport> Connector<C> for Attentively {
    type Out = Attentive<C>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        connection: Option<C>,
    ) -> Result<Option<Attentive<C>>, Error> {
        let ready_by = match details.now {
            time::Instant::Exact(start) => start.checked_add(*details.timeout.after),
            _ => None,
        };
        Ok(connection.map(|connection| Attentive {
            connection,
            stop: self.0.clone(),
            ready_by,
        }))
    }
}

/// A connection that can be broken off.
#[derive(Debug)]
pub(super) struct Attentive<C> {
    connection: C,
    stop: Stop,
    /// When TLS and a proxy must have agreed; `None`: in far future.
    ready_by: Option<Instant>,
}

impl<C> Attentive<C> {
    /// While a proxy answers, the library gives each read of it the time for all of connecting.
    fn in_time(&self, timeout: NextTimeout) -> NextTimeout {
        let Some(ready_by) = self.ready_by.filter(|_| timeout.reason == Timeout::Connect) else {
            return timeout;
        };
        let left = ready_by.saturating_duration_since(Instant::now());
        NextTimeout {
            after: time::Duration::Exact(left.min(*timeout.after)),
            ..timeout
        }
    }
}

impl<C: Transport> Transport for Attentive<C> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.connection.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let timeout = self.in_time(timeout);
        self.connection.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let start = Instant::now();
        let timeout = self.in_time(timeout);
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
