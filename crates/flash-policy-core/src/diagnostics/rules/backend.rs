//! The backend behind a policy that permits.

use super::define_rules;

define_rules! {
    const BACKEND;

    BACKEND_DOWN "FSP-B01" "backend-down" Error
        "{host}:{port} is permitted, but the port refuses connections; the player may report that \
         as #2048, like a denial"
        "start the backend"
        => backend_down(host, port);

    BACKEND_FILTERED "FSP-B02" "backend-filtered" Error
        "{endpoint} is permitted, but nothing replied to the connect, as when a firewall drops \
         packets; the player reports that as #2048, like a denial"
        "open the backend's port in the firewall"
        => backend_filtered(endpoint);

    WRONG_BACKEND_PORT "FSP-B03" "wrong-backend-port" Error
        "nothing listens on {p}; did you mean {q}?"
        "use the same port in the SWF and in the server";

    BACKEND_LOCALHOST_ONLY "FSP-B04" "backend-localhost-only" Error
        "backend answers on loopback only"
        "bind the backend to a public address";

    MASTER_OK_BACKEND_MUST_STILL_SPEAK "FSP-B05" "master-ok-backend-must-still-speak" Error
        "backend closed after the first game bytes"
        "detach the policy handler once it has answered";

    BACKEND_ACCEPTS_THEN_CLOSES "FSP-B06" "backend-accepts-then-closes" Warning
        "backend closed immediately after accept"
        "check the backend for TLS, a connection limit or a ban";

    NO_DENIAL_VS_REFUSAL_DIFFERENCE "FSP-B07" "no-denial-vs-refusal-difference" Info
        "player error alone cannot separate policy denial from closed port; here is what we saw on \
         the wire"
        "read policyfiles.txt of the debug player";

    HANDLER_INFINITE_LOOP "FSP-B08" "handler-infinite-loop" Warning
        "policy handler spins on EOF"
        "end the handler when a read returns end of stream";

    UNHANDLED_EVENT "FSP-B09" "unhandled-event" Info
        "not a server fault: add securityError/ioError listeners"
        "add listeners for securityError and ioError to the socket";

    WEBSOCKET_WRAPPER_GENERIC "FSP-B10" "websocket-wrapper-generic" Info
        "two causes share this message: policy={p}, backend={b}"
        "probe the policy and the backend separately";
}
