//! What happens, as it happens (server-sent events): one `changed` each time something was written into the ledger. The page then asks
//! for itself again; nothing of what happened is sent here.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body::Frame;
use tokio::sync::mpsc;

use super::ask::Ask;
use crate::serve::problem::Problem;
use crate::serve::session::visitor_again;

/// How often the ledger is asked.
const PAUSE: Duration = Duration::from_secs(1);
/// After so many quiet pauses a line is sent, so that nobody on the way closes the connection.
const QUIET: u32 = 15;

/// `GET /r/REPOSITORY/live`.
pub(super) async fn live(ask: Ask, Path(repository): Path<String>) -> Response {
    let app = Arc::clone(&ask.app);
    let mut visitor = ask.visitor;
    if app.pages.projects.get(&repository, &visitor.may).is_none() {
        return Problem::new(StatusCode::NOT_FOUND, "there is no such repository").into_response();
    }
    let (send, receive) = mpsc::channel::<Bytes>(4);
    tokio::spawn(async move {
        let mut last = None;
        let mut quiet = 0;
        loop {
            // Who may not see it any more hears no more of it.
            let Some(project) = app.pages.projects.get(&repository, &visitor.may) else { return };
            let pulse = app.blocking(move |_| project.pulse());
            // A ledger that is busy is asked again.
            let pulse = pulse.await.ok();
            let text: &'static [u8] = match (&pulse, &last) {
                (Some(_), None) => b"retry: 2000\nevent: hello\ndata: 1\n\n",
                (Some(now), Some(before)) if now != before => b"event: changed\ndata: 1\n\n",
                _ if quiet >= QUIET => b": still here\n\n",
                _ => b"",
            };
            last = pulse.or(last);
            quiet = if text.is_empty() { quiet + 1 } else { 0 };
            if !text.is_empty() && send.send(Bytes::from_static(text)).await.is_err() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = app.draining() => return,
                () = send.closed() => return,
            }
            let Some(again) = visitor_again(&app, &visitor).await else { return };
            visitor = again;
        }
    });
    let mut response = Response::new(Body::new(Channel(receive)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

/// A body that ends when the sender does.
struct Channel(mpsc::Receiver<Bytes>);

impl http_body::Body for Channel {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}
