//! Lints that the failure catalogue lacks: redundant, over-broad and unusual rules.

use super::define_rules;

define_rules! {
    const LINTS;

    BLANKS_IN_TO_PORTS "FSP-L01" "blanks-in-to-ports" Warning
        "blanks in to-ports=\"{to_ports}\""
        "write to-ports without blanks"
        => blanks_in_to_ports(to_ports);

    UNKNOWN_ELEMENT "FSP-L02" "unknown-element" Warning
        "<{element}> inside <{parent}> {why}; it is ignored"
        "correct the element's name or place, or remove it"
        => unknown_element(element, parent, why);

    UNKNOWN_ATTRIBUTE "FSP-L03" "unknown-attribute" Warning
        "<{element}> has no attribute {attribute}; it is ignored"
        "correct the attribute's name, or remove it"
        => unknown_attribute(element, attribute);

    SEVERAL_SITE_CONTROLS "FSP-L04" "several-site-controls" Warning
        "site-control number {number}; the most restrictive one counts"
        "keep one site-control"
        => several_site_controls(number);

    BAD_SECURE_VALUE "FSP-L05" "bad-secure-value" Warning
        "secure=\"{value}\" is neither true nor false; it counts as absent"
        "write true or false, in lower case"
        => bad_secure_value(value);

    TEXT_IN_ELEMENT "FSP-L06" "text-in-element" Error
        "text inside <{element}>: \"{text}\""
        "remove the text, or make it a comment"
        => text_in_element(element, text);

    NAMESPACED_ELEMENT "FSP-L07" "namespaced-element" Error
        "<{element}> is in an XML namespace; a player does not read it"
        "remove the prefix or the default namespace"
        => namespaced_element(element);

    MISSING_DOMAIN "FSP-L08" "missing-domain" Error
        "no domain is named here; it grants nothing"
        "add a domain attribute"
        => missing_domain();

    DOCUMENT_OVER_LIMIT "FSP-L09" "document-over-limit" Error
        "the document has more than {limit}"
        "make the policy smaller and simpler"
        => document_over_limit(limit);

    UNDECODABLE_BYTE "FSP-L10" "undecodable-byte" Error
        "byte {offset} is not valid UTF-8, and no other readable encoding is declared"
        "save the file as UTF-8"
        => undecodable_byte(offset);

    EMPTY_DOCUMENT "FSP-L11" "empty-document" Error
        "the document has no root element"
        "serve a <cross-domain-policy> document"
        => empty_document();

    TEXT_BEFORE_ROOT "FSP-L12" "text-before-root" Error
        "\"{text}\" stands where <cross-domain-policy> should begin"
        "remove the text: only a declaration and comments may come before the root element"
        => text_before_root(text);

    LENGTH_PREFIX "FSP-L13" "length-prefix" Error
        "the document begins with its own length ({length}) in {bytes}"
        "write the plain bytes of the policy"
        => length_prefix(length, bytes);

    DOMAIN_WITH_USER_INFO "FSP-L14" "domain-with-user-info" Error
        "domain=\"{domain}\" contains user-info"
        "write the bare host"
        => domain_with_user_info(domain);

    DOMAIN_NOT_A_HOST "FSP-L15" "domain-not-a-host" Error
        "domain=\"{domain}\" cannot be the name or address of one host"
        "write *, *.example.com, one host name or one address"
        => domain_not_a_host(domain);

    SHADOWED_RULE "FSP-L16" "shadowed-rule" Warning
        "this rule grants nothing that the rule on line {line} does not grant"
        "remove one of the two rules"
        => shadowed_rule(line);

    DUPLICATE_RULE "FSP-L17" "duplicate-rule" Warning
        "this rule says the same as the rule on line {line}"
        "remove one of the two rules"
        => duplicate_rule(line);

    STAR_BESIDE_OTHERS "FSP-L18" "star-beside-others" Warning
        "domain=\"*\" admits every site to {ports}, beside {others} for named sites"
        "name the sites in the rule with *, or let it stand alone if everybody is meant"
        => star_beside_others(others, ports);

    PUBLIC_SUFFIX_WILDCARD "FSP-L19" "public-suffix-wildcard" Warning
        "*.{suffix} covers every site that anybody registers under {suffix} (CWE-942)"
        "name the sites one by one, each with a wildcard of its own if need be"
        => public_suffix_wildcard(suffix);

    ONLY_POLICY_PORT "FSP-L20" "only-policy-port" Error
        "to-ports=\"{to_ports}\" lists only 843, where policies are asked for, not a port that a \
         SWF connects to"
        "list the port that the SWF connects to"
        => only_policy_port(to_ports);

    ANY_SITE "FSP-L21" "any-site" Warning
        "a SWF of any site may {what} (CWE-942)"
        "name the sites that need it"
        => any_site(what);

    DEAD_GRANTS "FSP-L22" "dead-grants" Error
        "meta-policy none voids the {grants} of this policy"
        "let site-control say master-only or all, or remove the rules"
        => dead_grants(grants);

    ANY_HEADERS "FSP-L23" "any-headers" Warning
        "a SWF of any site may send any header (CWE-942)"
        "name the sites and the headers that they need"
        => any_headers();

    INSECURE_GRANT "FSP-L24" "insecure-grant" Warning
        "secure=\"false\" lets SWFs that came over http read what is served over https"
        "serve the SWFs over https, and drop secure=\"false\""
        => insecure_grant();

    SUPPRESSION_WITHOUT_REASON "FSP-L25" "suppression-without-reason" Error
        "a suppression without {what} suppresses nothing"
        "write the id of the rule, a colon and the reason, as in <!-- flash-policy-allow FSP-D14: \
         public arcade -->"
        => suppression_without_reason(what);

    UNUSED_SUPPRESSION "FSP-L26" "unused-suppression" Warning
        "nothing here meets {id}: the suppression has no effect"
        "remove the suppression"
        => unused_suppression(id);

    MISSING_HEADERS "FSP-L27" "missing-headers" Error
        "<allow-http-request-headers-from> names no headers; it grants nothing"
        "add headers with the names that may be sent"
        => missing_headers();

    REQUESTER_NOT_LISTED "FSP-L28" "requester-not-listed" Error
        "no rule names the requester {requester}; {nearest}"
        "add the requester to the policy"
        => requester_not_listed(requester, nearest);

    PORT_OUT_OF_RANGE "FSP-L29" "port-out-of-range" Error
        "port {port} is not a number from 0 to 65535"
        "connect to a port from 1 to 65535"
        => port_out_of_range(port);

    REQUEST_ECHOED "FSP-L30" "request-echoed" Error
        "{endpoint} sent the request itself back, as an echo server does: it is not a policy \
         server"
        "answer the request with a policy file, or run a master policy server on 843"
        => request_echoed(endpoint);

    BACKEND_RESET "FSP-L31" "backend-reset" Error
        "{target} is permitted, and reset the connection while it was being opened"
        "find out what resets connections to the backend"
        => backend_reset(target);

    NO_POLICY_SERVER_DECLARED "FSP-L32" "no-policy-server-declared" Error
        "only backends are declared for {host}: no policy server answers there"
        "declare a policy server on 843, or an in-band policy on the target port"
        => no_policy_server_declared(host);
}
