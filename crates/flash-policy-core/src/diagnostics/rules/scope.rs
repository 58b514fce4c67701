//! Scope: which policy counts, and for which host and port.

use super::define_rules;

define_rules! {
    const SCOPE;

    LOW_PORT_RULE "FSP-S01" "low-port-rule" Error
        "policy came from port {source} >= 1024: it cannot grant port {port} < 1024"
        "serve the policy from 843 or another port below 1024"
        => low_port_rule(source, port);

    MASTER_ONLY_BLOCKS_INBAND "FSP-S02" "master-only-blocks-inband" Error
        "{what} ignored: the site-control of the master on 843 says {value}"
        "list the port in the master, or let its site-control say all"
        => master_only_blocks_inband(what, value);

    META_NONE "FSP-S03" "meta-none" Error
        "meta-policy none: no socket policy is honoured on {host}"
        "let the master's site-control say master-only or all"
        => meta_none(host);

    BY_CONTENT_TYPE_ON_SOCKET "FSP-S04" "by-content-type-on-socket" Warning
        "meta-policy {value} is meaningless on sockets"
        "use master-only or all"
        => by_content_type_on_socket(value);

    SITE_CONTROL_IN_NONMASTER "FSP-S05" "site-control-in-nonmaster" Warning
        "site-control \"{value}\" is ignored: this is not the master (843)"
        "move the site-control to the master on 843"
        => site_control_in_nonmaster(value);

    UNKNOWN_META_VALUE "FSP-S06" "unknown-meta-value" Error
        "unknown meta-policy \"{value}\"; it counts as none"
        "use none, master-only or all, in lower case"
        => unknown_meta_value(value);

    OTHER_APPS_MASTER "FSP-S07" "other-apps-master" Warning
        "843 is served by someone else: {policy}"
        "merge the policies of all services of this host";

    POLICY_HOST_IS_CONNECT_HOST "FSP-S08" "policy-host-is-connect-host" Error
        "policy must be on {connect_host}, found on {swf_host}"
        "run the policy server on the host that the SWF connects to";

    SAME_HOST_STILL_NEEDS_POLICY "FSP-S09" "same-host-still-needs-policy" Error
        "own host also needs a policy listing itself"
        "serve a policy that lists the SWF's own host";

    SELF_NOT_LISTED "FSP-S10" "self-not-listed" Error
        "policy does not list the requester's own host {host}"
        "add the SWF's own host to the policy"
        => self_not_listed(host);

    LOAD_POLICY_FILE_WRONG_SCHEME "FSP-S11" "loadPolicyFile-wrong-scheme" Error
        "loadPolicyFile needs xmlsocket://host:port"
        "pass an xmlsocket:// URL with a port"
        => load_policy_file_wrong_scheme();

    LOAD_POLICY_FILE_AFTER_CONNECT "FSP-S12" "loadPolicyFile-after-connect" Error
        "policy {url} requested after connect"
        "call loadPolicyFile before connect";

    PENDING_POLICY_HANGS_DENIAL "FSP-S13" "pending-policy-hangs-denial" Warning
        "the player was still waiting for {url} to send a policy"
        "remove policy locations that never answer"
        => pending_policy_hangs_denial(url);

    LOAD_POLICY_FILE_HOST_DIFFERS "FSP-S14" "loadPolicyFile-host-differs" Error
        "policy from {from} cannot grant {host}"
        "load the policy from the host that the SWF connects to"
        => load_policy_file_host_differs(from, host);

    CACHED_POLICY "FSP-S15" "cached-policy" Warning
        "the answer of {endpoint} is cached from earlier in this session: it was not asked again"
        "restart the player, or start a new session, to see what the server sends now"
        => cached_policy(endpoint);

    NONMASTER_NOT_ASKED "FSP-S16" "nonmaster-not-asked" Info
        "target port was not asked; only the master was consulted, whose site-control says \
         {value}"
        "list the port in the master"
        => nonmaster_not_asked(value);
}
