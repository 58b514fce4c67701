//! Transport: connecting to a policy server, and the bytes that it sends.

use super::define_rules;

define_rules! {
    const TRANSPORT;

    MASTER_REFUSED "FSP-T01" "master-refused" Warning
        "{endpoint} {how}, so there is no master policy"
        "run a master policy server on 843, or answer in-band on the target port"
        => master_refused(endpoint, how);

    MASTER_DROPPED "FSP-T02" "master-dropped" Warning
        "nothing replied to the connect to {endpoint} within {seconds} s, as when a firewall \
         drops packets; each new player waits that long"
        "open the port in the firewall, or let it reject instead of dropping"
        => master_dropped(endpoint, seconds);

    EXPLICIT_LOAD_NO_TIMEOUT "FSP-T03" "explicit-load-no-timeout" Warning
        "nothing replied to the connect to {endpoint}, which loadPolicyFile names: there the \
         player waits until the operating system gives up, not 3 s"
        "take out the call of loadPolicyFile, or let it name a port that is open"
        => explicit_load_no_timeout(endpoint);

    ACCEPT_THEN_SILENCE "FSP-T04" "accept-then-silence" Error
        "{host}:{port} accepted but sent nothing within {seconds} s"
        "answer within 3 s, serve clients concurrently and time out idle ones"
        => accept_then_silence(host, port, seconds);

    SLOW_DRIP "FSP-T05" "slow-drip" Warning
        "{endpoint} is slow: {what}"
        "keep the bytes in memory, do no reverse DNS and set TCP_NODELAY"
        => slow_drip(endpoint, what);

    RESET_AFTER_ANSWER "FSP-T06" "reset-after-answer" Warning
        "{endpoint} reset the connection {when}, as a server does that closes before it has read \
         the whole request"
        "read all 23 bytes of the request before closing"
        => reset_after_answer(endpoint, when);

    IPS_BLOCKED "FSP-T07" "ips-blocked" Error
        "SYN to 843 succeeds but traffic dies after the policy request: middlebox suspected"
        "allow policy traffic in the firewall, or serve in-band on 443 or 80";

    HTTP_PROXY_ONLY "FSP-T08" "http-proxy-only" Error
        "Flash sockets do not use the browser proxy; direct TCP to {host} required"
        "allow direct TCP, or tunnel over HTTP";

    CDN_OR_LB_HOST "FSP-T09" "cdn-or-lb-host" Error
        "{host} resolves to a proxy that does not forward 843"
        "give the socket host a DNS name of its own, or forward 843 as raw TCP";

    HTTP_PROXY_EATS_REQUEST "FSP-T10" "http-proxy-eats-request" Error
        "{endpoint} answers HTTP, not a policy: the port itself speaks HTTP, or an HTTP proxy \
         stands in front of it"
        "let the server answer the 23 bytes itself, forward the port as raw TCP, or run a master \
         policy server on 843"
        => http_proxy_eats_request(endpoint);

    HTTP_SERVER_ON_843 "FSP-T11" "http-server-on-843" Error
        "{endpoint} answers HTTP, and the player expects the bytes of the policy alone"
        "let a server that speaks no HTTP answer on that port with the policy and a NUL"
        => http_server_on_843(endpoint);

    TLS_ON_POLICY_PORT "FSP-T12" "tls-on-policy-port" Error
        "{endpoint} expects TLS, and Flash sends plain text"
        "add a plaintext listener for policy requests"
        => tls_on_policy_port(endpoint);

    SECURESOCKET_NEEDS_TLS_POLICY "FSP-T13" "securesocket-needs-tls-policy" Warning
        "ClientHello seen on the policy port: SecureSocket policy over TLS required"
        "add a TLS policy listener with a trusted certificate";

    MISSING_NUL_OPEN "FSP-T14" "missing-nul-open" Error
        "{endpoint} sent no NUL byte to end its answer and keeps the connection open, so the \
         player goes on waiting"
        "send a NUL byte after the policy"
        => missing_nul_open(endpoint);

    MISSING_NUL_CLOSE "FSP-T15" "missing-nul-close" Warning
        "{endpoint} closed the connection and sent no NUL byte: most players take that as the \
         end of the policy, the specification does not"
        "send a NUL byte after the policy"
        => missing_nul_close(endpoint);

    FAKE_NUL "FSP-T16" "fake-nul" Error
        "trailing text \"{text}\" after the root element {what}"
        "send the byte 0x00, not its escape sequence"
        => fake_nul(text, what);

    TOO_MANY_NULS "FSP-T17" "too-many-nuls" Warning
        "{extra} behind the terminating NUL"
        "send exactly one NUL byte"
        => too_many_nuls(extra);

    REQUEST_FRAGMENTED "FSP-T18" "request-fragmented" Warning
        "server failed a request split at byte {n}: one-read assumption"
        "buffer the request until its NUL"
        by reference;

    REQUEST_COALESCED "FSP-T19" "request-coalesced" Warning
        "bytes after the request in the same segment were swallowed"
        "consume exactly 23 bytes and leave the rest to the application"
        by reference;

    BYTE_BY_BYTE_FIRST_CHAR "FSP-T20" "byte-by-byte-first-char" Warning
        "server answered a policy to {prefix}, which is not a policy request"
        "compare all 23 bytes of the request"
        by reference;

    RESPONSE_FRAGMENTED "FSP-T21" "response-fragmented" Info
        "policy arrived in {n} segments over {t} ms (fine for Flash; breaks one-read clients)"
        "send the policy in one write"
        by reference;

    RESPONSE_4096_MULTIPLE "FSP-T22" "response-4096-multiple" Warning
        "policy length with its NUL is {length} bytes, a multiple of 4096: some clients block"
        "keep the policy below 4096 bytes, or close after it"
        => response_4096_multiple(length);

    POLICY_TOO_BIG "FSP-T23" "policy-too-big" Error
        "the answer has {received} bytes or more, and the player reads {limit} at most"
        "make the policy smaller, for example with wildcards and port ranges"
        => policy_too_big(received, limit);

    UNPROMPTED_POLICY "FSP-T24" "unprompted-policy" Warning
        "policy was sent before the request ({t} ms early)"
        "wait for the request before answering"
        by reference;

    POLICY_SENT_TWICE "FSP-T25" "policy-sent-twice" Error
        "{count} policies on one connection"
        "answer once, then close"
        => policy_sent_twice(count);

    LEFT_OPEN_LEAK "FSP-T26" "left-open-leak" Warning
        "server keeps the policy connection open {t} s after the answer"
        "close after the answer and time out idle connections"
        by reference;

    CLOSED_BEFORE_FLUSH "FSP-T27" "closed-before-flush" Error
        "{endpoint} {how} the connection without sending a byte of policy"
        "read the whole request, send the policy, and close only after it is flushed"
        => closed_before_flush(endpoint, how);

    SAME_CONNECTION_EXPECTED "FSP-T28" "same-connection-expected" Error
        "client will reconnect: do not wait for data on the policy connection"
        "treat the policy and the application as independent connections";

    EMPTY_FIRST_CONNECTION "FSP-T29" "empty-first-connection" Warning
        "a server that answered before now ends the connection without a byte: a connection \
         limiter may count policy requests"
        "exempt policy requests from connection limits"
        => empty_first_connection();

    IPV6_VS_IPV4 "FSP-T30" "ipv6-vs-ipv4" Error
        "{name} resolves to {v6} first but policy is only on {v4}"
        "listen on both address families, or correct the AAAA record"
        => ipv6_vs_ipv4(name, v6, v4);

    LISTENS_ON_LOOPBACK "FSP-T31" "listens-on-loopback" Error
        "port answers on loopback only"
        "bind 0.0.0.0 or ::";

    WRONG_PORT_NUMBER "FSP-T32" "wrong-port-number" Error
        "policy listens on {p}; Flash only asks 843 and the target port"
        "serve on 843, or name the port in loadPolicyFile";

    BLOCKED_POLICY_PORT "FSP-T33" "blocked-policy-port" Warning
        "Flash refuses to fetch a policy from reserved port {port}"
        "serve the policy from another port"
        => blocked_policy_port(port);

    DNS_MISSING "FSP-T34" "dns-missing" Error
        "{host} does not resolve"
        "publish the name in the DNS that the clients use"
        => dns_missing(host);

    NAT_HAIRPIN "FSP-T35" "nat-hairpin" Error
        "public address unreachable from inside"
        "answer with the inner address inside the network (split DNS)";

    REQUEST_VARIANT "FSP-T36" "request-variant" Error
        "server only answers {variant}; Flash sends <policy-file-request/>\\0"
        "accept the 23-byte request"
        by reference;

    CASE_LINE_DELIMITER "FSP-T37" "case/line-delimiter" Error
        "server waits for a newline"
        "take NUL, not a newline, as the end of the request"
        by reference;

    CONNTRACK_PORTFORWARD "FSP-T38" "conntrack/portforward" Error
        "843 reachable on the host but not mapped"
        "publish 843 from the container or NAT, also for local traffic";

    KEEPALIVE_ACK_DELAY "FSP-T39" "keepalive/ack-delay" Info
        "answer needed {n} round trips"
        "send the answer in one write with TCP_NODELAY";

    MAX_CONNECTIONS "FSP-T40" "max-connections" Warning
        "policy server did not answer {n}/{m} parallel requests"
        "raise the accept backlog and serve clients concurrently"
        by reference;
}
