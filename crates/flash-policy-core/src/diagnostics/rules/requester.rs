//! The requester: the SWF, its sandbox, its page and its player.

use super::define_rules;

define_rules! {
    const REQUESTER;

    SWF_DOMAIN_VS_PAGE_DOMAIN "FSP-R01" "swf-domain-vs-page-domain" Error
        "requester is the SWF host {swf}, not the page {page}"
        "list the host that serves the SWF";

    LOCAL_FILE "FSP-R02" "local-file" Error
        "a SWF in the sandbox local-with-filesystem cannot open sockets"
        "publish the SWF for network access, serve it over HTTP, or trust its directory"
        => local_file();

    IDE_TRUSTED "FSP-R03" "ide-trusted" Warning
        "permitted only because the SWF is trusted: no policy was asked for, so this shows nothing \
         about other users"
        "test the SWF as it is deployed"
        => ide_trusted();

    TRUSTED_DIR_AIR_PROJECTOR "FSP-R04" "trusted-dir/air/projector" Warning
        "permitted only because an AIR application needs no policy: this shows nothing about a SWF \
         in a browser"
        "test as remote content"
        => trusted_dir_air_projector();

    HTTPS_SWF_HTTP_POLICY "FSP-R05" "https-swf-http-policy" Warning
        "https requester with plain socket"
        "check the secure attribute of the rule that should match";

    ALLOW_NETWORKING "FSP-R06" "allowNetworking" Error
        "the page that embeds the SWF (allowNetworking), or the administrator (mms.cfg), disabled \
         sockets"
        "embed the SWF without allowNetworking=\"none\", and check mms.cfg"
        => allow_networking();

    WRONG_FLASH_VERSION "FSP-R07" "wrong-flash-version" Warning
        "rule set: player {v}"
        "test with the profile of the player that is deployed";

    RUFFLE "FSP-R08" "ruffle" Info
        "this client (Ruffle) ignores policies"
        "configure socketProxy with the exact host and port";

    FLASHBLOCK_KILL_SWITCH "FSP-R09" "flashblock/kill-switch" Error
        "no policy request was ever received: the SWF did not run"
        "check that the player is installed, permitted and not past its end of life";

    SUBDOMAIN_OF_REQUESTER "FSP-R10" "subdomain-of-requester" Error
        "{sub} is a different domain from {dom}"
        "use *.example.com, or list the subdomain"
        => subdomain_of_requester(sub, dom);

    UNITY_PLAYER "FSP-R11" "unity-player" Warning
        "Unity requester: only domain=\"*\" grants, and only 843 or a prefetched port is asked"
        "answer on 843 with domain=\"*\"";
}
