//! The lookup for a socket: it asks the master on port 843, then the locations that the SWF named,
//! then the destination port itself.

mod ask;
mod evaluator;
pub(crate) mod grant;
mod lookup;
pub(in crate::player) mod policies;
mod search;

pub use evaluator::Evaluator;
pub use grant::FIRST_HIGH_PORT;
pub use lookup::{Action, Event, Lookup};
pub use policies::parse_location;
