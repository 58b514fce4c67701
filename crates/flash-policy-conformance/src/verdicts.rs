//! Turns observations into findings. No I/O, no clock.
//!
//! Each function here judges one check, or one kind of check. None knows the order of the checks or
//! what follows from a finding.

mod answer_shape;
mod crowds;
mod first_answer;
mod leaks;
mod location;
mod single_conversation;
mod wording;

pub(crate) use answer_shape::{AnswerShape, bytes_before_the_request};
pub(crate) use crowds::{request_beside_silent_clients, requests_at_once};
pub(crate) use first_answer::{
    first_answer, only_other_spelling_answered, server_stopped_answering,
};
pub(crate) use leaks::{SplitRequest, leaks};
pub(crate) use location::Location;
pub(crate) use single_conversation::{answered_twice, single_conversation};
