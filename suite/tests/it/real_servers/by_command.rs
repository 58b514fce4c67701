//! Policy servers that people really run, started by `flash-policy run` and tortured: each has just
//! its true defects.

use std::process::Command;

use rstest::rstest;

use super::{
    self as packages, AUTOBAHN_SERVER, NGINX_CONF, POLICYFILE_IN_BAND, Package, XINETD_CONF,
    installed, is_missing,
};
use crate::{Folder, GOOD};

/// Listens on what it is given, as policyfile of Debian; exits 0 without a word when its port is
/// taken.
const POLICYFILE: &str = r#"require("policyfile").createServer({log: false}, ["*.example.com:5000"]).listen(Number(process.argv[2]))"#;

const SOCAT: &str = "exec socat -U \
    TCP4-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,shut-none,end-close,backlog=250 \
    OPEN:policy,rdonly";
const FILLED: &str =
    r#"sed "s|@port@|{port}|; s|@dir@|$PWD|; s|@user@|$(id -un)|" server > filled && "#;

/// The findings are `check verdict rule`, in order.
#[rstest]
#[case::policyfile_of_debian_speaks_first_and_sends_no_nul(
    &packages::POLICYFILE_OF_DEBIAN, POLICYFILE, "--env NODE_PATH=/usr/share/nodejs", "exec node \
        server {port}",
    &["speaks-first tolerated FSP-T24", "answer-end tolerated FSP-T15"]
)]
#[case::policyfile_in_band_is_beaten_by_the_http_parser(
    &packages::POLICYFILE_OF_NPM, POLICYFILE_IN_BAND, "--port port=5000 --ready http=/", "exec \
        node filled",
    &["request fail FSP-T10"]
)]
#[case::nginx_sends_http_headers_before_the_policy(
    &packages::NGINX, NGINX_CONF, "", "exec /usr/sbin/nginx -e stderr -c $PWD/filled",
    &["request fail FSP-T11"]
)]
#[case::xinetd_never_reads_the_request(
    &packages::XINETD, XINETD_CONF, "",
    "exec /usr/sbin/xinetd -dontfork -filelog /dev/stderr -f filled -pidfile xinetd.pid",
    &["speaks-first tolerated FSP-T24", "resets tolerated FSP-T06"]
)]
#[case::socat_never_reads_the_request(
    &packages::SOCAT, "", "", SOCAT, &["speaks-first tolerated FSP-T24", "resets tolerated FSP-T06"]
)]
#[case::autobahn_has_none(&packages::AUTOBAHN, AUTOBAHN_SERVER, "--port port=5000", "exec python3 \
    -S -u server {port} policy", &[])]
fn a_real_server_has_its_true_defects(
    #[case] package: &Package,
    #[case] server: &str,
    #[case] options: &str,
    #[case] command: &str,
    #[case] findings: &[&str],
) {
    if is_missing(package) {
        return;
    }
    let server = server
        .replace("{port}", "@port@")
        .replace("{dir}/policy.xml", "@dir@/policy")
        .replace("{dir}", "@dir@");
    let fills = if server.contains("@port@") { FILLED } else { "" };
    let folder = Folder::new()
        .put("server", server.replace("/policy.xml", "/policy"))
        .put("policy", format!("{GOOD}\0"));
    let mut run = Command::new(crate::COMMAND);
    run.current_dir(folder.path("")).args(["run", "--torture", "--format", "json"]);
    run.args(options.split_whitespace()).env("PYTHONPATH", installed("pip"));
    if !options.contains("NODE_PATH") {
        run.env("NODE_PATH", installed("npm/node_modules"));
    }
    let output = run.arg("--").arg(format!("{fills}{command}")).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));

    let is_found = |check: &&serde_json::Value| {
        !["pass", "not-run"].contains(&check["verdict"].as_str().unwrap())
    };
    let found = report["checks"].as_array().unwrap().iter().filter(is_found).map(|check| {
        let rule = check["rule"].as_str().unwrap_or("without a rule");
        format!("{} {} {rule}", check["id"].as_str().unwrap(), check["verdict"].as_str().unwrap())
    });
    assert_eq!(found.collect::<Vec<_>>(), findings, "{report:#}");
    let fails = findings.iter().any(|finding| finding.contains(" fail "));
    assert_eq!(output.status.code(), Some(i32::from(fails)));
}
