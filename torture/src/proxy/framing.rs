//! Messages of the Postgres protocol (manual, "Message Formats"): a type byte, a length that
//! counts itself, a body. Only a client's first messages have no type byte.

use tokio_util::bytes::{Buf as _, Bytes, BytesMut};

/// Codes of a first message after which another first message follows: TLS and GSS requests.
const ENCRYPTION_REQUESTS: [i32; 2] = [80_877_103, 80_877_104];
/// Largest message that is taken in whole; the appender's batches stay far below.
const MAX_MESSAGE: usize = 256 << 20;

/// Which side talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Client,
    Server,
}

/// Cuts a stream of bytes into messages.
#[derive(Debug)]
pub(super) struct Framer {
    side: Side,
    started: bool,
    /// The server has said something: from now on an `N` begins a notice.
    greeted: bool,
    pub(super) buffer: BytesMut,
}

/// The stream is not the Postgres protocol.
#[derive(Debug)]
pub(super) struct NotPostgres;

impl Framer {
    pub(super) fn new(side: Side) -> Self {
        // A server answers an encryption request with one bare byte, and with nothing else
        // before it has seen a start-up message.
        Self {
            side,
            started: side == Side::Server,
            greeted: false,
            buffer: BytesMut::with_capacity(8_192),
        }
    }

    /// The next whole message, header included.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, NotPostgres> {
        let header = usize::from(self.started);
        if self.side == Side::Server && !self.greeted && &self.buffer[..] == b"N" {
            return Ok(Some(self.buffer.split().freeze()));
        }
        let Some(length) = self.buffer.get(header..header + 4) else { return Ok(None) };
        let mut length = length;
        let length = usize::try_from(length.get_i32()).map_err(|_| NotPostgres)?;
        if !(4..=MAX_MESSAGE).contains(&length) {
            return Err(NotPostgres);
        }
        if self.buffer.len() < header + length {
            return Ok(None);
        }
        let message = self.buffer.split_to(header + length).freeze();
        self.greeted = true;
        if !self.started {
            let code = message.get(4..8).map(|mut code| code.get_i32());
            self.started = !code.is_some_and(|code| ENCRYPTION_REQUESTS.contains(&code));
        }
        Ok(Some(message))
    }
}

/// Is it the simple query `commit`?
pub(super) fn is_commit(message: &[u8]) -> bool {
    message.first() == Some(&b'Q') && message.get(5..) == Some(b"commit\0")
}

/// Does the server say that it is ready for the next query?
pub(super) fn is_ready(message: &[u8]) -> bool {
    message.first() == Some(&b'Z')
}

/// The server's process id, when this is the message that tells it.
pub(super) fn backend_pid(message: &[u8]) -> Option<i32> {
    if message.first() != Some(&b'K') {
        return None;
    }
    message.get(5..9).map(|mut pid| pid.get_i32())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_cut_wherever_the_bytes_are() {
        let mut stream = vec![0, 0, 0, 8, 4, 210, 22, 47]; // an encryption request
        stream.extend([0, 0, 0, 9, 0, 3, 0, 0, 0]); // start-up
        stream.extend(b"Q\0\0\0\x0bcommit\0");
        stream.extend(b"X\0\0\0\x04");
        for step in 1..=stream.len() {
            let mut framer = Framer::new(Side::Client);
            let mut messages = Vec::new();
            for part in stream.chunks(step) {
                framer.buffer.extend_from_slice(part);
                while let Ok(Some(message)) = framer.next() {
                    messages.push(message);
                }
            }
            assert_eq!(messages.len(), 4, "step {step}");
            assert_eq!(
                messages.iter().map(|m| is_commit(m)).collect::<Vec<_>>(),
                [false, false, true, false]
            );
        }
    }

    #[test]
    fn the_server_s_process_id_is_read() {
        let mut framer = Framer::new(Side::Server);
        framer.buffer.extend_from_slice(b"K\0\0\0\x0c\0\0\x12\x34\0\0\0\x01Z\0\0\0\x05I");
        let key = framer.next().unwrap_or(None).unwrap_or_default();
        assert_eq!(backend_pid(&key), Some(0x1234));
        assert!(is_ready(&framer.next().unwrap_or(None).unwrap_or_default()));
    }
}
