//! What can be said of policies without a network: lints, the difference of two, the matrix of many requesters and
//! targets, and which rules a set of cases exercised. Pure: policies in, findings out.
