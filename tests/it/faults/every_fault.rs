//! Every fault of a policy server: its id, and its effect at the master and in-band.
//!
//! Every row serves the policy `policy([allow("*", "*")])`, an answer of 113 bytes with its NUL.

use std::time::Duration;

use flash_policy_fixture::wire::{EndpointState, Fault, ListedFault};
use rstest::rstest;

use crate::observed::{Observed, denied, permitted_by};
use crate::policies::{allow, policy};
use crate::scene::scene;

/// One fault, and the outcomes that it leads to.
struct FaultRow {
    /// The fault in a scenario file or after `serve --fault`. A duration is in milliseconds.
    id: &'static str,
    fault: ListedFault,
    /// The master has the fault, and the destination allows everybody.
    as_master: Observed,
    /// The destination has the fault, and there is no master.
    in_band: Observed,
}

/// Permitted by the policy of the destination; nothing listens on port 843.
fn permitted_in_band() -> Observed {
    permitted_by(5000).asked([(843, "refused"), (5000, "policy")]).connections(2)
}

#[rstest]
#[case::ok(FaultRow {
    id: "ok",
    fault: Fault::Ok.into(),
    as_master: permitted_by(843),
    in_band: permitted_in_band().diagnostics(["FSP-T01"]),
})]
#[case::refused(FaultRow {
    id: "refused",
    fault: ListedFault::State(EndpointState::Refused),
    as_master: permitted_by(5000)
        .asked([(843, "refused"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T01"]),
    in_band: denied("no-policy")
        .asked([(843, "refused"), (5000, "refused")])
        .diagnostics(["FSP-T01"]),
})]
#[case::dropped(FaultRow {
    id: "dropped",
    fault: ListedFault::State(EndpointState::Dropped),
    as_master: permitted_by(5000)
        .decided_at_ms(3000)
        .asked([(843, "dropped"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T02"]),
    in_band: denied("no-policy")
        .decided_at_ms(3000)
        .asked([(843, "refused"), (5000, "dropped")])
        .diagnostics(["FSP-T02", "FSP-T01"]),
})]
#[case::serial(FaultRow {
    id: "serial",
    fault: ListedFault::Serial,
    as_master: permitted_by(843),
    in_band: permitted_in_band().diagnostics(["FSP-T01"]),
})]
#[case::silent(FaultRow {
    id: "silent",
    fault: Fault::Silent.into(),
    as_master: permitted_by(5000)
        .decided_at_ms(3000)
        .asked([(843, "none"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T04"]),
    in_band: denied("no-policy")
        .decided_at_ms(3000)
        .asked([(843, "refused"), (5000, "none")])
        .connections(1)
        .diagnostics(["FSP-T04", "FSP-T01"]),
})]
#[case::close_on_accept(FaultRow {
    id: "close-on-accept",
    fault: Fault::CloseOnAccept.into(),
    as_master: permitted_by(5000)
        .asked([(843, "closed"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T27"]),
    in_band: denied("no-policy")
        .asked([(843, "refused"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-T27", "FSP-T01"]),
})]
#[case::close_on_request(FaultRow {
    id: "close-on-request",
    fault: Fault::CloseOnRequest.into(),
    as_master: permitted_by(5000)
        .asked([(843, "closed"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T27"]),
    in_band: denied("no-policy")
        .asked([(843, "refused"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-T27", "FSP-T01"]),
})]
#[case::reset_on_accept(FaultRow {
    id: "reset-on-accept",
    fault: Fault::ResetOnAccept.into(),
    as_master: permitted_by(5000)
        .asked([(843, "reset"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T27"]),
    in_band: denied("no-policy")
        .asked([(843, "refused"), (5000, "reset")])
        .connections(1)
        .diagnostics(["FSP-T27", "FSP-T01"]),
})]
#[case::reset_on_request(FaultRow {
    id: "reset-on-request",
    fault: Fault::ResetOnRequest.into(),
    as_master: permitted_by(5000)
        .asked([(843, "reset"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T27"]),
    in_band: denied("no-policy")
        .asked([(843, "refused"), (5000, "reset")])
        .connections(1)
        .diagnostics(["FSP-T27", "FSP-T01"]),
})]
#[case::reset_after_answer(FaultRow {
    id: "reset-after-answer",
    fault: Fault::ResetAfterAnswer.into(),
    as_master: permitted_by(843).diagnostics(["FSP-T06"]),
    in_band: permitted_in_band().diagnostics(["FSP-T06", "FSP-T01"]),
})]
#[case::no_nul(FaultRow {
    id: "no-nul",
    fault: Fault::NoNul.into(),
    as_master: permitted_by(843).diagnostics(["FSP-T15"]),
    in_band: permitted_in_band().diagnostics(["FSP-T15", "FSP-T01"]),
})]
#[case::no_nul_open(FaultRow {
    id: "no-nul-open",
    fault: Fault::NoNulOpen.into(),
    as_master: permitted_by(5000)
        .decided_at_ms(3000)
        .asked([(843, "none"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T14"]),
    in_band: denied("no-policy")
        .decided_at_ms(3000)
        .asked([(843, "refused"), (5000, "none")])
        .connections(1)
        .diagnostics(["FSP-T14", "FSP-T01"]),
})]
#[case::escaped_nul(FaultRow {
    id: "escaped-nul",
    fault: Fault::EscapedNul.into(),
    as_master: permitted_by(5000)
        .asked([(843, "malformed"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T16"]),
    in_band: denied("malformed-policy")
        .asked([(843, "refused"), (5000, "malformed")])
        .connections(1)
        .diagnostics(["FSP-T16", "FSP-T01"]),
})]
#[case::keep_open(FaultRow {
    id: "keep-open",
    fault: Fault::KeepOpen.into(),
    as_master: permitted_by(843),
    in_band: permitted_in_band().diagnostics(["FSP-T01"]),
})]
#[case::twice(FaultRow {
    id: "twice",
    fault: Fault::Twice.into(),
    as_master: permitted_by(843).diagnostics(["FSP-T25"]),
    in_band: permitted_in_band().diagnostics(["FSP-T25", "FSP-T01"]),
})]
#[case::unprompted(FaultRow {
    id: "unprompted",
    fault: Fault::Unprompted.into(),
    as_master: permitted_by(843),
    in_band: permitted_in_band().diagnostics(["FSP-T01"]),
})]
#[case::http_400(FaultRow {
    id: "http-400",
    fault: Fault::Http400.into(),
    as_master: permitted_by(5000)
        .asked([(843, "malformed"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T11"]),
    in_band: denied("malformed-policy")
        .asked([(843, "refused"), (5000, "malformed")])
        .connections(1)
        .diagnostics(["FSP-T10", "FSP-T01"]),
})]
#[case::tls_alert(FaultRow {
    id: "tls-alert",
    fault: Fault::TlsAlert.into(),
    as_master: permitted_by(5000)
        .asked([(843, "malformed"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T12"]),
    in_band: denied("malformed-policy")
        .asked([(843, "refused"), (5000, "malformed")])
        .connections(1)
        .diagnostics(["FSP-T12", "FSP-T01"]),
})]
#[case::bom(FaultRow {
    id: "bom",
    fault: Fault::Bom.into(),
    as_master: permitted_by(843).diagnostics(["FSP-D17"]),
    in_band: permitted_in_band().diagnostics(["FSP-D17", "FSP-T01"]),
})]
#[case::leading_whitespace(FaultRow {
    id: "leading-whitespace",
    fault: Fault::LeadingWhitespace.into(),
    as_master: permitted_by(843).diagnostics(["FSP-D16"]),
    in_band: permitted_in_band().diagnostics(["FSP-D16", "FSP-T01"]),
})]
#[case::length_prefix(FaultRow {
    id: "length-prefix",
    fault: Fault::LengthPrefix.into(),
    as_master: permitted_by(5000)
        .asked([(843, "malformed"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-L13"]),
    in_band: denied("malformed-policy")
        .asked([(843, "refused"), (5000, "malformed")])
        .connections(1)
        .diagnostics(["FSP-L13", "FSP-T01"]),
})]
#[case::utf_16(FaultRow {
    id: "utf-16",
    fault: Fault::Utf16.into(),
    as_master: permitted_by(5000)
        .asked([(843, "malformed"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-D18"]),
    in_band: denied("malformed-policy")
        .asked([(843, "refused"), (5000, "malformed")])
        .connections(1)
        .diagnostics(["FSP-D18", "FSP-T01"]),
})]
#[case::request_needs_newline(FaultRow {
    id: "request-needs-newline",
    fault: Fault::RequestNeedsNewline.into(),
    as_master: permitted_by(5000)
        .decided_at_ms(3000)
        .asked([(843, "none"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T04"]),
    in_band: denied("no-policy")
        .decided_at_ms(3000)
        .asked([(843, "refused"), (5000, "none")])
        .connections(1)
        .diagnostics(["FSP-T04", "FSP-T01"]),
})]
#[case::one_read(FaultRow {
    id: "one-read",
    fault: Fault::OneRead.into(),
    as_master: permitted_by(843),
    in_band: permitted_in_band().diagnostics(["FSP-T01"]),
})]
#[case::first_byte_only(FaultRow {
    id: "first-byte-only",
    fault: Fault::FirstByteOnly.into(),
    as_master: permitted_by(843),
    in_band: permitted_in_band().diagnostics(["FSP-T01"]),
})]
#[case::swallow_coalesced(FaultRow {
    id: "swallow-coalesced",
    fault: Fault::SwallowCoalesced.into(),
    as_master: permitted_by(843),
    in_band: permitted_in_band().diagnostics(["FSP-T01"]),
})]
#[case::delay_in_time(FaultRow {
    id: "delay=2000ms",
    fault: Fault::Delay(Duration::from_secs(2)).into(),
    as_master: permitted_by(843).decided_at_ms(2000).diagnostics(["FSP-T05"]),
    in_band: permitted_in_band().decided_at_ms(2000).diagnostics(["FSP-T05", "FSP-T01"]),
})]
#[case::delay_too_long(FaultRow {
    id: "delay=4000ms",
    fault: Fault::Delay(Duration::from_secs(4)).into(),
    as_master: permitted_by(5000)
        .decided_at_ms(3000)
        .asked([(843, "none"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T04"]),
    in_band: denied("no-policy")
        .decided_at_ms(3000)
        .asked([(843, "refused"), (5000, "none")])
        .connections(1)
        .diagnostics(["FSP-T04", "FSP-T01"]),
})]
#[case::delay_of_milliseconds(FaultRow {
    id: "delay=500ms",
    fault: Fault::Delay(Duration::from_millis(500)).into(),
    as_master: permitted_by(843).decided_at_ms(500),
    in_band: permitted_in_band().decided_at_ms(500).diagnostics(["FSP-T01"]),
})]
#[case::split_at_three_offsets(FaultRow {
    id: "split=1,23,40",
    fault: Fault::Split(vec![1, 23, 40]).into(),
    as_master: permitted_by(843),
    in_band: permitted_in_band().diagnostics(["FSP-T01"]),
})]
#[case::split_at_two_offsets(FaultRow {
    id: "split=1,2",
    fault: Fault::Split(vec![1, 2]).into(),
    as_master: permitted_by(843),
    in_band: permitted_in_band().diagnostics(["FSP-T01"]),
})]
#[case::drip_in_time(FaultRow {
    id: "drip=1/10ms",
    fault: Fault::Drip { bytes: 1, every: Duration::from_millis(10) }.into(),
    as_master: permitted_by(843).decided_at_ms(1120),
    in_band: permitted_in_band().decided_at_ms(1120).diagnostics(["FSP-T01"]),
})]
#[case::drip_too_slow(FaultRow {
    id: "drip=1/1000ms",
    fault: Fault::Drip { bytes: 1, every: Duration::from_secs(1) }.into(),
    as_master: permitted_by(5000)
        .decided_at_ms(3000)
        .asked([(843, "none"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T05"]),
    in_band: denied("no-policy")
        .decided_at_ms(3000)
        .asked([(843, "refused"), (5000, "none")])
        .connections(1)
        .diagnostics(["FSP-T05", "FSP-T01"]),
})]
#[case::drip_of_several_bytes(FaultRow {
    id: "drip=7/10ms",
    fault: Fault::Drip { bytes: 7, every: Duration::from_millis(10) }.into(),
    as_master: permitted_by(843).decided_at_ms(160),
    in_band: permitted_in_band().decided_at_ms(160).diagnostics(["FSP-T01"]),
})]
#[case::truncate_to_nothing(FaultRow {
    id: "truncate=0",
    fault: Fault::Truncate(0).into(),
    as_master: permitted_by(5000)
        .asked([(843, "closed"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T27"]),
    in_band: denied("no-policy")
        .asked([(843, "refused"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-T27", "FSP-T01"]),
})]
#[case::truncate_inside_the_document(FaultRow {
    id: "truncate=60",
    fault: Fault::Truncate(60).into(),
    as_master: permitted_by(5000)
        .asked([(843, "malformed"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-D21"]),
    in_band: denied("malformed-policy")
        .asked([(843, "refused"), (5000, "malformed")])
        .connections(1)
        .diagnostics(["FSP-D21", "FSP-T01"]),
})]
#[case::truncate_the_nul(FaultRow {
    id: "truncate=112",
    fault: Fault::Truncate(112).into(),
    as_master: permitted_by(843).diagnostics(["FSP-T15"]),
    in_band: permitted_in_band().diagnostics(["FSP-T15", "FSP-T01"]),
})]
#[case::truncate_beyond_the_end(FaultRow {
    id: "truncate=18446744073709551615",
    fault: Fault::Truncate(usize::MAX).into(),
    as_master: permitted_by(843),
    in_band: permitted_in_band().diagnostics(["FSP-T01"]),
})]
#[case::extra_nuls_none(FaultRow {
    id: "extra-nuls=0",
    fault: Fault::ExtraNuls(0).into(),
    as_master: permitted_by(843),
    in_band: permitted_in_band().diagnostics(["FSP-T01"]),
})]
#[case::extra_nuls(FaultRow {
    id: "extra-nuls=3",
    fault: Fault::ExtraNuls(3).into(),
    as_master: permitted_by(843).diagnostics(["FSP-T17"]),
    in_band: permitted_in_band().diagnostics(["FSP-T17", "FSP-T01"]),
})]
#[case::extra_nuls_as_many_as_possible(FaultRow {
    id: "extra-nuls=65535",
    fault: Fault::ExtraNuls(u16::MAX).into(),
    as_master: permitted_by(843).diagnostics(["FSP-T17"]),
    in_band: permitted_in_band().diagnostics(["FSP-T17", "FSP-T01"]),
})]
#[case::bytes_after_nul(FaultRow {
    id: "bytes-after-nul=more",
    fault: Fault::BytesAfterNul("more".to_owned()).into(),
    as_master: permitted_by(843).diagnostics(["FSP-T17"]),
    in_band: permitted_in_band().diagnostics(["FSP-T17", "FSP-T01"]),
})]
#[case::bytes_after_nul_none(FaultRow {
    id: "bytes-after-nul=",
    fault: Fault::BytesAfterNul(String::new()).into(),
    as_master: permitted_by(843),
    in_band: permitted_in_band().diagnostics(["FSP-T01"]),
})]
#[case::bytes_after_nul_with_an_equals_sign(FaultRow {
    id: "bytes-after-nul=a=b c",
    fault: Fault::BytesAfterNul("a=b c".to_owned()).into(),
    as_master: permitted_by(843).diagnostics(["FSP-T17"]),
    in_band: permitted_in_band().diagnostics(["FSP-T17", "FSP-T01"]),
})]
fn a_fault_is_read_written_and_met_at_the_master_and_in_band(#[case] row: FaultRow) {
    const SIDES: &str = "left: observed, right: expected";
    assert_eq!(row.id.parse(), Ok(row.fault.clone()));
    assert_eq!(row.fault.to_string(), row.id);
    let as_master = scene().master(row.fault.clone()).in_band(policy([allow("*", "*")]));
    assert_eq!(as_master.play(), row.as_master, "as the master; {SIDES}");
    assert_eq!(scene().in_band(row.fault).play(), row.in_band, "in-band; {SIDES}");
}
