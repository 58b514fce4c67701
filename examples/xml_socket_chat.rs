//! A chat over ActionScript's `XMLSocket`: each message ends with a NUL, and the backend plays a
//! script.
//!
//! Run it with `cargo run --example xml_socket_chat`

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use flash_policy_fixture::wire::Script;
use flash_policy_fixture::{Backend, PolicyFile, Stage};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let hello = "<hello name=\"ada\"/>";
    let server = Script::new()
        .write("<welcome/>\0")
        .read(hello.len() + 1)
        .write("<joined name=\"ada\"/>\0")
        .fin();
    let stage = Stage::builder()
        .policy(
            "chat.example.com:843",
            PolicyFile::builder().allow("chat.example.com", 6667).build(),
        )
        .backend("chat.example.com:6667", Backend::scripted(server))
        .start();

    let client = stage.swf("http://chat.example.com/chat.swf");
    let socket = client.connect("chat.example.com", 6667).await.expect_permitted();
    let mut chat = socket.into_xml_socket();
    assert_eq!(chat.receive().await?.as_deref(), Some("<welcome/>"));
    chat.send(hello).await?;
    assert_eq!(chat.receive().await?.as_deref(), Some("<joined name=\"ada\"/>"));
    assert_eq!(chat.receive().await?, None, "the server has closed");

    drop(chat);
    print!("The server saw:\n{}", stage.backend("chat.example.com:6667").journal());
    Ok(())
}
