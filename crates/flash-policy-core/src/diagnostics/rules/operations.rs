//! Operations: running a policy server.

use super::define_rules;

define_rules! {
    const OPERATIONS;

    EACCES_843 "FSP-O01" "eacces-843" Error
        "cannot bind 843: need CAP_NET_BIND_SERVICE or a redirect"
        "grant the capability, pass the socket in from systemd, or redirect 843 to a high port"
        by reference;

    EADDRINUSE "FSP-O02" "eaddrinuse" Error
        "843 already in use by {owner}"
        "merge the policies into the server that holds 843"
        by reference;

    FALLBACK_BUG "FSP-O03" "fallback-bug" Warning
        "inline fallback inactive: the policy server bound 843 itself"
        "pass port -1 so that only the inline answer is active";

    START_ORDER "FSP-O04" "start-order" Warning
        "policy server not up yet"
        "start the policy server before the backend is announced";

    REBOOT_FIREWALL_RESET "FSP-O05" "reboot-firewall-reset" Error
        "firewall lost 843 rule"
        "make the firewall rule persistent";

    NO_SUPERVISOR "FSP-O06" "no-supervisor" Warning
        "policy server exits on malformed request"
        "catch errors per connection and supervise the process"
        => no_supervisor();

    LB_HEALTH_CHECKS "FSP-O07" "lb-health-checks" Info
        "bare connect/close must be tolerated"
        "handle a connection without a request cheaply"
        by reference;

    MONITOR_FALSE_GREEN "FSP-O08" "monitor-false-green" Warning
        "monitor accepts an invalid policy"
        "let the monitor evaluate the policy";

    CONFIG_RELOAD "FSP-O09" "config-reload" Warning
        "served policy differs from file {path}"
        "reload the policy server";

    ENV_DRIFT "FSP-O10" "env-drift" Error
        "staging policy on production host"
        "test the policy of each environment with scenarios";

    WORKING_DIRECTORY "FSP-O11" "working-directory" Warning
        "policy path resolved to {p}"
        "configure an absolute path";

    CRLF_CHARSET_ON_DISK "FSP-O12" "crlf/charset-on-disk" Error
        "the policy's length is {a} but {b} were sent"
        "count bytes on disk, not characters, and keep line ends as they are";

    PRIVILEGE_DROP "FSP-O13" "privilege-drop" Error
        "policy unreadable after privilege drop"
        "let the reduced user read the policy file";

    DOCKER_USERLAND_PROXY_SOURCE "FSP-O14" "docker-userland-proxy-source" Info
        "client address is the proxy"
        "do not decide by the client's address behind NAT";

    DEBUG_LOG_OFF "FSP-O15" "debug-log-off" Info
        "enable mm.cfg PolicyFileLog to see the player's own reason"
        "set PolicyFileLog=1 and PolicyFileLogAppend=1 in mm.cfg";

    LOG_MISREAD_TIMEOUT "FSP-O16" "log-misread-timeout" Info
        "843 timeout is a delay, not the denial"
        "ignore the warning, or serve a master on 843";

    DOS_OPEN_DAEMON "FSP-O17" "dos-open-daemon" Warning
        "{n} silent connections block the policy server"
        "time out idle connections";
}
