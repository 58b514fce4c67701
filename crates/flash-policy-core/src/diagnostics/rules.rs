//! The catalogue of public rule ids. No other place repeats their text.
//!
//! Groups: `T` transport, `D` document, `S` scope, `R` requester, `B` backend and `O` operations
//! come from the failure catalogue. `L` is for lints that the catalogue lacks.

use super::{Rule, Severity};

/// Returns the rule with this id, such as `FSP-T01`. ASCII case does not matter.
///
/// ```
/// use flash_policy_core::diagnostics::rules;
///
/// assert_eq!(rules::find("fsp-t01"), Some(&rules::T01));
/// assert_eq!(rules::find("T01"), None);
/// ```
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.id.eq_ignore_ascii_case(id))
}

/// Returns the rule with this id, with or without the prefix `FSP-`. ASCII case does not matter.
pub fn named(id: &str) -> Option<&'static Rule> {
    find(id).or_else(|| find(&format!("FSP-{id}")))
}

macro_rules! rules {
    ($($id:ident $name:literal $severity:ident $text:literal $help:literal;)*) => {
        $(
            #[doc = concat!("`FSP-", stringify!($id), "` ", $name, ": `", $text, "`")]
            pub const $id: Rule = Rule {
                id: concat!("FSP-", stringify!($id)),
                name: $name,
                severity: Severity::$severity,
                text: $text,
                help: $help,
            };
        )*

        /// Every rule, in the order of the table.
        pub static ALL: &[Rule] = &[$($id),*];
    };
}

