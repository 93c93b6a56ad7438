use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::admission::Admission;
use super::{Handler, Shared, connection};
use crate::telemetry::Refused;

/// How long nothing is accepted when the system has run out of something. Trying again at once
/// would take a whole processor and change nothing.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections until the server stops.
pub(crate) async fn serve<H: Handler>(listener: TcpListener, shared: Arc<Shared<H>>) {
    let places = Arc::new(Semaphore::new(shared.limits.connections));
    let admission = Admission::new(shared.limits.connections_per_address);
    loop {
        let next = async {
            // Above the limit the rest waits in the kernel's queue.
            let place = Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = shared.stop.cancelled() => return,
        };
        match accepted {
            Ok((tcp, peer)) => match admission.admit(peer.ip()) {
                Some(admitted) => {
                    let connection = connection::run(tcp, peer, Arc::clone(&shared));
                    shared.tasks.spawn(async move {
                        connection.await;
                        drop((place, admitted));
                    });
                }
                None => refuse(&tcp, &shared, Refused::Address),
            },
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                shared.telemetry.metrics().connection_refused(Refused::Descriptors);
                tracing::warn!(%error, "no connection can be accepted for now");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn refuse<H>(tcp: &TcpStream, shared: &Shared<H>, reason: Refused) {
    shared.telemetry.metrics().connection_refused(reason);
    // A reset leaves nothing behind in the kernel for a client that has too much of it already.
    let _ = rustix::net::sockopt::set_socket_linger(tcp, Some(Duration::ZERO));
}

/// Whether the failure concerns only the connection that was to be accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    match Errno::from_io_error(error) {
        Some(errno) => !matches!(errno, Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_system_lacks_makes_a_pause() {
        for (errno, pause) in [
            (Errno::MFILE, true),
            (Errno::NFILE, true),
            (Errno::NOBUFS, true),
            (Errno::NOMEM, true),
            (Errno::CONNABORTED, false),
            (Errno::PROTO, false),
            (Errno::INTR, false),
        ] {
            assert_eq!(!is_of_one_connection(&io::Error::from(errno)), pause, "{errno}");
        }
    }
}
