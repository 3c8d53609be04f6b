//! fakehub behind GitHub's official description of its API: one story for each REST operation that the hub has, and no
//! violation in either direction. Prism is the judge; tests/run installs it, and without it this test is left out.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod scene;

mod prism {
    pub mod operations;
    pub mod proxy;
    pub mod refusals;
}

use prism::proxy::Proxy;

#[tokio::test]
async fn every_operation_is_what_github_describes_and_nothing_else_passes() {
    let Some(proxy) = Proxy::new().await else { return };
    prism::operations::all(&proxy).await;
    prism::refusals::all(&proxy).await;
}