rules! {
    T01 "master-refused" Warning "843 refused; no master policy, falling back to in-band request on {port}" "run a master policy server on 843, or answer in-band on the target port";
    T02 "master-dropped" Warning "{host}:{port} filtered (no SYN-ACK in {t} s): every first connection pays {t} s" "open 843/tcp or reject instead of dropping, and serve in-band too";
    T03 "explicit-load-no-timeout" Warning "explicit loadPolicyFile on a filtered port: waits for the OS, not 3 s" "drop the explicit call, or point it at an open port";
    T04 "accept-then-silence" Error "{host}:{port} accepted but sent nothing within {t} s" "answer within 3 s, serve clients concurrently and time out idle ones";
    T05 "slow-drip" Warning "{host}:{port} sent {n} bytes and no whole policy within {t} s" "keep the bytes in memory, do no reverse DNS and set TCP_NODELAY";
    T06 "reset-after-answer" Warning "connection reset after the policy was sent: request bytes were left unread" "read the whole 23 bytes before closing";
    T07 "ips-blocked" Error "SYN to 843 succeeds but traffic dies after the policy request: middlebox suspected" "allow policy traffic in the firewall, or serve in-band on 443 or 80";
    T08 "http-proxy-only" Error "Flash sockets do not use the browser proxy; direct TCP to {host} required" "allow direct TCP, or tunnel over HTTP";
    T09 "cdn-or-lb-host" Error "{host} resolves to a proxy that does not forward 843" "give the socket host a DNS name of its own, or forward 843 as raw TCP";
    T10 "http-proxy-eats-request" Error "target answered HTTP, not a policy: an HTTP proxy sits in front" "forward the port as raw TCP, or switch on the first byte `<`";
    T11 "http-server-on-843" Error "843 speaks HTTP; socket policies need raw TCP" "serve the policy from a raw TCP server";
    T12 "tls-on-policy-port" Error "received a TLS record (0x15): policy port expects TLS, Flash sends plaintext" "add a plaintext listener for policy requests";
    T13 "securesocket-needs-tls-policy" Warning "ClientHello seen on the policy port: SecureSocket policy over TLS required" "add a TLS policy listener with a trusted certificate";
    T14 "missing-nul-open" Error "policy has no terminating NUL and the connection stays open: the player waits for ever" "send a NUL byte after the policy";
    T15 "missing-nul-close" Warning "policy ended by close without NUL: accepted by observation, violates the spec" "send a NUL byte after the policy";
    T16 "fake-nul" Error "trailing text \"{text}\" after the root element looks like an escaped NUL" "send the byte 0x00, not its escape sequence";
    T17 "too-many-nuls" Warning "{n} bytes follow the terminating NUL" "send exactly one NUL byte";
    T18 "request-fragmented" Warning "server failed a request split at byte {n}: one-read assumption" "buffer the request until its NUL";
    T19 "request-coalesced" Warning "bytes after the request in the same segment were swallowed" "consume exactly 23 bytes and leave the rest to the application";
    T20 "byte-by-byte-first-char" Warning "server answered a policy to {prefix}, which is not a policy request" "compare all 23 bytes of the request";
    T21 "response-fragmented" Info "policy arrived in {n} segments over {t} ms (fine for Flash; breaks one-read clients)" "send the policy in one write";
    T22 "response-4096-multiple" Warning "policy length is a multiple of 4096: some clients block" "keep the policy below 4096 bytes, or close after it";
    T23 "policy-too-big" Error "policy is {n} bytes; keep it below {limit}" "use wildcards and port ranges";
    T24 "unprompted-policy" Warning "policy was sent before the request ({t} ms early)" "wait for the request before answering";
    T25 "policy-sent-twice" Error "two policies on one connection" "answer once, then close";
    T26 "left-open-leak" Warning "server keeps the policy connection open {t} s after the answer" "close after the answer and time out idle connections";
    T27 "closed-before-flush" Error "connection closed with 0 bytes of policy" "shut down only after the answer is flushed";
    T28 "same-connection-expected" Error "client will reconnect: do not wait for data on the policy connection" "treat the policy and the application as independent connections";
    T29 "empty-first-connection" Warning "policy connection counted by connection limiter" "exempt policy requests from connection limits";
    T30 "ipv6-vs-ipv4" Error "{name} resolves to {v6} first but policy is only on {v4}" "listen on both address families, or correct the AAAA record";
    T31 "listens-on-loopback" Error "port answers on loopback only" "bind 0.0.0.0 or ::";
    T32 "wrong-port-number" Error "policy listens on {p}; Flash only asks 843 and the target port" "serve on 843, or name the port in loadPolicyFile";
    T33 "blocked-policy-port" Warning "Flash refuses to fetch a policy from reserved port {p}" "serve the policy from another port";
    T34 "dns-missing" Error "{host} does not resolve" "publish the name in the DNS that the clients use";
    T35 "nat-hairpin" Error "public address unreachable from inside" "answer with the inner address inside the network (split DNS)";
    T36 "request-variant" Error "server only answers {variant}; Flash sends <policy-file-request/>\\0" "accept the 23-byte request";
    T37 "case/line-delimiter" Error "server waits for a newline" "take NUL, not a newline, as the end of the request";
    T38 "conntrack/portforward" Error "843 reachable on the host but not mapped" "publish 843 from the container or NAT, also for local traffic";
    T39 "keepalive/ack-delay" Info "answer needed {n} round trips" "send the answer in one write with TCP_NODELAY";
    T40 "max-connections" Warning "policy server did not answer {n}/{m} parallel requests" "raise the accept backlog and serve clients concurrently";
    D01 "missing-to-ports" Error "<allow-access-from> has no to-ports; it grants no port" "add to-ports with the ports that the SWF connects to";
    D02 "port-not-listed" Error "port {p} not in to-ports=\"{s}\"" "add the port to to-ports";
    D03 "lists-843-instead" Error "to-ports names the policy port 843, not the port the SWF connects to ({p})" "list the port that the SWF connects to";
    D04 "bad-range-syntax" Error "cannot parse port range \"{item}\" in to-ports=\"{s}\"" "write ports and ranges as in 1000-2000,3000";
    D05 "domain-with-scheme" Error "domain=\"{s}\" contains a scheme; use \"{host}\"" "write the bare host";
    D06 "domain-with-port" Error "domain=\"{s}\" contains a port" "remove the port and use to-ports";
    D07 "domain-with-path/trailing-slash" Error "domain=\"{s}\" contains a path" "write the bare host";
    D08 "wildcard-middle" Error "wildcard only allowed as \"*\" or \"*.suffix\", not \"{s}\"" "write *.example.com, or list the hosts one by one";
    D09 "wildcard-apex" Info "*.{s} also matches the apex {s}" "list the hosts one by one if the apex must stay out";
    D10 "www-vs-apex" Error "requester {a} is not covered; policy lists {b}" "list both hosts, or use *.example.com";
    D11 "ip-vs-name" Error "requester is {ip}, policy names {host}: no DNS matching is done" "list both the name and the address";
    D12 "localhost-vs-127" Warning "localhost and 127.0.0.1 are different domains" "list both localhost and 127.0.0.1";
    D13 "case/idn/trailing-dot" Warning "domain=\"{s}\" {what}; it is compared as it is written" "write the host in lower-case ASCII (punycode), without blanks or a trailing dot";
    D14 "over-broad-star" Warning "policy lets any site open any port on this host" "narrow domain and to-ports to what is needed";
    D15 "secure-attribute" Warning "secure=\"true\" excludes http requester {url}" "drop secure, or serve the SWF over https";
    D16 "leading-newline-before-xmldecl" Warning "whitespace before {markup}: a strict player rejects the document (offset 0)" "begin the document at byte 0";
    D17 "utf8-bom" Warning "file starts with a UTF-8 BOM" "save the file without a byte order mark";
    D18 "utf16" Error "UTF-16 policy: NUL after byte {n} truncates it on the wire" "save the file as UTF-8";
    D19 "nul-inside" Warning "NUL at byte {n} ends the policy early" "remove the NUL from the document; the server adds one";
    D20 "trailing-junk" Error "text after root element: \"{text}\"" "end the document with </cross-domain-policy>";
    D21 "truncated" Error "policy ends inside <{tag}>" "send all bytes of the policy, counted in bytes";
    D22 "missing-close-tag/typo" Error "XML error: {what}" "make the document well-formed XML";
    D23 "wrong-root/case" Error "root element is <{x}>, expected <cross-domain-policy>" "name the root element exactly cross-domain-policy";
    D24 "two-roots" Error "second root element <{x}>" "serve each policy document on its own";
    D25 "wrong-dtd-url" Info "DOCTYPE system id \"{s}\" is unusual (harmless for Flash)" "use http://www.adobe.com/xml/dtds/cross-domain-policy.dtd, or no DOCTYPE";
    D26 "http-headers-element" Warning "<{element}> has no meaning on sockets" "remove the element from the socket policy";
    D27 "dup-attributes/unknown-attrs" Error "attribute {a} repeated" "write each attribute once";
    D28 "entity/DTD-internal-subset" Error "internal DTD subset refused" "remove the [...] from the DOCTYPE";
    D29 "http-policy-for-sockets" Error "HTTP crossdomain.xml never authorises sockets (since 9.0.124)" "serve a socket policy on 843 or on the target port";
    D30 "empty-policy-deny" Warning "policy grants nothing" "add an <allow-access-from>, or remove the policy server";
    D31 "template-not-expanded" Error "placeholder \"{s}\" in attribute" "render the template before serving it";
    D32 "comment-before-xmldecl" Error "comment before <?xml" "move the comment below the XML declaration";
    S01 "low-port-rule" Error "policy came from port {q} >= 1024: it cannot grant port {p} < 1024" "serve the policy from 843 or another port below 1024";
    S02 "master-only-blocks-inband" Error "in-band policy on {p} ignored: master on 843 says master-only" "list the port in the master, or let its site-control say all";
    S03 "meta-none" Error "meta-policy none: no socket policy is honoured on {host}" "let the master's site-control say master-only or all";
    S04 "by-content-type-on-socket" Warning "meta-policy {v} is meaningless on sockets" "use master-only or all";
    S05 "site-control-in-nonmaster" Warning "site-control ignored: this is not the master (843)" "move the site-control to the master on 843";
    S06 "unknown-meta-value" Error "unknown meta-policy \"{v}\"; it counts as none" "use none, master-only or all, in lower case";
    S07 "other-apps-master" Warning "843 is served by someone else: {policy}" "merge the policies of all services of this host";
    S08 "policy-host-is-connect-host" Error "policy must be on {connect_host}, found on {swf_host}" "run the policy server on the host that the SWF connects to";
    S09 "same-host-still-needs-policy" Error "own host also needs a policy listing itself" "serve a policy that lists the SWF's own host";
    S10 "self-not-listed" Error "policy does not list the requester's own host {h}" "add the SWF's own host to the policy";
    S11 "loadPolicyFile-wrong-scheme" Error "loadPolicyFile needs xmlsocket://host:port" "pass an xmlsocket:// URL with a port";
    S12 "loadPolicyFile-after-connect" Error "policy {url} requested after connect" "call loadPolicyFile before connect";
    S13 "pending-policy-hangs-denial" Warning "denial delayed by unanswered policy {url}" "remove policy locations that never answer";
    S14 "loadPolicyFile-host-differs" Error "policy from {a} cannot grant {b}" "load the policy from the host that the SWF connects to";
    S15 "cached-policy" Warning "policy cached since {t}" "restart the player to see the new policy";
    S16 "nonmaster-not-asked" Warning "target port was not asked; only the master was consulted" "list the port in the master";
    R01 "swf-domain-vs-page-domain" Error "requester is the SWF host {swf}, not the page {page}" "list the host that serves the SWF";
    R02 "local-file" Error "file:// SWF in local-with-filesystem cannot open sockets" "serve the SWF over HTTP, or trust its directory";
    R03 "ide-trusted" Warning "passes only because requester is trusted; not representative" "test the SWF as it is deployed";
    R04 "trusted-dir/air/projector" Warning "application/localTrusted sandbox: policies are not consulted" "test as remote content";
    R05 "https-swf-http-policy" Warning "https requester with plain socket" "check the secure attribute of the rule that should match";
    R06 "allowNetworking" Error "sockets disabled by embed/administrator" "correct allowNetworking in the page, or mms.cfg";
    R07 "wrong-flash-version" Warning "rule set: player {v}" "test with the profile of the player that is deployed";
    R08 "ruffle" Info "this client (Ruffle) ignores policies" "configure socketProxy with the exact host and port";
    R09 "flashblock/kill-switch" Error "no policy request was ever received: the SWF did not run" "check that the player is installed, permitted and not past its end of life";
    R10 "subdomain-of-requester" Error "{sub} is a different domain from {dom}" "use *.example.com, or list the subdomain";
    R11 "unity-player" Warning "Unity requester: only domain=\"*\" grants, and only 843 or a prefetched port is asked" "answer on 843 with domain=\"*\"";
    B01 "backend-down" Error "policy PERMITS {host}:{port}, but the port refuses: start the backend (player may report this as #2048)" "start the backend";
    B02 "backend-filtered" Error "policy PERMITS, but {port} is filtered" "open the backend's port in the firewall";
    B03 "wrong-backend-port" Error "nothing listens on {p}; did you mean {q}?" "use the same port in the SWF and in the server";
    B04 "backend-localhost-only" Error "backend answers on loopback only" "bind the backend to a public address";
    B05 "master-ok-backend-must-still-speak" Error "backend closed after the first game bytes" "detach the policy handler once it has answered";
    B06 "backend-accepts-then-closes" Warning "backend closed immediately after accept" "check the backend for TLS, a connection limit or a ban";
    B07 "no-denial-vs-refusal-difference" Info "player error alone cannot separate policy denial from closed port; here is what we saw on the wire" "read policyfiles.txt of the debug player";
    B08 "handler-infinite-loop" Warning "policy handler spins on EOF" "end the handler when a read returns end of stream";
    B09 "unhandled-event" Info "not a server fault: add securityError/ioError listeners" "add listeners for securityError and ioError to the socket";
    B10 "websocket-wrapper-generic" Info "two causes share this message: policy={p}, backend={b}" "probe the policy and the backend separately";
    O01 "eacces-843" Error "cannot bind 843: need CAP_NET_BIND_SERVICE or a redirect" "grant the capability, pass the socket in from systemd, or redirect 843 to a high port";
    O02 "eaddrinuse" Error "843 already in use by {owner}" "merge the policies into the server that holds 843";
    O03 "fallback-bug" Warning "inline fallback inactive: the policy server bound 843 itself" "pass port -1 so that only the inline answer is active";
    O04 "start-order" Warning "policy server not up yet" "start the policy server before the backend is announced";
    O05 "reboot-firewall-reset" Error "firewall lost 843 rule" "make the firewall rule persistent";
    O06 "no-supervisor" Warning "policy server exits on malformed request" "catch errors per connection and supervise the process";
    O07 "lb-health-checks" Info "bare connect/close must be tolerated" "handle a connection without a request cheaply";
    O08 "monitor-false-green" Warning "monitor accepts an invalid policy" "let the monitor evaluate the policy";
    O09 "config-reload" Warning "served policy differs from file {path}" "reload the policy server";
    O10 "env-drift" Error "staging policy on production host" "test the policy of each environment with scenarios";
    O11 "working-directory" Warning "policy path resolved to {p}" "configure an absolute path";
    O12 "crlf/charset-on-disk" Error "the policy's length is {a} but {b} were sent" "count bytes on disk, not characters, and keep line ends as they are";
    O13 "privilege-drop" Error "policy unreadable after privilege drop" "let the reduced user read the policy file";
    O14 "docker-userland-proxy-source" Info "client address is the proxy" "do not decide by the client's address behind NAT";
    O15 "debug-log-off" Info "enable mm.cfg PolicyFileLog to see the player's own reason" "set PolicyFileLog=1 and PolicyFileLogAppend=1 in mm.cfg";
    O16 "log-misread-timeout" Info "843 timeout is a delay, not the denial" "ignore the warning, or serve a master on 843";
    O17 "dos-open-daemon" Warning "{n} silent connections block the policy server" "time out idle connections";
    L01 "blanks-in-to-ports" Warning "blanks in to-ports=\"{s}\"" "write to-ports without blanks";
    L02 "unknown-element" Warning "<{element}> inside <{parent}> is not part of a policy file; it is ignored" "correct the element's name or place, or remove it";
    L03 "unknown-attribute" Warning "<{element}> has no attribute {attribute}; it is ignored" "correct the attribute's name, or remove it";
    L04 "several-site-controls" Warning "site-control number {n}; the most restrictive one counts" "keep one site-control";
    L05 "bad-secure-value" Warning "secure=\"{s}\" is neither true nor false; it counts as absent" "write true or false, in lower case";
    L06 "text-in-element" Error "text inside <{element}>: \"{text}\"" "remove the text, or make it a comment";
    L07 "namespaced-element" Error "<{element}> is in an XML namespace; a player does not read it" "remove the prefix or the default namespace";
    L08 "missing-domain" Error "no domain is named here; it grants nothing" "add a domain attribute";
    L09 "document-over-limit" Error "the document has more than {limit}" "make the policy smaller and simpler";
    L10 "undecodable-byte" Error "byte {n} is not valid UTF-8, and no other readable encoding is declared" "save the file as UTF-8";
    L11 "empty-document" Error "the document has no root element" "serve a <cross-domain-policy> document";
    L12 "text-before-root" Error "\"{text}\" stands before <cross-domain-policy>" "let only declarations and comments precede the root element";
    L13 "length-prefix" Error "the document begins with its own length ({n}) in two bytes, as Java's writeUTF does" "write the plain bytes of the policy";
    L14 "domain-with-user-info" Error "domain=\"{s}\" contains user-info" "write the bare host";
    L15 "domain-not-a-host" Error "domain=\"{s}\" cannot be the name or address of one host" "write *, *.example.com, one host name or one address";
    L16 "shadowed-rule" Warning "this rule grants nothing that the rule on line {line} does not grant" "remove one of the two rules";
    L17 "duplicate-rule" Warning "this rule says the same as the rule on line {line}" "remove one of the two rules";
    L18 "star-beside-others" Warning "domain=\"*\" admits every site to {ports}, whatever sites the {n} beside it names" "name the sites in the rule with *, or let it stand alone if everybody is meant";
    L19 "public-suffix-wildcard" Warning "*.{suffix} covers every site that anybody registers under {suffix} (CWE-942)" "name the sites one by one, each with a wildcard of its own if need be";
    L20 "only-policy-port" Error "to-ports=\"{s}\" lists only 843, where policies are asked for, not a port that a SWF connects to" "list the port that the SWF connects to";
    L21 "any-site" Warning "a SWF of any site may {what} (CWE-942)" "name the sites that need it";
    L22 "dead-grants" Error "meta-policy none voids the {n} of this policy" "let site-control say master-only or all, or remove the rules";
    L23 "any-headers" Warning "a SWF of any site may send any header (CWE-942)" "name the sites and the headers that they need";
    L24 "insecure-grant" Warning "secure=\"false\" lets SWFs that came over http read what is served over https" "serve the SWFs over https, and drop secure=\"false\"";
    L25 "suppression-without-reason" Error "a suppression without {what} suppresses nothing" "write the id of the rule, a colon and the reason, as in <!-- flash-policy-allow FSP-D14: public arcade -->";
    L26 "unused-suppression" Warning "nothing here meets {id}: the suppression has no effect" "remove the suppression";
    L27 "missing-headers" Error "<allow-http-request-headers-from> names no headers; it grants nothing" "add headers with the names that may be sent";
}
