//! Policy servers that people really run. `.ci/install` installs them; where one is missing its
//! test says so and is skipped, except where `CI=true`.
//!
//! Seen with node-policyfile 0.0.6+ds-4, policyfile 0.0.6 under node 20.20.2, autobahn 26.10.2 on
//! twisted 26.10.0, socat 1.7.4.4-2, xinetd 1:2.3.15.3-1+b1 and nginx-light 1.22.1-9+deb12u11.

mod by_command;
mod by_library;

use std::path::{Path, PathBuf};

const POLICYFILE_IN_BAND: &str = r#"
        const http = require("http").createServer((request, response) => response.end("hello"));
        require("policyfile").createServer({log: false}, ["*.example.com:5000"]).listen(-1, http);
        http.listen({port}, "127.0.0.1");"#;

const AUTOBAHN_SERVER: &str = r#"
import sys
from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from twisted.internet import reactor

factory = WebSocketServerFactory()
factory.protocol = WebSocketServerProtocol
factory.setProtocolOptions(serveFlashSocketPolicy=True, flashSocketPolicy=open(sys.argv[2]).read())
reactor.listenTCP(int(sys.argv[1]), factory, interface="127.0.0.1")
reactor.run()
"#;

const XINETD_CONF: &str = "service flash-policy
{
    type        = UNLISTED
    socket_type = stream
    protocol    = tcp
    bind        = 127.0.0.1
    port        = {port}
    wait        = no
    user        = @user@
    server      = /bin/cat
    server_args = {dir}/policy.xml
    cps         = 100000 1
    instances   = UNLIMITED
    per_source  = UNLIMITED
    disable     = no
}
";

const NGINX_CONF: &str = "daemon off;
master_process off;
pid {dir}/nginx.pid;
error_log stderr notice;
events {}
http {
    access_log off;
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    default_type text/x-cross-domain-policy;
    server {
        listen 127.0.0.1:{port};
        root {dir};
        error_page 400 /policy.xml;
    }
}
";

/// Whose package a server is, how to install it, and where it then is: absolute, or in
/// target/real-servers.
struct Package {
    name: &'static str,
    paths: &'static [&'static str],
}

const POLICYFILE_OF_DEBIAN: Package = Package {
    name: "apt install nodejs node-policyfile",
    paths: &["/usr/bin/node", "/usr/share/nodejs/policyfile"],
};
const POLICYFILE_OF_NPM: Package =
    Package { name: "npm install policyfile", paths: &["npm/node_modules/policyfile"] };
const AUTOBAHN: Package =
    Package { name: "pip install autobahn twisted", paths: &["pip/autobahn", "pip/twisted"] };
const SOCAT: Package = Package { name: "apt install socat", paths: &["/usr/bin/socat"] };
const XINETD: Package = Package { name: "apt install xinetd", paths: &["/usr/sbin/xinetd"] };
const NGINX: Package = Package { name: "apt install nginx-light", paths: &["/usr/sbin/nginx"] };

/// Whether it is not installed, which skips a test except in CI.
#[track_caller]
#[expect(clippy::print_stderr, reason = "who runs the tests must see what was skipped")]
fn is_missing(package: &Package) -> bool {
    let missing = package.paths.iter().map(|path| installed(path)).find(|path| !path.exists());
    let Some(missing) = missing else { return false };
    let text = format!("{} is missing: run .ci/install, or: {}", missing.display(), package.name);
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{text}");
    eprintln!("skipped: {text}");
    true
}

/// Where `.ci/install` puts what is not of Debian.
fn installed(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/real-servers").join(path)
}
