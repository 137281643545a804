//! Connecting, in a thread of its own, so that a signal can break it off.
//!
//! The HTTP library connects as ever; this is a layer around that. Knows no TLS and no HTTP.

use ureq::Error;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectionDetails, Connector, Either, TcpConnector, Transport};

use crate::os::bounded;
use crate::os::signals::Stop;

/// A connection to an address of a host.
type Dialled = <TcpConnector as Connector<()>>::Out;

/// Makes connections, unless there is one by way of a proxy.
#[derive(Debug)]
pub(super) struct Dial(pub(super) Stop);

impl<C: Transport> Connector<C> for Dial {
    type Out = Either<C, Dialled>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        connection: Option<C>,
    ) -> Result<Option<Self::Out>, Error> {
        if let Some(connection) = connection {
            return Ok(Some(Either::A(connection)));
        }
        let (uri, config) = (details.uri.clone(), details.config.clone());
        let (addrs, request_level) = (details.addrs.clone(), details.request_level);
        let (now, timeout) = (details.now, details.timeout);
        let current_time = details.current_time.clone();
        let run_connector = details.run_connector.clone();
        let register_shutdown = details.register_shutdown.clone();
        let connect = move || {
            let details = ConnectionDetails {
                uri: &uri,
                addrs: addrs.clone(),
                config: &config,
                request_level,
                // All addresses are known.
                resolver: &DefaultResolver::default(),
                now,
                timeout,
                current_time: current_time.clone(),
                run_connector: run_connector.clone(),
                register_shutdown: register_shutdown.clone(),
            };
            TcpConnector::default().connect(&details, None::<()>)
        };
        match bounded::ask(*timeout.after, &self.0, connect) {
            Some(connected) => Ok(connected?.map(Either::B)),
            // Whether a signal ended it is seen by whoever sent the request.
            None => Err(Error::Timeout(timeout.reason)),
        }
    }
}
