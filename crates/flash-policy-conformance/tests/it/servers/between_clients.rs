//! Servers in which one client suffers from another, or receives its bytes.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use flash_policy_core::wire::POLICY_REQUEST;

use super::{Server, answer, is_request, message, serve_well, threaded};
use crate::open_answer;

/// Serves the first `connections`, and closes all later ones at once.
pub(crate) fn bans_after(connections: usize) -> Server {
    let seen = AtomicUsize::new(0);
    threaded(move |stream| {
        if seen.fetch_add(1, Ordering::Relaxed) < connections {
            serve_well(stream);
        }
    })
}

/// Ends one request without a byte after 100 connections on which nothing arrived.
pub(crate) fn limits_empty_connections() -> Server {
    let empty = AtomicUsize::new(0);
    threaded(move |mut stream| {
        let Some(message) = message(&mut stream) else {
            empty.fetch_add(1, Ordering::Relaxed);
            return;
        };
        if empty.load(Ordering::Relaxed) >= 100 {
            empty.store(0, Ordering::Relaxed);
        } else if is_request(&message) {
            answer(stream, &open_answer());
        }
    })
}

/// Ends every connection without a byte once a segment was shorter than a request.
pub(crate) fn bans_after_a_short_segment() -> Server {
    let is_banned = AtomicBool::new(false);
    threaded(move |mut stream| {
        let mut buffer = [0; 4096];
        if is_banned.load(Ordering::Relaxed) {
            return;
        }
        match stream.read(&mut buffer) {
            Ok(count @ 1..) if count < POLICY_REQUEST.len() => {
                is_banned.store(true, Ordering::Relaxed);
            }
            Ok(count) if is_request(&buffer[..count]) => answer(stream, &open_answer()),
            _ => {}
        }
    })
}

/// Holds a lock from the first byte of a request to its last.
pub(crate) fn blocked_by_half_a_request() -> Server {
    let lock = Mutex::new(());
    threaded(move |stream| {
        if matches!(stream.peek(&mut [0]), Ok(1..)) {
            let _held = lock.lock().unwrap();
            serve_well(stream);
        }
    })
}

/// Has one buffer for all connections.
pub(crate) fn one_buffer_for_all() -> Server {
    let received = Mutex::new(Vec::new());
    threaded(move |mut stream| {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            let mut received = received.lock().unwrap();
            received.extend_from_slice(&buffer[..count]);
            if received.windows(POLICY_REQUEST.len()).any(|window| window == POLICY_REQUEST) {
                received.clear();
                drop(received);
                return answer(stream, &open_answer());
            }
        }
    })
}

/// Sends the bytes that an earlier connection left in its buffer.
pub(crate) fn sends_leftover_bytes() -> Server {
    let left = Mutex::new(Vec::new());
    threaded(move |mut stream| {
        let Some(message) = message(&mut stream) else {
            return;
        };
        if is_request(&message) {
            let bytes = [open_answer(), left.lock().unwrap().clone()].concat();
            answer(stream, &bytes);
        } else {
            *left.lock().unwrap() = message;
        }
    })
}

/// Writes its answer into the buffer into which all connections read, and sends the whole buffer.
pub(crate) fn overwrites_a_shared_buffer(document: &'static str) -> Server {
    let buffer = Mutex::new(vec![0; 1000]);
    threaded(move |mut stream| {
        let mut received = [0; 8192];
        let Ok(count @ 1..) = stream.read(&mut received) else {
            return;
        };
        let sent = {
            let mut buffer = buffer.lock().unwrap();
            let kept = count.min(buffer.len());
            buffer[..kept].copy_from_slice(&received[..kept]);
            buffer[..document.len()].copy_from_slice(document.as_bytes());
            buffer[document.len()] = 0;
            buffer.clone()
        };
        answer(stream, &sent);
    })
}

/// A chat whose frames end with a NUL: it answers policy requests, keeps the connection, and sends
/// all other frames to all other clients.
pub(crate) fn framed_chat() -> Server {
    let all: Mutex<Vec<TcpStream>> = Mutex::new(Vec::new());
    threaded(move |mut stream| {
        let Ok(own) = stream.peer_addr() else { return };
        all.lock().unwrap().push(stream.try_clone().unwrap());
        let mut received = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            received.extend_from_slice(&buffer[..count]);
            while let Some(nul) = received.iter().position(|byte| *byte == 0) {
                let frame: Vec<_> = received.drain(..=nul).collect();
                if is_request(&frame) {
                    let _ = stream.write_all(&open_answer());
                    continue;
                }
                for mut peer in all.lock().unwrap().iter() {
                    if peer.peer_addr().is_ok_and(|peer| peer != own) {
                        let _ = peer.write_all(&frame);
                    }
                }
            }
        }
        all.lock().unwrap().retain(|peer| peer.peer_addr().is_ok_and(|peer| peer != own));
    })
}

/// A chat that answers policy requests, and sends to all the other messages that satisfy
/// `is_relayed`.
pub(crate) fn chat(is_relayed: fn(&[u8]) -> bool) -> Server {
    let all = Mutex::new(Vec::new());
    threaded(move |mut stream| {
        all.lock().unwrap().push(stream.try_clone().unwrap());
        let local = stream.peer_addr();
        if let Some(message) = message(&mut stream) {
            if is_request(&message) {
                answer(stream, &open_answer());
            } else if is_relayed(&message) {
                for peer in all.lock().unwrap().iter_mut() {
                    let _ = peer.write_all(&message);
                }
            }
        }
        all.lock().unwrap().retain(|peer| peer.peer_addr().ok() != local.as_ref().ok().copied());
    })
}
