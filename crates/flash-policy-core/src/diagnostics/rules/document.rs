//! The policy document: its text, its encoding, its elements and their values.

use super::define_rules;

define_rules! {
    const DOCUMENT;

    MISSING_TO_PORTS "FSP-D01" "missing-to-ports" Error
        "<allow-access-from> has no to-ports; it grants no port"
        "add to-ports with the ports that the SWF connects to"
        => missing_to_ports();

    PORT_NOT_LISTED "FSP-D02" "port-not-listed" Error
        "port {p} not in to-ports=\"{s}\""
        "add the port to to-ports"
        => port_not_listed(p, s);

    LISTS_843_INSTEAD "FSP-D03" "lists-843-instead" Error
        "to-ports names the policy port 843, not the port the SWF connects to ({p})"
        "list the port that the SWF connects to"
        => lists_843_instead(p);

    BAD_RANGE_SYNTAX "FSP-D04" "bad-range-syntax" Error
        "cannot parse port range \"{item}\" in to-ports=\"{to_ports}\""
        "write ports and ranges as in 1000-2000,3000"
        => bad_range_syntax(item, to_ports);

    DOMAIN_WITH_SCHEME "FSP-D05" "domain-with-scheme" Error
        "domain=\"{domain}\" contains a scheme; use \"{host}\""
        "write the bare host"
        => domain_with_scheme(domain, host);

    DOMAIN_WITH_PORT "FSP-D06" "domain-with-port" Error
        "domain=\"{domain}\" contains a port"
        "remove the port and use to-ports"
        => domain_with_port(domain);

    DOMAIN_WITH_PATH_TRAILING_SLASH "FSP-D07" "domain-with-path/trailing-slash" Error
        "domain=\"{domain}\" contains a path"
        "write the bare host"
        => domain_with_path_trailing_slash(domain);

    WILDCARD_MIDDLE "FSP-D08" "wildcard-middle" Error
        "wildcard only allowed as \"*\" or \"*.suffix\", not \"{domain}\""
        "write *.example.com, or list the hosts one by one"
        => wildcard_middle(domain);

    WILDCARD_APEX "FSP-D09" "wildcard-apex" Info
        "*.{suffix} also matches the apex {suffix}"
        "list the hosts one by one if the apex must stay out"
        => wildcard_apex(suffix);

    WWW_VS_APEX "FSP-D10" "www-vs-apex" Error
        "requester {requester} is not covered; policy lists {listed}"
        "list both hosts, or use *.example.com"
        => www_vs_apex(requester, listed);

    IP_VS_NAME "FSP-D11" "ip-vs-name" Error
        "requester is {requester}, policy names {listed}: no DNS matching is done"
        "list both the name and the address"
        => ip_vs_name(requester, listed);

    LOCALHOST_VS_127 "FSP-D12" "localhost-vs-127" Warning
        "localhost and 127.0.0.1 are different domains"
        "list both localhost and 127.0.0.1"
        => localhost_vs_127();

    CASE_IDN_TRAILING_DOT "FSP-D13" "case/idn/trailing-dot" Warning
        "domain=\"{domain}\" {what}; it is compared as it is written"
        "write the host in lower-case ASCII (punycode), without blanks or a trailing dot"
        => case_idn_trailing_dot(domain, what);

    OVER_BROAD_STAR "FSP-D14" "over-broad-star" Warning
        "policy lets any site open any port on this host"
        "narrow domain and to-ports to what is needed"
        => over_broad_star();

    SECURE_ATTRIBUTE "FSP-D15" "secure-attribute" Warning
        "secure=\"true\" excludes http requester {url}"
        "drop secure, or serve the SWF over https"
        => secure_attribute(url);

    LEADING_NEWLINE_BEFORE_XMLDECL "FSP-D16" "leading-newline-before-xmldecl" Warning
        "whitespace before {markup}: a strict player rejects the document (offset 0)"
        "begin the document at byte 0"
        => leading_newline_before_xmldecl(markup);

    UTF8_BOM "FSP-D17" "utf8-bom" Warning
        "file starts with a UTF-8 BOM"
        "save the file without a byte order mark"
        => utf8_bom();

    UTF16 "FSP-D18" "utf16" Error
        "UTF-16 policy: the NUL at byte {offset} truncates it on the wire"
        "save the file as UTF-8, or send it in that encoding"
        => utf16(offset);

    NUL_INSIDE "FSP-D19" "nul-inside" Warning
        "NUL at byte {offset} ends the policy early"
        "remove the NUL from the document; the server adds one"
        => nul_inside(offset);

    TRAILING_JUNK "FSP-D20" "trailing-junk" Error
        "text after root element: \"{text}\""
        "end the document with </cross-domain-policy>"
        => trailing_junk(text);

    TRUNCATED "FSP-D21" "truncated" Error
        "policy ends inside <{tag}>"
        "send all bytes of the policy, counted in bytes"
        => truncated(tag);

    MISSING_CLOSE_TAG_TYPO "FSP-D22" "missing-close-tag/typo" Error
        "XML error: {what}"
        "make the document well-formed XML"
        => missing_close_tag_typo(what);

    WRONG_ROOT_CASE "FSP-D23" "wrong-root/case" Error
        "root element is <{element}>, expected <cross-domain-policy>"
        "name the root element exactly cross-domain-policy"
        => wrong_root_case(element);

    TWO_ROOTS "FSP-D24" "two-roots" Error
        "second root element <{element}>"
        "serve each policy document on its own"
        => two_roots(element);

    WRONG_DTD_URL "FSP-D25" "wrong-dtd-url" Info
        "DOCTYPE system id \"{system_id}\" is unusual (harmless for Flash)"
        "use http://www.adobe.com/xml/dtds/cross-domain-policy.dtd, or no DOCTYPE"
        => wrong_dtd_url(system_id);

    HTTP_HEADERS_ELEMENT "FSP-D26" "http-headers-element" Warning
        "<{element}> has no meaning on sockets"
        "remove the element from the socket policy"
        => http_headers_element(element);

    DUP_ATTRIBUTES_UNKNOWN_ATTRS "FSP-D27" "dup-attributes/unknown-attrs" Error
        "attribute {attribute} repeated"
        "write each attribute once"
        => dup_attributes_unknown_attrs(attribute);

    ENTITY_DTD_INTERNAL_SUBSET "FSP-D28" "entity/DTD-internal-subset" Error
        "internal DTD subset refused"
        "remove the [...] from the DOCTYPE"
        => entity_dtd_internal_subset();

    HTTP_POLICY_FOR_SOCKETS "FSP-D29" "http-policy-for-sockets" Error
        "HTTP crossdomain.xml never authorises sockets (since 9.0.124)"
        "serve a socket policy on 843 or on the target port"
        => http_policy_for_sockets();

    EMPTY_POLICY_DENY "FSP-D30" "empty-policy-deny" Warning
        "policy grants nothing: {why}"
        "add an <allow-access-from>, or remove the policy server"
        => empty_policy_deny(why);

    TEMPLATE_NOT_EXPANDED "FSP-D31" "template-not-expanded" Error
        "placeholder \"{value}\" in attribute"
        "render the template before serving it"
        => template_not_expanded(value);

    COMMENT_BEFORE_XMLDECL "FSP-D32" "comment-before-xmldecl" Error
        "comment before <?xml"
        "move the comment below the XML declaration"
        => comment_before_xmldecl();
}
