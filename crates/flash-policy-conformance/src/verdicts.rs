//! Turns observations into findings. No I/O, no clock.
//!
//! Each function here judges one check, or one kind of check. None knows the order of the checks or
//! what follows from a finding.

mod answer_shape;
mod crowds;
mod first_answer;
mod leaks;
mod liveness;
mod location;
mod single_conversation;
mod wording;

pub(crate) use answer_shape::{AnswerShape, bytes_before_the_request, is_foreign, pieces};
pub(crate) use crowds::{connections_dropped, request_beside_silent_clients, requests_at_once};
pub(crate) use first_answer::{first_answer, only_other_spelling_answered, tls_answered};
pub(crate) use leaks::{SharedBytes, SplitRequest, leaks};
pub(crate) use liveness::{server_answered_late, server_recovered, server_stopped_answering};
pub(crate) use location::Location;
pub(crate) use single_conversation::{Conversed, answered_at_each_part, answered_twice};
